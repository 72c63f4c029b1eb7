"""Erase a job: the ledger forgets it, its files are deleted at once, a receipt is answered.

A file that cannot be deleted just now lies in the trash, and the reconciler deletes it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import Final

from common.contracts.artifacts import ArtifactRef
from common.errors import Erased, StorageError
from common.ledger.erasure import DELETING_MS, Erasure
from common.ledger.protocol import Ledger
from common.stores import ArtifactStore
from gateway import promises

AT_ONCE: Final = timedelta(days=-1)  # however young a file is, and whatever the store's clock says
DELETING_S: Final = DELETING_MS / 1000 / 2  # the last one that was begun has as long to end
PAUSE_S: Final = 0.02

log = logging.getLogger(__name__)


def erase(ledger: Ledger, store: ArtifactStore, job: str, owner: str) -> Erasure | None:
    """Erase a job, ending it first where it must; None when its owner has no such job.

    Safe to repeat: the receipt stays the same, and what was still to be deleted is.

    Raises
    ------
    LedgerUnavailable
        Nothing was erased, or it is not known what was: ask again.
    """
    give_up = time.monotonic() + DELETING_S
    erasure = ledger.erase(job, owner)
    if erasure is None:
        return None
    promises.forget(store, erasure.promise)
    if not erasure.due:
        return erasure
    done = [sha256 for sha256 in sorted(erasure.due) if _deleted(store, owner, sha256, give_up)]
    ledger.deleted(job, owner, done)
    return replace(erasure, pending=erasure.pending.difference(done))


def _deleted(store: ArtifactStore, owner: str, sha256: str, give_up: float) -> bool:
    # later than that somebody may count on it that what he has put stays
    if time.monotonic() > give_up:
        return False
    try:
        return store.delete_stale(owner, sha256, AT_ONCE)
    except StorageError as exc:
        log.warning("%s; the sweeper does it", exc.detail)
        return False


def put_again(
    ledger: Ledger,
    store: ArtifactStore,
    owner: str,
    photos: tuple[ArtifactRef, ...],
    contents: tuple[bytes, ...],
) -> None:
    """Store the photos of an accepted job again if they may have been deleted while it came in.

    Somebody may have erased another job of the same photo between the moment in which it was
    stored and the one in which the new job began to refer to it.

    Parameters
    ----------
    ledger, store
        Of the house.
    owner
        Of the job.
    photos
        The inputs of the job.
    contents
        Their bytes; none where they were those of an earlier job.

    Raises
    ------
    Erased
        They were those of an earlier job, which was erased, and are gone.
    LedgerUnavailable, StorageError
        It could not be looked up or stored.
    """
    hashes = [photo.sha256 for photo in photos]
    while (found := ledger.unsettled(owner, hashes) if hashes else "no") == "deleting":
        time.sleep(PAUSE_S)
    if found == "no":
        return
    for photo, content in zip(photos, contents, strict=False):
        store.keep(owner, photo, content)
    if not contents and not all(store.has(f"{owner}/{one[:2]}/{one}") for one in hashes):
        raise Erased("the job whose photo was to be taken again was erased just now")
