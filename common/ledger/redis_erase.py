"""Erasing jobs: a part of ``RedisLedger``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.ledger.erasure import KEPT_FIELDS, Erasure, Kept
from common.ledger.reading import rows
from common.ledger.redis_link import RedisLink


class RedisErase(RedisLink):
    """``Eraser``, the part of ``Ledger`` that erases."""

    def erase(self, job: str, owner: str) -> Erasure | None:
        """See ``Eraser``."""
        answer = self._run("erase", job, owner, *KEPT_FIELDS)
        self._recent.forget(job)
        return _erasure(job, answer) if answer["status"] == "erased" else None

    def deleted(
        self, job: str, owner: str, hashes: Iterable[str], left: Iterable[str] = ()
    ) -> None:
        """See ``Eraser``."""
        done = list(hashes)
        self._run("deleted", job, owner, len(done), *done, *left)

    def forget_outputs(self, job: str, sha256: str) -> None:
        """See ``Eraser``."""
        self._run("forget", job, sha256)

    def in_use(self, owner: str, hashes: Iterable[str]) -> bool:
        """See ``Eraser``."""
        keys = {f"{self._prefix}refs:{owner}:{sha256}" for sha256 in hashes}
        return not keys or int(self._call("exists", *keys)) == len(keys)

    def unsettled(self, owner: str, hashes: Iterable[str]) -> str:
        """See ``Eraser``."""
        return str(self._run("unsettled", owner, *hashes)["status"])


def _erasure(job: str, answer: dict[str, Any]) -> Erasure:
    receipt = answer["receipt"]
    kept = [Kept(_ref(row["ref"]), tuple(row["jobs"])) for row in rows(receipt["kept"])]
    return Erasure(
        job=job,
        erased_ms=int(receipt["erased_ms"]),
        gone=tuple(_ref(row) for row in rows(receipt["gone"])),
        kept=tuple(kept),
        pending=frozenset(rows(receipt["pending"])),
        due=frozenset(rows(answer["due"])),
        promise=answer["promise"],
    )


def _ref(row: dict[str, Any]) -> ArtifactRef:
    return ArtifactRef.model_validate(row)
