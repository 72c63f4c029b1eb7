"""The use case of the front door: check → recall → photo and promise → accept → publish."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from common import metrics
from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.contracts.stages import PHOTOS, QUEUES
from common.errors import (
    Busy,
    IdempotencyConflict,
    KilnError,
    NoRoom,
    QuotaExceeded,
    TooManyJobs,
)
from common.ledger.records import HOUR_MS, Accepted, Hook, NewJob
from common.settings import Settings
from common.stores import path_of, reference
from gateway import promises
from gateway.domain.upload import check_photo
from gateway.door.limits import limits_of
from gateway.erase import put_again
from gateway.house import House
from gateway.side_by_side import side_by_side

# What to answer when a limit was met; the number is what was counted against it.
REFUSALS: Final[dict[str, tuple[type[KilnError], str]]] = {
    "busy": (Busy, "{} jobs are unfinished; no more are accepted right now"),
    "deep": (Busy, "{} stages wait in a queue that this job needs; no more are accepted"),
    "too_many": (TooManyJobs, "{} of your jobs are unfinished; no more are accepted right now"),
    "no_room": (NoRoom, "the store holds {} bytes; no more are taken in"),
    "quota": (QuotaExceeded, "your files take {} bytes; no more are taken in"),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    """What somebody asks for. Its parameters and the number of its photos are checked."""

    owner: str
    product: str
    params: dict[str, Any]
    plan: Plan
    photos: tuple[bytes, ...]
    ttl_hours: int | None
    idempotency_key: str | None
    trace: str
    cancel_after_s: int | None = None
    hook: Hook | None = None
    kept: tuple[ArtifactRef, ...] = ()  # of an earlier job of this owner, instead of photos
    asked: dict[str, Any] | None = None  # what an equal request has too, where it is not all params


@dataclass(frozen=True)
class Receipt:
    """The job somebody got; ``replayed`` when it is the one of an earlier, equal request."""

    job: str
    replayed: bool


def submit(house: House, wanted: Submission) -> Receipt:
    """Accept a job. When this returns, it will end, even if the ledger is lost meanwhile.

    Raises
    ------
    BadPhoto
        And its leaves: see ``gateway.domain.upload``.
    IdempotencyConflict
        The key was used for another request.
    Busy, TooManyJobs, NoRoom, QuotaExceeded
        A limit of the house or of the owner was met.
    LedgerUnavailable, StorageError
        No promise could be written down.
    """
    with house.room.taking_in(sum(map(len, wanted.photos))):
        photos = wanted.kept or _check_photos(house, wanted)
        new = _new_job(house.settings, wanted, photos)
        accepted = _accept_whole(house, new, wanted) or _accept(house, new, wanted)
    if accepted.status in REFUSALS:
        metrics.REJECTED.labels(accepted.status).inc()
        refusal, says = REFUSALS[accepted.status]
        wait_s = _wait_s(house, wanted, accepted)
        raise refusal(says.format(accepted.active), retry_after_s=wait_s)
    if accepted.status == "conflict":
        raise IdempotencyConflict("this Idempotency-Key was used for another photo or parameters")
    return Receipt(accepted.job, replayed=accepted.status == "replayed")


def _check_photos(house: House, wanted: Submission) -> tuple[ArtifactRef, ...]:
    limit = house.settings.max_upload_mb * 1_000_000
    return tuple(
        reference(name, check_photo(photo, limit).media_type, photo, internal=True)
        for name, photo in zip(PHOTOS, wanted.photos, strict=False)
    )


def _store_photos(house: House, new: NewJob, contents: tuple[bytes, ...]) -> None:
    if not contents:
        return  # there are none, or they are those of an earlier job
    # The intent comes first: a file whose job is not accepted is in the trash already, whatever
    # happens in between, and without Redis nothing is written at all.
    house.ledger.discard(new.owner, [ref.sha256 for ref in new.inputs])
    for ref, content in zip(new.inputs, contents, strict=True):
        house.store.keep(new.owner, ref, content)


def _are_stored(house: House, new: NewJob) -> bool:
    """Whether earlier jobs keep all of the photos, on disk since before they were accepted.

    Should the last of them let go of a photo in this moment, it lies in the trash for longer than
    this takes; should it be erased, ``put_again`` notices.
    """
    hashes = [ref.sha256 for ref in new.inputs]
    stored = (house.store.has(path_of(new.owner, sha256)) for sha256 in hashes)
    return house.ledger.in_use(new.owner, hashes) and all(stored)


def _new_job(settings: Settings, wanted: Submission, photos: tuple[ArtifactRef, ...]) -> NewJob:
    hours = wanted.ttl_hours or settings.result_ttl_hours
    return NewJob(
        job=secrets.token_hex(16),
        owner=wanted.owner,
        product=wanted.product,
        params=wanted.params,
        plan=wanted.plan,
        inputs=photos,
        trace=wanted.trace,
        idempotency_key=wanted.idempotency_key,
        fingerprint=_fingerprint(wanted, photos),
        deadline_ms=settings.job_deadline_s * 1000,
        photo_ttl_ms=int(min(settings.photo_ttl_hours, hours) * HOUR_MS),
        result_ttl_ms=int(hours * HOUR_MS),
        cancel_after_ms=wanted.cancel_after_s and wanted.cancel_after_s * 1000,
        hook=wanted.hook,
    )


def _fingerprint(wanted: Submission, photos: tuple[ArtifactRef, ...]) -> str:
    asked = {
        "product": wanted.product,
        "params": wanted.params if wanted.asked is None else wanted.asked,
        "photos": [photo.sha256 for photo in photos],
        **({"hook": asdict(wanted.hook)} if wanted.hook else {}),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _accept_whole(house: House, new: NewJob, wanted: Submission) -> Accepted | None:
    """Accept a job whose every stage is remembered: it ends in the same moment.

    None when something is not remembered, or was deleted in between.
    """
    hits = house.recall.whole_job(new.owner, new.plan, new.params, new.inputs)
    if hits is None:
        return None
    if not _are_stored(house, new):
        _store_photos(house, new, wanted.photos)
    accepted = house.ledger.accept(replace(new, memoised=hits), limits_of(house, new.owner))
    if accepted.status == "accepted":
        for node in new.plan.nodes:
            metrics.CACHE_REQUESTS.labels(node.stage, "hit").inc()
        put_again(house.ledger, house.store, new, wanted.photos)
    return None if accepted.status == "stale" else accepted


def _accept(house: House, unwritten: NewJob, wanted: Submission) -> Accepted:
    """Accept a job that has to be done, and publish it."""
    new = _write_down(house, unwritten, wanted.photos)
    who = _who(new.owner, new.idempotency_key)
    accepted = house.ledger.accept(new, house.turns.within(limits_of(house, new.owner), who))
    if accepted.status == "accepted":
        house.turns.leave(who)
        put_again(house.ledger, house.store, new, wanted.photos)
        _publish(house, new)
    elif accepted.job != new.job:  # refused, or another job is the answer
        promises.forget(house.store, new.promise)
    return accepted


def _write_down(house: House, unwritten: NewJob, photos: tuple[bytes, ...]) -> NewJob:
    """Write promise and photos; where the photos cannot be stored, nothing is promised either."""
    written: list[str] = []

    def promise() -> NewJob:
        new = promises.write(house.ledger, house.store, unwritten)
        written.append(new.promise)
        return new

    try:
        return side_by_side(promise, lambda: _store_photos(house, unwritten, photos))
    except KilnError:
        for sha256 in written:
            promises.forget(house.store, sha256)
        raise


def _who(owner: str, key: str | None) -> str | None:
    """By what somebody is known who comes back with the same request."""
    return key and f"{owner} {key}"


def _wait_s(house: House, wanted: Submission, refused: Accepted) -> float | None:
    """Say when it is worth trying again; None where nobody can tell."""
    who = _who(wanted.owner, wanted.idempotency_key)
    if refused.status == "busy":
        return house.turns.wait_s(who, QUEUES)
    if refused.status == "deep":
        return house.turns.wait_s(who, {node.queue for node in wanted.plan.nodes})
    if refused.status == "too_many":
        return house.turns.own_wait_s(refused.active)
    return None


def _publish(house: House, new: NewJob) -> None:
    try:
        house.publish(new.job, new.plan)
    except Exception:
        # It stands in the ledger; the reconciler publishes what it does not find running.
        log.exception("job %s was accepted but not published", new.job)
