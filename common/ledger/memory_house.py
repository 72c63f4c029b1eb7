"""What concerns no single job: sweeps, publications, workers. A part of ``MemoryLedger``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from common.ledger.census import Census, QueueCensus
from common.ledger.erasure import REMEMBERED_MS
from common.ledger.memory_entries import JobEntry, NodeEntry, crash, listed, member
from common.ledger.memory_jobs import JobBook
from common.ledger.protocol import LEASE_MS, MAX_ATTEMPTS, WORKER_TTL_MS
from common.ledger.records import CANCEL_AFTER, DEADLINE, JobState, MemoHit, ReadyNode, Reaped

LOST_AFTER_MS = 1_000  # younger: its message may be on its way


class MemoryHouse:
    """``Ledger`` without the life of a single job; ``clock`` tells milliseconds."""

    def __init__(
        self,
        clock: Callable[[], int],
        *,
        lease_ms: int = LEASE_MS,
        max_attempts: int = MAX_ATTEMPTS,
        worker_ttl_ms: int = WORKER_TTL_MS,
    ) -> None:
        self._now = clock
        self._worker_ttl_ms = worker_ttl_ms
        self._book = JobBook(clock, lease_ms, max_attempts)
        self._lock = self._book.lock
        self._idempotency: dict[tuple[str, str], tuple[str, str, int]] = {}
        self._memos: dict[tuple[str, str], tuple[MemoHit, int]] = {}
        self._leaders: dict[str, tuple[str, int]] = {}
        self._workers: dict[tuple[str, str], tuple[int, int]] = {}  # until, slots
        self._versions: dict[str, str] = {}
        self._whole = False
        self._counted = "$"

    # -- keeping house ------------------------------------------------------------------
    def reap(self, limit: int = 100, *, leases: bool = True) -> Reaped:
        """See ``Ledger``."""
        with self._lock:
            cancelled = self._cancel_late_jobs(limit)
            expired = self._end_overdue_jobs(limit)
            dead, again = self._free_lost_nodes(limit) if leases else (0, ())
            return Reaped(expired, dead, again, cancelled)

    def _cancel_late_jobs(self, limit: int) -> int:
        late = [
            (job.cancel_at_ms, job.new.job, job)
            for job in self._book.jobs.values()
            if not job.state.terminal
            and job.cancel_at_ms is not None
            and job.cancel_at_ms <= self._now()
        ]
        for _, _, job in sorted(late, key=lambda one: one[:2])[:limit]:
            self._book.finish(job, JobState.CANCELLED, CANCEL_AFTER)
        return len(late[:limit])

    def _end_overdue_jobs(self, limit: int) -> int:
        late = [
            job
            for job in self._book.jobs.values()
            if not job.state.terminal and job.deadline_ms <= self._now()
        ]
        late.sort(key=lambda job: (job.deadline_ms, job.new.job))
        for job in late[:limit]:
            self._book.finish(job, JobState.EXPIRED, DEADLINE)
        return len(late[:limit])

    def _free_lost_nodes(self, limit: int) -> tuple[int, tuple[ReadyNode, ...]]:
        lost = [p for p in self._book.nodes("running") if p[1].lease_until_ms <= self._now()]
        lost.sort(key=lambda pair: (pair[1].lease_until_ms, member(pair)))
        dead = 0
        again: list[ReadyNode] = []
        for job, node in lost[:limit]:
            if node.state == "running":  # else a sibling in this loop has ended the job
                status, ready = self._book.reclaim(job, node, crash(node))
                dead += status != "again"
                again += ready
        return dead, tuple(again)

    def overdue(
        self, queue: str, missing: int, patience_ms: int, limit: int = 100
    ) -> list[ReadyNode]:
        """See ``Ledger``."""
        with self._lock:
            now, due = self._now(), []
            ready = self._ready(queue)
            # failed tries are young: they lie far behind the oldest of a long queue
            failed = [pair for pair in ready[::-1][:limit] if pair[1].unsent]
            for job, node in [*failed, *ready[:limit]]:
                waited = now - (node.ready_ms or 0)
                lost = node.unsent or (missing > 0 and waited >= LOST_AFTER_MS)
                if (lost or waited >= patience_ms) and now >= node.publish_after_ms:
                    missing -= 1
                    self._book.note_republished(node)
                    due.append(listed(job, node, lost=lost))
            return due

    def expire(self, limit: int = 100) -> int:
        """See ``Ledger``."""
        with self._lock:
            due = [
                (at, f"{job.new.job} {what}", job, what)
                for job in self._book.jobs.values()
                for what, at in job.due.items()
                if at <= self._now()
            ]
            due.sort(key=lambda one: one[:2])
            return sum(self._expire(job, what) for _, _, job, what in due[:limit])

    def _expire(self, job: JobEntry, what: str) -> int:
        now, inputs = self._now(), {ref.name for ref in job.new.inputs}
        gone = [ref for ref in job.artifacts.values() if (ref.name in inputs) == (what == "photo")]
        for ref in gone:
            self._book.files.drop(job.new.owner, job.new.job, ref, now)
        del job.due[what]
        if what == "photo":
            job.photo_expired_ms = now
        else:
            job.artifacts_expired_ms = now
            self._book.dead.pop(job.new.job, None)
        return len(gone)

    def trash(self, grace_ms: int, limit: int = 100) -> list[tuple[str, str]]:
        """See ``Ledger``."""
        with self._lock:
            self._book.files.forget_erased(self._now() - REMEMBERED_MS)
            return self._book.files.hand_out(self._now(), grace_ms, limit)

    def emptied(self, owner: str, sha256: str, *, gone: bool = True) -> None:
        """See ``Ledger``."""
        with self._lock:
            self._book.files.emptied(owner, sha256, self._now(), gone=gone)

    def discard(self, owner: str, hashes: Iterable[str]) -> None:
        """See ``Ledger``."""
        with self._lock:
            for sha256 in hashes:
                self._book.files.discard(owner, sha256, self._now())

    def dead_letters(self, limit: int = 100) -> list[str]:
        """See ``Ledger``."""
        with self._lock:
            dead = self._book.dead
            return sorted(dead, key=lambda job: (dead[job], job), reverse=True)[:limit]

    def settle_letter(self, job: str) -> None:
        """See ``Ledger``."""
        with self._lock:
            self._book.dead.pop(job, None)

    def whole(self) -> bool:
        """See ``Ledger``."""
        return self._whole

    def declare_whole(self) -> None:
        """See ``Ledger``."""
        self._whole = True

    def lead(self, name: str, who: str, ttl_ms: int) -> bool:
        """See ``Ledger``."""
        with self._lock:
            holder, until = self._leaders.get(name, (who, 0))
            if holder != who and self._now() < until:
                return False
            self._leaders[name] = (who, self._now() + ttl_ms)
            return True

    def counted(self) -> str:
        """See ``Ledger``."""
        return self._counted

    def count_up_to(self, place: str) -> None:
        """See ``Ledger``."""
        self._counted = place

    # -- what the machines tell each other ----------------------------------------------
    def worker_up(self, queue: str, worker: str, slots: int = 1) -> None:
        """See ``Ledger``."""
        with self._lock:
            self._workers[queue, worker] = (self._now() + self._worker_ttl_ms, slots)

    def worker_down(self, queue: str, worker: str) -> None:
        """See ``Ledger``."""
        with self._lock:
            self._workers.pop((queue, worker), None)

    def workers(self, queues: Iterable[str]) -> dict[str, list[str]]:
        """See ``Ledger``."""
        with self._lock:
            up = sorted(key for key, (until, _) in self._workers.items() if self._now() < until)
            return {queue: [worker for where, worker in up if where == queue] for queue in queues}

    def slots(self, queues: Iterable[str]) -> dict[str, int]:
        """See ``Ledger``."""
        with self._lock:
            warm = self.workers(queues).items()
            return {q: sum(self._workers[q, name][1] for name in names) for q, names in warm}

    def put_versions(self, versions: dict[str, str]) -> None:
        """See ``Ledger``."""
        with self._lock:
            self._versions.update(versions)

    def versions(self) -> dict[str, str]:
        """See ``Ledger``."""
        with self._lock:
            return dict(self._versions)

    def census(self, queues: Iterable[str]) -> Census:
        """See ``Ledger``."""
        with self._lock:
            running = Counter(node.plan.queue for _, node in self._book.nodes("running"))
            warm = self.workers(queues)
            found = {q: self._count(q, running[q], names) for q, names in warm.items()}
            unfinished = (job for job in self._book.jobs.values() if not job.state.terminal)
            by_product = Counter(job.new.product for job in unfinished)
            return Census(found, dict(by_product), len(self._book.dead))

    def _count(self, queue: str, running: int, workers: list[str]) -> QueueCensus:
        ready = self._ready(queue)
        oldest = min((node.ready_ms or 0 for _, node in ready), default=self._now())
        slots = {name: self._workers[queue, name][1] for name in workers}
        return QueueCensus(len(ready), running, (self._now() - oldest) / 1000, slots)

    def _ready(self, queue: str) -> list[tuple[JobEntry, NodeEntry]]:
        # a node that pauses after a failure is not ready yet
        ready = [
            (job, node)
            for job, node in self._book.nodes("ready")
            if node.plan.queue == queue and (node.ready_ms or 0) <= self._now()
        ]
        return sorted(ready, key=lambda pair: (pair[1].ready_ms, member(pair)))

    def waits_ms(self, queue: str) -> list[float]:
        """See ``Ledger``."""
        with self._lock:
            return [float(ms) for ms in self._book.waits[queue]]

    def ping(self) -> None:
        """See ``Ledger``."""
