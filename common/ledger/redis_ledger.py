"""The ledger on Redis: each change is one Lua script, each moment is Redis TIME."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.contracts.artifacts import ArtifactRef
from common.errors import KilnError
from common.ledger import reading
from common.ledger.protocol import IDEMPOTENCY_TTL_MS, RECORD_LINGER_MS
from common.ledger.recent import SEAL
from common.ledger.records import (
    Accepted,
    Approval,
    Claim,
    Committed,
    Event,
    JobRecord,
    Limits,
    MemoHit,
    NewJob,
    NodeResult,
    ReadyNode,
    Refusal,
    Resumed,
    error_body,
)
from common.ledger.redis_erase import RedisErase
from common.ledger.redis_outbox import RedisOutbox
from common.ledger.redis_standing import RedisStanding
from common.ledger.scripts import within_reach

SOCKET_TIMEOUT_S = 5.0  # nobody waits longer than 6 s for a Redis that hangs
LONGEST_BLOCK_MS = 4_000  # a blocking read must end before the socket gives up


def idle_ledger(url: str) -> RedisLedger:
    """Open the ledger for a process that only looks (services' readiness)."""
    return RedisLedger(connect(url, max_connections=4))


def connect(
    url: str,
    max_connections: int = 256,
    timeout_s: float = SOCKET_TIMEOUT_S,
    *,
    take_turns: bool = False,
) -> redis.Redis:
    """Client for the ledger: no hidden retries (they would replay), no endless waits.

    The pool is larger than the threads of a gateway process: a full pool is an error. Where there
    are more who ask than connections, they ``take_turns``.
    """
    kind = redis.BlockingConnectionPool if take_turns else redis.ConnectionPool
    waiting = {"timeout": SOCKET_TIMEOUT_S} if take_turns else {}
    pool = kind.from_url(
        url,
        decode_responses=True,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(2.0, timeout_s),
        socket_keepalive=True,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
        **waiting,
    )
    return redis.Redis.from_pool(pool)


class RedisLedger(RedisStanding, RedisErase, RedisOutbox):
    """``Ledger`` on Redis >= 6.2. Thread-safe; one instance per process."""

    # -- a job's life ---------------------------------------------------------------
    def accept(self, new: NewJob, limits: Limits) -> Accepted:
        """See ``Ledger``."""
        record = reading.new_job_json(new, IDEMPOTENCY_TTL_MS, RECORD_LINGER_MS)
        most = ("" if limit is None else limit for limit in astuple(limits))
        answer = self._run("accept", record, *most)
        return Accepted(answer["status"], answer.get("job", ""), answer.get("active", 0))

    def claim(
        self, job: str, node: str, worker: str, *, alone: bool = True, again: bool = False
    ) -> Claim | Refusal:
        """See ``Ledger``."""
        answer = self._run("claim", job, node, worker, int(alone), int(again))
        if answer["status"] != "claimed":
            return Refusal(answer["status"])
        return reading.claim(job, node, answer)

    def heartbeat(self, claim: Claim) -> bool:
        """See ``Ledger``."""
        return bool(self._run("heartbeat", claim.job, claim.node, claim.token))

    def recall(self, claim: Claim, memo_key: str) -> Committed:
        """See ``Ledger``."""
        answer = self._run("recall", claim.job, claim.node, claim.token, memo_key)
        return reading.committed(answer)

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
        return reading.committed(answer)

    def fail(self, claim: Claim, error: KilnError, delay_ms: int = 0) -> Committed:
        """See ``Ledger``."""
        body = json.dumps(error_body(error, claim.node))
        retry = int(error.retryable)
        answer = self._run("fail", claim.job, claim.node, claim.token, body, retry, delay_ms)
        return reading.committed(answer)

    def release(self, worker: str, *, counts: bool) -> tuple[ReadyNode, ...]:
        """See ``Ledger``."""
        answer = self._run("release", worker, int(counts))
        return reading.ready_nodes(answer["again"])

    def report(self, claim: Claim, data: dict[str, Any]) -> bool:
        """See ``Ledger``."""
        told = json.dumps(data | {"stage": claim.node})
        return bool(self._run("report", claim.job, claim.node, claim.token, told))

    def resume(self, job: str, owner: str, approval: Approval) -> Resumed:
        """See ``Ledger``."""
        params = json.dumps(approval.params, sort_keys=True)
        how = (params, int(approval.hold), approval.promise)
        answer = self._run("resume", job, owner, *how, *approval.again)
        return Resumed(answer["status"], reading.ready_nodes(answer.get("ready")))

    def cancel(self, job: str, owner: str) -> str:
        """See ``Ledger``."""
        return str(self._run("cancel", job, owner)["status"])

    # -- looking ----------------------------------------------------------------------
    def job(self, job: str) -> JobRecord | None:
        """See ``Ledger``. Where nothing has changed it is the very record of before."""
        key = f"{self._prefix}job:{job}"
        if self._recent.ended(job):
            record = self._recent.sealed(job, self._call("hmget", key, SEAL))
            if record is not None:
                return record
        return self._recent.record(job, self._call("hgetall", key))

    def jobs(self, owner: str, before_ms: int | None, limit: int) -> list[JobRecord]:
        """See ``Ledger``."""
        newest = f"({before_ms}" if before_ms is not None else "+inf"
        key = f"{self._prefix}owner:{owner}"
        ids = self._call("zrevrangebyscore", key, newest, "-inf", start=0, num=limit)
        with within_reach(), self._redis.pipeline(transaction=False) as pipeline:
            for job in ids:
                pipeline.hgetall(f"{self._prefix}job:{job}")
            found = pipeline.execute()
        return [reading.job_record(fields) for fields in found if fields]

    def events(self, job: str, after: str = "0") -> list[Event]:
        """See ``Ledger``."""
        entries = self._call("xrange", f"{self._prefix}events:{job}", f"({reading.position(after)}")
        return [reading.event(job, id_, fields) for id_, fields in entries]

    def follow(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """See ``Ledger``."""
        return self._follow("events", after, block_ms)

    def follow_rests(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """See ``Ledger``."""
        return self._follow("rests", after, block_ms)

    def _follow(self, stream: str, after: str, block_ms: int) -> tuple[str, list[Event]]:
        key = f"{self._prefix}{stream}"
        if after == "$":
            last = self._call("xrevrange", key, count=1)
            after = last[0][0] if last else "0"
        after = reading.position(after)
        block = min(block_ms, LONGEST_BLOCK_MS) or None  # for Redis 0 means for ever
        entries = reading.stream_entries(self._call("xread", {key: after}, block=block))
        found = [reading.event(f["job"], f["id"], f) for _, f in entries]
        return (entries[-1][0] if entries else after), found

    def memos(self, owner: str, keys: list[str]) -> list[MemoHit | None]:
        """See ``Ledger``."""
        if not keys:
            return []
        found = self._call("mget", [f"{self._prefix}memo:{owner}:{key}" for key in keys])
        named = zip(keys, found, strict=True)
        return [reading.memo_from_json(text, key) if text else None for key, text in named]
