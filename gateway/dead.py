"""Dead letters: jobs with a stage that used up its attempts. Looked at, and tried anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.contracts.stages import PHOTOS
from common.errors import Gone, LedgerUnavailable, NotFound
from common.ledger.protocol import MAX_ATTEMPTS
from common.ledger.records import JobRecord, NodeRecord
from common.stores import path_of
from gateway.again import photos_of
from gateway.domain.views import moment
from gateway.house import House
from gateway.submit import Receipt, Submission, submit


@dataclass(frozen=True)
class DeadStage:
    """A stage that was tried as often as is allowed."""

    id: str
    state: str  # failed, or skipped where the job could do without
    attempts: int
    began: datetime | None
    ended: datetime | None
    worker: str | None  # who had it last


@dataclass(frozen=True)
class DeadLetter:
    """A job with such a stage. Tells nothing of what somebody wished or looks like."""

    job: str
    owner: str
    product: str
    state: str
    error: dict[str, Any] | None
    accepted: datetime | None
    ended: datetime | None
    stages: tuple[DeadStage, ...]
    photos: tuple[str, ...]  # where they are in the store; none when they are gone


def letters(house: House, limit: int) -> Iterator[DeadLetter]:
    """List dead letters, latest first; what was replayed, erased or has expired is left out."""
    for job in house.ledger.dead_letters(limit):
        record = house.ledger.job(job)
        if record is not None and record.erased_ms is None:
            yield _letter(house, record)


def letter(house: House, job: str) -> DeadLetter:
    """Read one dead letter.

    Raises
    ------
    NotFound
        There is no such job, or none of its stages used up its attempts.
    """
    return _letter(house, _record(house, job))


def replay(house: House, job: str, trace: str) -> Receipt:
    """Make a new job from the photo and the parameters of a dead one, which stays as it is.

    Only the list of dead letters has it no longer: that one is of what is left to do.

    Raises
    ------
    NotFound
        There is no such dead letter.
    Gone
        Its photo has expired, or was erased.
    KilnError
        What any submit may end in; the limits of the owner hold here too.
    """
    record = _record(house, job)
    submission = Submission(
        owner=record.owner,
        product=record.product,
        params=record.params | {"from": job},
        plan=_plan(record),
        photos=(),
        kept=photos_of(house.store, record) if _had_photos(record) else (),
        ttl_hours=record.params.get("ttl_hours"),
        idempotency_key=None,
        trace=trace,
        hook=record.hook,
    )
    receipt = submit(house, submission)
    with suppress(LedgerUnavailable):  # the new job is accepted all the same
        house.ledger.settle_letter(job)
    return receipt


def _record(house: House, job: str) -> JobRecord:
    record = house.ledger.job(job)
    if record is None or not _dead_nodes(record):
        raise NotFound(f"there is no dead letter {job}", "`kiln dead list` names them.")
    return record


def _letter(house: House, record: JobRecord) -> DeadLetter:
    return DeadLetter(
        job=record.id,
        owner=record.owner,
        product=record.product,
        state=str(record.state),
        error=record.error,
        accepted=moment(record.created_ms),
        ended=moment(record.finished_ms),
        stages=tuple(_stage(node) for node in _dead_nodes(record)),
        photos=tuple(path_of(record.owner, ref.sha256) for ref in _photos(house, record)),
    )


def _dead_nodes(record: JobRecord) -> list[NodeRecord]:
    return [
        node
        for node in record.nodes
        if node.attempts >= MAX_ATTEMPTS and node.state in {"failed", "skipped"}
    ]


def _stage(node: NodeRecord) -> DeadStage:
    began, ended = moment(node.begin_ms), moment(node.end_ms)
    return DeadStage(node.id, node.state, node.attempts, began, ended, node.worker)


def _photos(house: House, record: JobRecord) -> tuple[ArtifactRef, ...]:
    try:
        return photos_of(house.store, record) if _had_photos(record) else ()
    except Gone:
        return ()


def _had_photos(record: JobRecord) -> bool:
    return not record.artifacts.keys().isdisjoint(PHOTOS)


def _plan(record: JobRecord) -> Plan:
    """Pause again only where the dead job had not paused yet."""
    done = {node.id for node in record.nodes if node.state == "done"}
    return Plan(
        nodes=tuple(
            node.model_copy(update={"hold": node.hold and node.id not in done})
            for node in record.plan.nodes
        )
    )
