"""Promises: all that a job needs to be made anew, in a file beside its photo.

The ledger is the truth about jobs. A promise is what outlives it: written before the 202,
rewritten when a paused job goes on, deleted when the job has ended. ``gateway.recover`` makes
jobs of promises again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.errors import Gone, StorageError
from common.ledger.protocol import PROMISES, Ledger
from common.ledger.records import PAUSE_MS, Approval, JobRecord, NewJob
from common.stores import ArtifactStore, reference

VERSION: Final = 1
AT_ONCE: Final = timedelta(days=-1)  # however young it is, whatever the clock of the store says
_OF_THE_MOMENT: Final = {"memoised", "promise", "first_token"}  # fields that are not promised
_NAME: Final = "promise.json"
_TYPE: Final = "application/json"


class Promise(BaseModel):
    """A job as it was accepted. Times are ms since the epoch, by the clock of the gateway.

    What a newer version has added is not read, what an older one did not know has a default.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = Field(VERSION, le=VERSION)
    revision: int = 0  # grows each time that a paused job goes on
    accepted_ms: int
    since_ms: int  # its deadline counts from here: accepted, or resumed
    job: NewJob

    @property
    def until_ms(self) -> int:
        """When its deadline has passed in any case; a pause may take its time before that."""
        pauses = any(node.hold for node in self.job.plan.nodes)
        return self.since_ms + self.job.deadline_ms + pauses * PAUSE_MS

    @property
    def photos_until_ms(self) -> int:
        """When its photos are gone at the latest: as long after the deadline as was agreed."""
        return self.until_ms + self.job.photo_ttl_ms


@dataclass(frozen=True)
class Unreadable:
    """A promise that cannot be read: damaged, or of a newer version."""

    sha256: str
    why: str


def write(ledger: Ledger, store: ArtifactStore, new: NewJob) -> NewJob:
    """Write the promise of a job that is about to be accepted, and return the job with it.

    Raises
    ------
    LedgerUnavailable, StorageError
        It could not be written.
    """
    now = _now_ms()
    return _written(ledger, store, Promise(accepted_ms=now, since_ms=now, job=new)).job


def rewrite(ledger: Ledger, store: ArtifactStore, record: JobRecord, approval: Approval) -> str:
    """Write what is promised now that a paused job goes on; the sha256 of the new file.

    Empty when there is no promise to build on: an older version accepted the job.

    Raises
    ------
    LedgerUnavailable, StorageError
        It could not be written.
    """
    try:
        before = read(store, record.promise) if record.promise else None
    except Gone:
        before = None
    if not isinstance(before, Promise):
        return ""
    job = replace(before.job, params=approval.params, plan=_approved(record.plan, approval))
    after = before.model_copy(
        update={"revision": before.revision + 1, "since_ms": _now_ms(), "job": job}
    )
    return _written(ledger, store, after).job.promise


def forget(store: ArtifactStore, sha256: str) -> bool:
    """Delete a promise that is no longer needed; False where that fails: the trash has it still.

    Nothing waits for this, and yet it is done at once: a promise that is found is kept.
    """
    try:
        return not sha256 or store.delete_stale(PROMISES, sha256, AT_ONCE)
    except StorageError:
        return False


def read(store: ArtifactStore, sha256: str) -> Promise | Unreadable:
    """Read one promise.

    Raises
    ------
    Gone
        The file is not there: its job has ended.
    StorageError
        The store does not answer, or the file is damaged.
    """
    ref = ArtifactRef(name=_NAME, sha256=sha256, size=0, media_type=_TYPE, internal=True)
    try:
        promise = Promise.model_validate_json(store.get(PROMISES, ref))
    except ValidationError as exc:
        fields = {".".join(map(str, one["loc"])) or "file" for one in exc.errors()}
        return Unreadable(sha256, f"it does not fit: {', '.join(sorted(fields))}")
    return promise.model_copy(update={"job": replace(promise.job, promise=sha256)})


def read_all(store: ArtifactStore) -> Iterator[Promise | Unreadable]:
    """Read every promise there is; those that go meanwhile are left out.

    Raises
    ------
    StorageError
        The store does not answer.
    """
    for sha256 in hashes(store):
        try:
            yield read(store, sha256)
        except Gone:
            continue
        except StorageError as exc:
            yield Unreadable(sha256, exc.detail)


def hashes(store: ArtifactStore) -> list[str]:
    """List the names of all promises."""
    names = (path.rpartition("/")[2] for path, _ in store.files(PROMISES))
    return sorted(name for name in names if len(name) == 64)


def _written(ledger: Ledger, store: ArtifactStore, promise: Promise) -> Promise:
    content = promise.model_dump_json(exclude={"job": _OF_THE_MOMENT}).encode()
    ref = reference(_NAME, _TYPE, content, internal=True)
    # the intent first, as for every file: what is never accepted is in the trash already
    ledger.discard(PROMISES, [ref.sha256])
    store.keep(PROMISES, ref, content)
    return promise.model_copy(update={"job": replace(promise.job, promise=ref.sha256)})


def _approved(plan: Plan, approval: Approval) -> Plan:
    """Take the pauses out of a plan, unless there shall be one more."""
    if approval.hold:
        return plan
    nodes: Any = (node.model_copy(update={"hold": False}) for node in plan.nodes)
    return Plan(nodes=tuple(nodes))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
