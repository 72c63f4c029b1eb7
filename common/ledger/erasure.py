"""Erasing a job: what it was is forgotten, what it made is deleted, a receipt stays.

The ledger drops references and tells which files nobody refers to any more; who asked deletes
them from the store and says so. Whoever puts a file at that very moment asks ``unsettled``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from common.contracts.artifacts import ArtifactRef

DELETING_MS = 30_000  # nobody deletes a file longer than this after the ledger let it go
PUT_AGAIN_MS = 2_000  # in which who sent a photo that was being deleted stores it anew, afterwards
KEPT_FOR = 5  # other jobs that a receipt names for a file, at most: it is stored for weeks
REMEMBERED_MS = 600_000  # longer than a stage runs: what it put may have been deleted since

# All that stays of the record of an erased job; what it has to have is empty, with `EMPTIED`.
KEPT_FIELDS = (
    *("id", "owner", "product", "state", "created", "started", "finished", "deadline"),
    *("deadline_ms", "photo_ttl_ms", "result_ttl_ms", "record_ttl_ms", "results_expire"),
    *("photo_expired_at", "artifacts_expired_at"),
)
EMPTIED = ("plan", "params", "inputs", "trace")


@dataclass(frozen=True)
class Kept:
    """A file that stays, and some other jobs of the same owner that it stays for."""

    ref: ArtifactRef
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class Erasure:
    """What was erased. Asking again answers the same, but for ``due``."""

    job: str
    erased_ms: int
    gone: tuple[ArtifactRef, ...]  # artifacts whose file nobody refers to any more
    kept: tuple[Kept, ...]
    pending: frozenset[str] = frozenset()  # sha256 of those not yet reported as deleted
    due: frozenset[str] = frozenset()  # sha256 of those to delete now, before ``DELETING_MS``
    promise: str = ""  # sha256 of the job's promise, to be deleted as well


class Eraser(Protocol):
    """The part of ``Ledger`` that erases."""

    def erase(self, job: str, owner: str) -> Erasure | None:
        """Forget a job, ending it first where it must; None when the owner has no such job.

        The record keeps id, owner, product, state, times and the receipt.
        """
        ...

    def deleted(
        self, job: str, owner: str, hashes: Iterable[str], left: Iterable[str] = ()
    ) -> None:
        """Say that deleting what was ``due`` is over: what is gone, and what is ``left``."""
        ...

    def forget_outputs(self, job: str, sha256: str) -> None:
        """Say that a file of a job is lost: stages that are remembered with it run again."""
        ...

    def in_use(self, owner: str, hashes: Iterable[str]) -> bool:
        """Tell whether jobs refer to each of these files, so that all of them are stored."""
        ...

    def unsettled(self, owner: str, hashes: Iterable[str]) -> str:
        """Tell whether files were let go lately: ``no``, ``deleting`` still, or ``deleted``."""
        ...
