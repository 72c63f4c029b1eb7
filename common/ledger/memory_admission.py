"""Who is let in: the part of ``MemoryLedger`` about new jobs and the limits of the house."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from common.ledger.erasure import PUT_AGAIN_MS
from common.ledger.memory_entries import JobEntry
from common.ledger.memory_house import MemoryHouse
from common.ledger.protocol import IDEMPOTENCY_TTL_MS
from common.ledger.records import Accepted, Limits, NewJob


class MemoryAdmission(MemoryHouse):
    """``Ledger.accept``."""

    def accept(self, new: NewJob, limits: Limits) -> Accepted:
        """See ``Ledger``."""
        with self._lock:
            return self._seen_before(new) or self._refusal(new, limits) or self._admit(new)

    def _seen_before(self, new: NewJob) -> Accepted | None:
        key = (new.owner, new.idempotency_key or "")
        job, fingerprint, until = self._idempotency.get(key, ("", "", 0))
        if new.idempotency_key is not None and self._now() < until:
            return Accepted("replayed" if fingerprint == new.fingerprint else "conflict", job)
        return Accepted("replayed", new.job) if self._book.find(new.job) else None

    def _refusal(self, new: NewJob, limits: Limits) -> Accepted | None:
        known = (new.memoised or {}).values()
        if not all(self._book.files.alive(new.owner, hit.artifacts) for hit in known):
            return Accepted("stale")
        for status, counted, more, limit in self._limited(new, limits):
            if limit is not None and more and counted + more > limit:
                return Accepted(status, active=counted)
        return None

    def _limited(self, new: NewJob, limits: Limits) -> Iterator[tuple[str, int, int, int | None]]:
        """Tell what is limited: what there is of it, what the job adds, and the limit."""
        files = self._book.files
        more = files.growth(new.owner, new.inputs)
        if not new.memoised:  # else it costs no work: always welcome
            active = self._book.active()
            mine = sum(job.new.owner == new.owner for job in active)
            ready = Counter(node.plan.queue for _, node in self._book.nodes("ready"))
            depth = max((ready[node.queue] for node in new.plan.nodes), default=0)
            yield "busy", len(active), 1, limits.max_active
            yield "too_many", mine, 1, limits.max_active_of_owner
            yield "deep", depth, 1, limits.max_depth
            more = max(more, 1)  # its results will take room
        yield "no_room", files.bytes_of(None), more, limits.max_bytes
        yield "quota", files.bytes_of(new.owner), more, limits.max_bytes_of_owner

    def _admit(self, new: NewJob) -> Accepted:
        now, own_copy = self._now(), json.loads(json.dumps(new.params, sort_keys=True))
        job = self._book.jobs[new.job] = JobEntry(replace(new, params=own_copy), now)
        if new.idempotency_key is not None:
            seen = (new.job, new.fingerprint, now + IDEMPOTENCY_TTL_MS)
            self._idempotency[new.owner, new.idempotency_key] = seen
        self._book.files.keep_promise(new.job, new.promise)
        self._book.add_artifacts(job, new.inputs)
        self._book.emit(job, "accepted", {"product": new.product})
        for node_id, hit in (new.memoised or {}).items():
            node = job.nodes[node_id]
            node.ready_ms = node.begin_ms = now
            job.memo_keys |= {hit.key} - {""}
            self._book.settle(job, node, hit.artifacts, hit.result)
        ready = self._book.advance(job)  # a job that is known whole ends right here
        # who sent a photo that is being deleted stores it anew and publishes then, not sooner
        erased = self._book.files.erased
        deleting = max((erased.get((new.owner, one.sha256), 0) for one in new.inputs), default=0)
        for one in ready if deleting > now else ():
            job.nodes[one.id].publish_after_ms = deleting + PUT_AGAIN_MS
        return Accepted("accepted", new.job)
