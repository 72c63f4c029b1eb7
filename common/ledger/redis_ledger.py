"""The ledger on Redis: each change is one Lua script, each moment is Redis TIME."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.contracts.artifacts import ArtifactRef
from common.errors import KilnError, LedgerUnavailable
from common.ledger import reading
from common.ledger.protocol import LEASE_MS, MAX_ATTEMPTS, WORKER_TTL_MS
from common.ledger.records import (
    DAY_MS,
    Accepted,
    Claim,
    Committed,
    Event,
    JobRecord,
    MemoHit,
    NewJob,
    NodeResult,
    ReadyNode,
    Reaped,
    Refusal,
)

RECORD_LINGER_MS = 7 * DAY_MS  # an expired artifact is a 410, not a 404, for this long
IDEMPOTENCY_TTL_MS = DAY_MS
SOCKET_TIMEOUT_S = 5.0


def connect(url: str, max_connections: int = 64) -> redis.Redis:
    """Client for the ledger: no hidden retries (they would replay), no endless waits."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=2,
        socket_keepalive=True,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
    )


class RedisLedger:
    """``Ledger`` on Redis >= 6.2. Thread-safe; one instance per process."""

    def __init__(self, client: redis.Redis, prefix: str = "kiln:") -> None:
        self._redis = client
        self._prefix = prefix
        self._scripts = {name: client.register_script(text) for name, text in _sources().items()}

    # -- a job's life ---------------------------------------------------------------
    def accept(self, new: NewJob, max_active: int) -> Accepted:
        """See ``Ledger``."""
        answer = self._run("accept", _accept_record(new), max_active)
        return Accepted(answer["status"], answer.get("job", ""), answer.get("active", 0))

    def claim(self, job: str, node: str, worker: str) -> Claim | Refusal:
        """See ``Ledger``."""
        answer = self._run("claim", job, node, worker, LEASE_MS, MAX_ATTEMPTS)
        if answer["status"] != "claimed":
            return Refusal(answer["status"])
        refs = [ArtifactRef.model_validate(ref) for ref in reading.rows(answer["artifacts"])]
        return Claim(
            job=job,
            node=node,
            token=answer["token"],
            attempt=answer["attempt"],
            wait_ms=answer["wait_ms"],
            owner=answer["owner"],
            params=json.loads(answer["params"]),
            trace=answer["trace"],
            artifacts={ref.name: ref for ref in refs},
        )

    def heartbeat(self, claim: Claim) -> bool:
        """See ``Ledger``."""
        return bool(self._run("heartbeat", claim.job, claim.node, claim.token, LEASE_MS))

    def recall(self, claim: Claim, memo_key: str) -> Committed:
        """See ``Ledger``."""
        answer = self._run("recall", claim.job, claim.node, claim.token, memo_key)
        return reading.committed(claim.job, answer)

    def announce(self, claim: Claim, artifact: ArtifactRef) -> bool:
        """See ``Ledger``."""
        ref = artifact.model_dump_json()
        return bool(self._run("announce", claim.job, claim.node, claim.token, ref))

    def commit(
        self,
        claim: Claim,
        artifacts: Iterable[ArtifactRef],
        result: NodeResult,
        memo_key: str,
    ) -> Committed:
        """See ``Ledger``."""
        refs = tuple(artifacts)
        remembered = MemoHit(artifacts=refs, result=result.model_copy(update={"cached": True}))
        answer = self._run(
            "commit",
            claim.job,
            claim.node,
            claim.token,
            json.dumps([ref.model_dump() for ref in refs]),
            result.model_dump_json(),
            memo_key,
            reading.memo_to_json(remembered),
        )
        return reading.committed(claim.job, answer)

    def fail(self, claim: Claim, error: KilnError, delay_ms: int = 0) -> Committed:
        """See ``Ledger``."""
        body = json.dumps(
            {
                "code": error.code,
                "detail": error.detail,
                "hint": error.advice,
                "stage": claim.node,
            }
        )
        retry = int(error.retryable)
        answer = self._run(
            "fail", claim.job, claim.node, claim.token, body, retry, delay_ms, MAX_ATTEMPTS
        )
        return reading.committed(claim.job, answer)

    def release(self, worker: str, *, counts: bool) -> tuple[ReadyNode, ...]:
        """See ``Ledger``."""
        answer = self._run("release", worker, int(counts), MAX_ATTEMPTS)
        return reading.ready_nodes(answer["again"])

    def cancel(self, job: str, owner: str) -> str:
        """See ``Ledger``."""
        return str(self._run("cancel", job, owner)["status"])

    # -- looking ----------------------------------------------------------------------
    def job(self, job: str) -> JobRecord | None:
        """See ``Ledger``."""
        fields = self._call("hgetall", f"{self._prefix}job:{job}")
        return reading.job_record(fields) if fields else None

    def jobs(self, owner: str, before_ms: int | None, limit: int) -> list[JobRecord]:
        """See ``Ledger``."""
        newest = f"({before_ms}" if before_ms is not None else "+inf"
        key = f"{self._prefix}owner:{owner}"
        ids = self._call("zrevrangebyscore", key, newest, "-inf", start=0, num=limit)
        records = (self.job(job) for job in ids)
        return [record for record in records if record is not None]

    def events(self, job: str, after: str = "0") -> list[Event]:
        """See ``Ledger``."""
        entries = self._call("xrange", f"{self._prefix}events:{job}", f"({after}")
        return [reading.event(job, id_, fields) for id_, fields in entries]

    def follow(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """See ``Ledger``. ``block_ms`` must stay below the socket timeout."""
        if after == "$":
            last = self._call("xrevrange", f"{self._prefix}events", count=1)
            after = last[0][0] if last else "0"
        reply = self._call("xread", {f"{self._prefix}events": after}, block=block_ms)
        entries = reading.stream_entries(reply)
        found = [reading.event(f["job"], f["id"], f) for _, f in entries]
        return (entries[-1][0] if entries else after), found

    def memos(self, owner: str, keys: list[str]) -> list[MemoHit | None]:
        """See ``Ledger``."""
        found = self._call("mget", [f"{self._prefix}memo:{owner}:{key}" for key in keys])
        return [reading.memo_from_json(text) if text else None for text in found]

    # -- keeping house ------------------------------------------------------------------
    def reap(self, limit: int = 100) -> Reaped:
        """See ``Ledger``."""
        answer = self._run("reap", limit, MAX_ATTEMPTS)
        return Reaped(answer["expired"], answer["dead"], reading.ready_nodes(answer["again"]))

    def overdue(
        self, queue: str, missing: int, patience_ms: int, limit: int = 100
    ) -> list[ReadyNode]:
        """See ``Ledger``."""
        answer = self._run("overdue", queue, limit, patience_ms, missing)
        return list(reading.ready_nodes(answer["due"]))

    def expire(self, limit: int = 100) -> int:
        """See ``Ledger``."""
        return int(self._run("expire", limit)["dropped"])

    def trash(self, grace_ms: int, limit: int = 100) -> list[tuple[str, str]]:
        """See ``Ledger``."""
        files = reading.rows(self._run("trash", grace_ms, limit)["files"])
        return [(file["owner"], file["sha256"]) for file in files]

    def discard(self, owner: str, hashes: Iterable[str]) -> None:
        """See ``Ledger``."""
        self._run("discard", owner, *hashes)

    def lead(self, name: str, who: str, ttl_ms: int) -> bool:
        """See ``Ledger``."""
        return bool(self._run("lead", name, who, ttl_ms))

    # -- what the machines tell each other ----------------------------------------------
    def worker_up(self, queue: str, worker: str) -> None:
        """See ``Ledger``."""
        self._call("set", f"{self._prefix}up:{queue}:{worker}", "1", px=WORKER_TTL_MS)

    def worker_down(self, queue: str, worker: str) -> None:
        """See ``Ledger``."""
        self._call("delete", f"{self._prefix}up:{queue}:{worker}")

    def workers(self, queues: Iterable[str]) -> dict[str, list[str]]:
        """See ``Ledger``."""
        found: dict[str, list[str]] = {queue: [] for queue in queues}
        try:
            # SCAN over a handful of keys; KEYS is denied to the gateway's Redis user
            for key in self._redis.scan_iter(f"{self._prefix}up:*", count=1000):
                queue, _, worker = key.removeprefix(f"{self._prefix}up:").partition(":")
                if queue in found:
                    found[queue].append(worker)
        except redis.RedisError as exc:
            raise _unavailable(exc) from exc
        return {queue: sorted(names) for queue, names in found.items()}

    def put_versions(self, versions: dict[str, str]) -> None:
        """See ``Ledger``."""
        self._call("hset", f"{self._prefix}versions", mapping=versions)

    def versions(self) -> dict[str, str]:
        """See ``Ledger``."""
        return cast("dict[str, str]", self._call("hgetall", f"{self._prefix}versions"))

    def ready_counts(self, queues: Iterable[str]) -> dict[str, tuple[int, int, float]]:
        """See ``Ledger``."""
        answer = self._run("counts", *queues)
        return {q: (row["ready"], row["running"], row["oldest_s"]) for q, row in answer.items()}

    def waits_ms(self, queue: str) -> list[float]:
        """See ``Ledger``."""
        return [float(ms) for ms in self._call("lrange", f"{self._prefix}waits:{queue}", 0, -1)]

    def ping(self) -> None:
        """See ``Ledger``."""
        self._call("ping")

    # -- one way in to Redis --------------------------------------------------------------
    def _run(self, script: str, *args: Any) -> Any:  # noqa: ANN401  JSON has many shapes
        try:
            reply = self._scripts[script](keys=[self._prefix], args=list(args))
        except (redis.ConnectionError, redis.TimeoutError) as exc:
            raise _unavailable(exc) from exc
        return json.loads(reply) if isinstance(reply, str) else reply

    def _call(self, command: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return getattr(self._redis, command)(*args, **kwargs)
        except (redis.ConnectionError, redis.TimeoutError) as exc:
            raise _unavailable(exc) from exc


def _unavailable(exc: Exception) -> LedgerUnavailable:
    return LedgerUnavailable(f"Redis does not answer: {type(exc).__name__}")


@cache
def _sources() -> dict[str, str]:
    folder = resources.files("common.ledger") / "lua"
    texts = {
        file.name.removesuffix(".lua"): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".lua")
    }
    library = texts.pop("_lib")
    return {name: library + text for name, text in texts.items()}


def _accept_record(new: NewJob) -> str:
    memoised = new.memoised
    return json.dumps(
        {
            "job": new.job,
            "owner": new.owner,
            "product": new.product,
            "params": json.dumps(new.params, sort_keys=True),
            "plan": json.dumps([node.model_dump() for node in new.plan.nodes]),
            "inputs": [ref.model_dump() for ref in new.inputs],
            "trace": new.trace,
            "idempotency_key": new.idempotency_key,
            "fingerprint": new.fingerprint,
            "idempotency_ttl_ms": IDEMPOTENCY_TTL_MS,
            "deadline_ms": new.deadline_ms,
            "photo_ttl_ms": new.photo_ttl_ms,
            "result_ttl_ms": new.result_ttl_ms,
            "record_ttl_ms": max(new.photo_ttl_ms, new.result_ttl_ms) + RECORD_LINGER_MS,
            "memoised": memoised
            and [{"node": node, **reading.memo_row(hit)} for node, hit in memoised.items()],
        }
    )
