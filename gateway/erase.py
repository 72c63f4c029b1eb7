"""Erase a job: the ledger forgets it, its files are deleted at once, a receipt is answered.

A file that cannot be deleted just now lies in the trash, and the reconciler deletes it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import Final

from common.errors import Erased, KilnError, LedgerUnavailable, StorageError
from common.ledger.erasure import DELETING_MS, Erasure
from common.ledger.protocol import Ledger
from common.ledger.records import NewJob
from common.stores import ArtifactStore, path_of
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
    ledger.deleted(job, owner, done, erasure.due.difference(done))
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
    ledger: Ledger, store: ArtifactStore, new: NewJob, contents: tuple[bytes, ...]
) -> None:
    """Store the photos of an accepted job again if they may have been deleted while it came in.

    Somebody may have erased another job of the same photo between the moment in which it was
    stored and the one in which the new job began to refer to it.

    Parameters
    ----------
    ledger, store
        Of the house.
    new
        The job; nobody has published it yet.
    contents
        Bytes of its photos; none where they are those of an earlier job.

    Raises
    ------
    Erased, StorageError
        They are gone: with an earlier job that was erased, or because the store does not answer.
        The new job is erased as well.
    """
    hashes = [photo.sha256 for photo in new.inputs]
    try:
        if not hashes or not _may_be_gone(ledger, new.owner, hashes):
            return
        for photo, content in zip(new.inputs, contents, strict=False):
            store.keep(new.owner, photo, content)
        if not contents and not all(store.has(path_of(new.owner, one)) for one in hashes):
            raise Erased("the job whose photo was to be taken again was erased just now")
    except LedgerUnavailable as exc:
        log.warning("not known whether a photo was deleted just now: %s", exc.detail)
    except KilnError:
        erase(ledger, store, new.job, new.owner)
        raise


def _may_be_gone(ledger: Ledger, owner: str, hashes: list[str]) -> bool:
    while (found := ledger.unsettled(owner, hashes)) == "deleting":
        time.sleep(PAUSE_S)
    return found != "no"
