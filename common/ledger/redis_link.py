"""One way in to Redis for the ledger, whichever part of it asks."""

from __future__ import annotations

import json
from typing import Any

import redis

from common.ledger.protocol import LEASE_MS, MAX_ATTEMPTS, WORKER_TTL_MS
from common.ledger.recent import RecentJobs
from common.ledger.records import Run
from common.ledger.scripts import load_scripts, within_reach


class RedisLink:
    """A connection, the prefix of the keys, and the scripts."""

    def __init__(
        self,
        client: redis.Redis,
        prefix: str = "kiln:",
        *,
        lease_ms: int = LEASE_MS,
        max_attempts: int = MAX_ATTEMPTS,
        worker_ttl_ms: int = WORKER_TTL_MS,
    ) -> None:
        self._redis = client
        self._prefix = prefix
        self._worker_ttl_ms = worker_ttl_ms
        self._recent = RecentJobs()
        self._runs: tuple[dict[str, tuple[Run, ...]], float] = {}, float("-inf")
        self.runs_for_s = 0.0  # how old the run times of `standing` may be
        texts = load_scripts(lease_ms, max_attempts)
        self._scripts = {name: client.register_script(text) for name, text in texts.items()}

    def _run(self, script: str, *args: Any) -> Any:  # noqa: ANN401  JSON has many shapes
        with within_reach():
            reply = self._scripts[script](keys=[self._prefix], args=args)
        return json.loads(reply) if isinstance(reply, str) else reply

    def _call(self, command: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        with within_reach():
            return getattr(self._redis, command)(*args, **kwargs)
