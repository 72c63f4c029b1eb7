"""Files that the ledger knows and the store has lost, with a disk or behind the house's back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, LedgerUnavailable
from common.ledger.protocol import Ledger

log = logging.getLogger(__name__)


@contextmanager
def noticed(ledger: Ledger, job: str, ref: ArtifactRef) -> Iterator[None]:
    """Read a file of a job; should it be gone, the same photo gives a new one the next time.

    Else what is remembered of it would answer every new job with the file that is gone.
    """
    try:
        yield
    except Gone:
        log.warning("%s of job %s is lost; it will be made anew", ref.name, job)
        try:
            ledger.forget_outputs(job, ref.sha256)
        except LedgerUnavailable as exc:
            log.info("it is remembered still: %s", exc.detail)
        raise
