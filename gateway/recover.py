"""Recovery: jobs that the ledger does not know are made anew from their promises.

For the day on which all of Redis is lost. Every unfinished job comes back under its own id, for
its own owner, with its own parameters; its stages run again, from remembered files where the
ledger still has them. Safe to repeat, and safe beside a running house.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from common.contracts.plans import Plan
from common.errors import Gone, KilnError
from common.ledger.protocol import Ledger
from common.ledger.records import Limits, NewJob
from common.stores import ArtifactStore
from gateway import promises
from gateway.promises import Promise, Unreadable

SETTLING_MS: Final = 6_000  # a submit takes no longer: what is younger may be on its way in
AT_ONCE_MS: Final = 1  # a deadline that has passed already: the job ends as `expired`
NO_LIMITS: Final = Limits(max_active=10**9)  # who was let in once is not turned away

Clock = Callable[[], int]  # ms since the epoch
Publish = Callable[[str, Plan], None]


@dataclass(frozen=True)
class Loss:
    """A promise that cannot be kept."""

    promise: str
    why: str
    job: str = ""


@dataclass
class Recovery:
    """What became of the promises: ids of jobs, and those that cannot be made anew."""

    rebuilt: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)  # too late: they end as `expired`
    known: int = 0  # the ledger has them
    lost: list[Loss] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)  # of the rebuilt: the reconciler will


@dataclass(frozen=True)
class Rescuer:
    """Makes jobs of promises."""

    ledger: Ledger
    store: ArtifactStore
    publish: Publish
    renew: bool = False  # give each its whole time again
    clock: Clock = lambda: time.time_ns() // 1_000_000
    pause: Callable[[float], None] = time.sleep

    def recover(self) -> Recovery:
        """Make every job anew that the ledger does not know.

        Raises
        ------
        LedgerUnavailable, StorageError
            Redis or the store does not answer; what was made anew before that stays.
        """
        found = Recovery()
        young = []
        for promise in latest(promises.read_all(self.store), found.lost):
            if self.ledger.job(promise.job.job) is not None:
                found.known += 1
            elif self.clock() - promise.since_ms < SETTLING_MS:
                young.append(promise)
            else:
                self._make(promise, found)
        if young:  # until those on their way in have arrived
            youngest_ms = max(promise.since_ms for promise in young)
            self.pause(max(0, youngest_ms + SETTLING_MS - self.clock()) / 1000)
        for promise in young:
            self._make(promise, found)
        self.ledger.declare_whole()
        return found

    def _make(self, promise: Promise, found: Recovery) -> None:
        job = promise.job.job
        if why := self._hopeless(promise):
            found.lost.append(Loss(promise.job.promise, why, job))
            return
        new = self._remaining(promise)
        late = new.deadline_ms == AT_ONCE_MS
        if not self._still_there(promise) or not self._accepted(new):
            found.known += 1
        elif late:
            found.expired.append(job)
        else:
            found.rebuilt.append(job)
            self._send(new, found)

    def _hopeless(self, promise: Promise) -> str:
        """Say why a job cannot be made anew; empty when it can."""
        if promise.photos_until_ms <= self.clock():
            return "the time for which its photos may be kept is over"
        for ref in promise.job.inputs:
            try:
                self.store.stream(promise.job.owner, ref, 0, min(1, ref.size))
            except Gone:
                return f"its {ref.name} is no longer stored"
        return ""

    def _remaining(self, promise: Promise) -> NewJob:
        """Give a job the time that is left of what it was given."""
        now = self.clock()
        # a worker that still runs for the lost ledger has an older token, and commits nothing
        job = replace(promise.job, first_token=now // 1000)
        if self.renew:
            return job
        cancel_after_ms = job.cancel_after_ms
        if cancel_after_ms is not None:
            cancel_after_ms += promise.accepted_ms - now  # it may be over
        return replace(
            job,
            deadline_ms=max(AT_ONCE_MS, min(job.deadline_ms, promise.until_ms - now)),
            cancel_after_ms=cancel_after_ms,
            photo_ttl_ms=min(job.photo_ttl_ms, promise.photos_until_ms - now),
        )

    def _still_there(self, promise: Promise) -> bool:
        """Look again: a submit that was refused meanwhile has taken its promise back."""
        try:
            promises.read(self.store, promise.job.promise)
        except Gone:
            return False
        return True

    def _accepted(self, new: NewJob) -> bool:
        """Accept under the old id; False when somebody else did so a moment ago."""
        accepted = self.ledger.accept(new, NO_LIMITS)
        if accepted.status in {"replayed", "conflict"} and accepted.job != new.job:
            # its key belongs to a later job now; the id that somebody waits for is worth more
            accepted = self.ledger.accept(replace(new, idempotency_key=None), NO_LIMITS)
        return accepted.status == "accepted"

    def _send(self, new: NewJob, found: Recovery) -> None:
        try:
            self.publish(new.job, new.plan)
        except KilnError:
            found.unpublished.append(new.job)


def latest(found: Iterable[Promise | Unreadable], unreadable: list[Loss]) -> list[Promise]:
    """Keep the last promise of each job, oldest job first; note what cannot be read."""
    last: dict[str, Promise] = {}
    for one in found:
        if isinstance(one, Unreadable):
            unreadable.append(Loss(one.sha256, one.why))
        elif one.job.job not in last or last[one.job.job].revision < one.revision:
            last[one.job.job] = one
    return sorted(last.values(), key=lambda one: (one.accepted_ms, one.job.job))


def forgotten(ledger: Ledger, store: ArtifactStore, most: int = 1000) -> tuple[list[str], int]:
    """Find jobs that were promised and that the ledger does not know, oldest first.

    Looks at the first so many promises. The second value counts those that are too young to
    tell: their submit may be on its way.

    Raises
    ------
    LedgerUnavailable, StorageError
        Redis or the store does not answer.
    """
    young_from = time.time_ns() // 1_000_000 - SETTLING_MS
    every = latest(islice(promises.read_all(store), most), [])
    unknown = [one for one in every if ledger.job(one.job.job) is None]
    old = [one.job.job for one in unknown if one.since_ms < young_from]
    return old, len(unknown) - len(old)
