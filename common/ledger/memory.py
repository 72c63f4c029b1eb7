"""The ledger in memory: the twin of ``RedisLedger``, and the readable form of its rules.

One lock, plain dataclasses, and a clock handed in. The transitions are in ``memory_jobs``, the
counting of references in ``memory_files``, who is let in in ``memory_admission``, everything that
concerns no single job in ``memory_house``. Nothing is counted twice here: what Redis keeps as
counters is looked up each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.errors import KilnError
from common.ledger.memory_admission import MemoryAdmission
from common.ledger.memory_entries import JobEntry, NodeEntry, crash, member
from common.ledger.memory_erase import MemoryErase
from common.ledger.memory_outbox import MemoryOutbox
from common.ledger.memory_standing import MemoryStanding
from common.ledger.reading import position
from common.ledger.records import (
    Approval,
    Claim,
    Committed,
    Event,
    JobRecord,
    JobState,
    MemoHit,
    NodeResult,
    ReadyNode,
    Refusal,
    Resumed,
    error_body,
)


class MemoryLedger(MemoryAdmission, MemoryStanding, MemoryErase, MemoryOutbox):
    """``Ledger`` in this process; ``clock`` tells milliseconds since the epoch."""

    # -- a job's life ---------------------------------------------------------------
    def claim(
        self, job: str, node: str, worker: str, *, alone: bool = True, again: bool = False
    ) -> Claim | Refusal:
        """See ``Ledger``."""
        with self._lock:
            entry = self._book.find(job)
            if entry is None or node not in entry.nodes:
                return Refusal("unknown")
            found = entry.nodes[node]
            if again and found.state == "running" and found.worker == worker:
                found.lease_until_ms = self._now() + self._book.lease_ms
                return self._claim_of(entry, found)
            refusal = self._why_not(entry, found, alone=alone)
            return Refusal(refusal) if refusal else self._give(entry, found, worker)

    def _why_not(self, job: JobEntry, node: NodeEntry, *, alone: bool) -> str | None:
        if job.state.terminal:
            return "ended"
        if node.state == "ready" and node.fatal and not alone:
            return "alone"
        if node.state == "ready":  # after a failure it pauses
            return "not_ready" if (node.ready_ms or 0) > self._now() else None
        return {"running": "held", "waiting": "not_ready"}.get(node.state, "done")

    def _give(self, job: JobEntry, node: NodeEntry, worker: str) -> Claim:
        now = self._now()
        node.state, node.worker, node.begin_ms = "running", worker, now
        node.token += 1
        node.attempts += 1
        node.lease_until_ms = now + self._book.lease_ms
        if job.state is JobState.QUEUED:
            job.state, job.started_ms = JobState.RUNNING, now
        claim = self._claim_of(job, node)
        self._book.waits[node.plan.queue].appendleft(claim.wait_ms)
        data = {"stage": node.plan.id, "state": "running"}
        self._book.emit(job, "stage", data | {"attempt": node.attempts, "wait_ms": claim.wait_ms})
        return claim

    def _claim_of(self, job: JobEntry, node: NodeEntry) -> Claim:
        return Claim(
            job=job.new.job,
            node=node.plan.id,
            token=node.token,
            attempt=node.attempts,
            wait_ms=(node.begin_ms or 0) - (node.ready_ms or 0),
            owner=job.new.owner,
            params=json.loads(json.dumps(job.new.params)),
            trace=job.new.trace,
            artifacts=dict(job.artifacts),
        )

    def heartbeat(self, claim: Claim) -> bool:
        """See ``Ledger``."""
        with self._lock:
            held = self._holder(claim)
            if held:
                held[1].lease_until_ms = self._now() + self._book.lease_ms
            return held is not None

    def recall(self, claim: Claim, memo_key: str) -> Committed:
        """See ``Ledger``."""
        with self._lock:
            held = self._holder(claim)
            if held is None:
                return self._not_held(claim)
            hit = self._memo(claim.owner, memo_key)
            if hit is None or not self._book.files.alive(claim.owner, hit.artifacts):
                return Committed("miss")
            held[0].memo_keys.add(memo_key)
            self._book.settle(*held, hit.artifacts, hit.result)
            return Committed("hit", self._book.advance(held[0]))

    def announce(self, claim: Claim, artifact: ArtifactRef) -> bool:
        """See ``Ledger``."""
        with self._lock:
            held = self._holder(claim)
            if held is None:
                return False
            self._book.add_artifacts(held[0], [artifact])
            data = {"stage": claim.node, **artifact.model_dump(include={"name", "size", "sha256"})}
            self._book.emit(held[0], "artifact", data)
            return True

    def commit(
        self,
        claim: Claim,
        artifacts: Iterable[ArtifactRef],
        result: NodeResult,
        memo_key: str,
    ) -> Committed:
        """See ``Ledger``."""
        refs = tuple(artifacts)
        with self._lock:
            held = self._holder(claim)
            if held is None:
                return self._not_held(claim)
            undone = self._book.files.deleted_since(claim.owner, refs, held[1].begin_ms or 0)
            if undone is not None:
                return Committed(self._book.redo(*held, undone))
            held[0].memo_keys.add(memo_key)
            hit = MemoHit(artifacts=refs, result=result.model_copy(update={"cached": True}))
            until = self._now() + held[0].new.result_ttl_ms
            self._memos[claim.owner, memo_key] = (hit, until)
            self._book.settle(*held, refs, result)
            return Committed("committed", self._book.advance(held[0]))

    def fail(self, claim: Claim, error: KilnError, delay_ms: int = 0) -> Committed:
        """See ``Ledger``."""
        body = error_body(error, claim.node)
        with self._lock:
            held = self._holder(claim)
            if held is None:
                return Committed("lost")
            if error.retryable:
                return Committed(*self._book.try_again(*held, delay_ms, body))
            return Committed(*self._book.give_up(*held, body))

    def release(self, worker: str, *, counts: bool) -> tuple[ReadyNode, ...]:
        """See ``Ledger``."""
        with self._lock:
            mine = [pair for pair in self._book.nodes("running") if pair[1].worker == worker]
            mine.sort(key=member)
            again: list[ReadyNode] = []
            for job, node in mine:
                if node.state != "running":  # a sibling in this loop has ended the job
                    continue
                node.attempts -= not counts
                error = crash(node) if counts else {"code": "handover"}
                again += self._book.reclaim(job, node, error)[1]
            return tuple(again)

    def report(self, claim: Claim, data: dict[str, Any]) -> bool:
        """See ``Ledger``."""
        with self._lock:
            held = self._holder(claim)
            if held is not None:
                told = json.loads(json.dumps(data | {"stage": claim.node}))
                self._book.emit(held[0], "progress", told)
            return held is not None

    def resume(self, job: str, owner: str, approval: Approval) -> Resumed:
        """See ``Ledger``."""
        with self._lock:
            entry = self._book.find(job)
            if entry is None or entry.new.owner != owner:
                return Resumed("unknown")
            if entry.state is not JobState.PAUSED:
                return Resumed("not_paused")
            return Resumed("resumed", self._book.resume(entry, approval))

    def cancel(self, job: str, owner: str) -> str:
        """See ``Ledger``."""
        with self._lock:
            entry = self._book.find(job)
            if entry is None or entry.new.owner != owner:
                return "unknown"
            if entry.state.terminal:
                return "cancelled" if entry.state is JobState.CANCELLED else "ended"
            self._book.finish(entry, JobState.CANCELLED)
            return "cancelled"

    # -- looking ----------------------------------------------------------------------
    def job(self, job: str) -> JobRecord | None:
        """See ``Ledger``."""
        with self._lock:
            entry = self._book.find(job)
            return entry.record() if entry else None

    def jobs(self, owner: str, before_ms: int | None, limit: int) -> list[JobRecord]:
        """See ``Ledger``."""
        with self._lock:
            mine = [
                job
                for job in self._book.jobs.values()
                if job.new.owner == owner
                and job.artifacts_expired_ms is None
                and job.erased_ms is None
                and (before_ms is None or job.created_ms < before_ms)
            ]
            mine.sort(key=lambda job: (job.created_ms, job.new.job), reverse=True)
            return [job.record() for job in mine[:limit]]

    def events(self, job: str, after: str = "0") -> list[Event]:
        """See ``Ledger``."""
        with self._lock:
            kept = self._book.find(job) is not None
            return [event for event in self._since(after) if kept and event.job == job]

    def follow(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """See ``Ledger``."""
        with self._lock:
            feed = self._book.feed
            if after == "$":
                after = feed[-1].id if feed else "0"
            self._lock.wait_for(lambda: self._since(after), timeout=block_ms / 1000)
            found = self._since(after)
            return (found[-1].id if found else position(after)), found

    def follow_rests(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """See ``Ledger``."""
        at, events = self.follow(after, block_ms)
        return at, [replace(event, data={}) for event in events if event.resting]

    def memos(self, owner: str, keys: list[str]) -> list[MemoHit | None]:
        """See ``Ledger``."""
        with self._lock:
            found = [self._memo(owner, key) for key in keys]
            named = zip(keys, found, strict=True)
            return [hit and hit.model_copy(update={"key": key}) for key, hit in named]

    # -- helpers, in the lock -------------------------------------------------------------
    def _holder(self, claim: Claim) -> tuple[JobEntry, NodeEntry] | None:
        return self._book.holder(claim.job, claim.node, claim.token)

    def _not_held(self, claim: Claim) -> Committed:
        job = self._book.find(claim.job)
        node = job.nodes.get(claim.node) if job else None
        mine = node is not None and (node.state, node.token) == ("done", claim.token)
        return Committed("duplicate" if mine else "lost")

    def _memo(self, owner: str, key: str) -> MemoHit | None:
        hit, until = self._memos.get((owner, key), (None, 0))
        return hit if self._now() < until else None

    def _since(self, after: str) -> list[Event]:
        last = _order(position(after))
        return [event for event in self._book.feed if _order(event.id) > last]


def _order(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number or 0)
