"""Erasing jobs: a part of ``MemoryLedger``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.ledger.erasure import DELETING_MS, KEPT_FOR, REMEMBERED_MS, Erasure, Kept
from common.ledger.memory_entries import JobEntry
from common.ledger.memory_house import MemoryHouse
from common.ledger.records import JobState, NewJob


class MemoryErase(MemoryHouse):
    """``Eraser``, the part of ``Ledger`` that erases."""

    def erase(self, job: str, owner: str) -> Erasure | None:
        """See ``Eraser``."""
        with self._lock:
            entry = self._book.find(job)
            if entry is None or entry.new.owner != owner:
                return None
            self._book.files.forget_erased(self._now() - REMEMBERED_MS)
            if entry.receipt is None:
                return self._first_time(entry)
            before = entry.receipt
            again = [ref for ref in before.gone if ref.sha256 in before.pending]
            settled = tuple(ref for ref in before.gone if ref.sha256 not in before.pending)
            return self._judged(entry, replace(before, gone=settled), again)

    def _first_time(self, job: JobEntry) -> Erasure:
        if not job.state.terminal:
            self._book.finish(job, JobState.CANCELLED)
        refs = sorted(job.artifacts.values(), key=lambda ref: ref.name)
        for ref in refs:
            if self._book.files.refers(job.new.owner, job.new.job, ref):
                self._book.files.drop(job.new.owner, job.new.job, ref, self._now())
        promise, job.erased_ms = job.promise, self._now()
        receipt = self._judged(job, Erasure(job.new.job, job.erased_ms, (), ()), refs)
        self._forget(job)
        return replace(receipt, promise=promise)

    def _judged(self, job: JobEntry, receipt: Erasure, refs: list[ArtifactRef]) -> Erasure:
        """Sort files into those that stay for other jobs and those to delete, marked as such.

        What somebody is deleting in this moment is left to him.
        """
        gone, kept, files = list(receipt.gone), list(receipt.kept), self._book.files
        pending, due = set(), set()
        for ref in refs:
            file = (job.new.owner, ref.sha256)
            if jobs := files.jobs_with(job.new.owner, ref.sha256):
                kept.append(Kept(ref, jobs[:KEPT_FOR]))
            else:
                gone.append(ref)
                pending.add(ref.sha256)
                if files.erased.get(file, 0) <= self._now():
                    due.add(ref.sha256)
                    files.erased[file] = self._now() + DELETING_MS
        job.receipt = replace(
            receipt, gone=tuple(gone), kept=tuple(kept), pending=frozenset(pending)
        )
        return replace(job.receipt, due=frozenset(due))

    def _forget(self, job: JobEntry) -> None:
        """Leave nothing but id, owner, product, state, times and the receipt."""
        new = job.new
        for key in job.memo_keys:
            hit, _ = self._memos.get((new.owner, key), (None, 0))
            if hit and not (hit.artifacts and self._book.files.alive(new.owner, hit.artifacts)):
                del self._memos[new.owner, key]
        seen = (new.owner, new.idempotency_key or "")
        if self._idempotency.get(seen, ("", "", 0))[0] == new.job:
            del self._idempotency[seen]
        self._book.dead.pop(new.job, None)
        self._book.forget_events(job)
        job.new = NewJob(
            job=new.job,
            owner=new.owner,
            product=new.product,
            params={},
            plan=Plan(nodes=()),
            inputs=(),
            deadline_ms=new.deadline_ms,
            photo_ttl_ms=new.photo_ttl_ms,
            result_ttl_ms=new.result_ttl_ms,
        )
        for mine in (job.nodes, job.artifacts, job.due, job.messages, job.memo_keys):
            mine.clear()
        job.error, job.promise, job.cancel_at_ms = None, "", None

    def deleted(
        self, job: str, owner: str, hashes: Iterable[str], left: Iterable[str] = ()
    ) -> None:
        """See ``Eraser``."""
        with self._lock:
            entry = self._book.find(job)
            if entry is None or entry.new.owner != owner or entry.receipt is None:
                return
            done = set(hashes)
            for sha256 in done.union(left):
                self._book.files.deleting_is_over(owner, sha256, self._now())
            entry.receipt = replace(entry.receipt, pending=entry.receipt.pending - done)

    def forget_outputs(self, job: str, sha256: str) -> None:
        """See ``Eraser``."""
        with self._lock:
            entry = self._book.find(job)
            known = {(entry.new.owner, key) for key in entry.memo_keys} if entry else set()
            for memo in known & self._memos.keys():
                if sha256 in {ref.sha256 for ref in self._memos[memo][0].artifacts}:
                    del self._memos[memo]

    def in_use(self, owner: str, hashes: Iterable[str]) -> bool:
        """See ``Eraser``."""
        with self._lock:
            return all(self._book.files.jobs_with(owner, sha256) for sha256 in hashes)

    def unsettled(self, owner: str, hashes: Iterable[str]) -> str:
        """See ``Eraser``."""
        with self._lock:
            found = [self._book.files.erased.get((owner, sha256)) for sha256 in hashes]
            moments = [until for until in found if until is not None]
            if any(until > self._now() for until in moments):
                return "deleting"
            return "deleted" if moments else "no"
