"""Photos of an earlier job, for a new one."""

from __future__ import annotations

from common.contracts.artifacts import ArtifactRef
from common.contracts.stages import PHOTOS
from common.errors import BadParameter, Erased, Gone
from common.ledger.records import JobRecord
from common.stores import ArtifactStore


def photos_of(store: ArtifactStore, record: JobRecord) -> tuple[ArtifactRef, ...]:
    """Find the photos that a job was made from. A new job that refers to them keeps them.

    Raises
    ------
    BadParameter
        It was made without.
    Gone, Erased
        They have expired, or its owner erased them.
    """
    if record.erased_ms is not None:
        raise Erased(f"job {record.id} was erased")
    photos = tuple(record.artifacts[name] for name in PHOTOS if name in record.artifacts)
    if not photos:
        raise BadParameter(f"job {record.id} was made without a photo")
    if record.photo_expired_ms is not None:
        raise Gone(f"the photo of job {record.id} has expired")
    for photo in photos:
        store.stream(record.owner, photo, 0, min(1, photo.size))  # is it there?
    return photos
