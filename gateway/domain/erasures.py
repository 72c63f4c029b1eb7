"""The receipt of an erased job, as its owner gets it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from common.contracts.artifacts import ArtifactRef
from common.ledger.erasure import Erasure
from gateway.domain.views import moment


class ErasedFile(BaseModel):
    """A file of the job."""

    name: str = Field(description="Such as `photo` or `figurine.glb`; what was measured, too")
    sha256: str
    size: int = Field(description="Bytes")


class KeptFile(ErasedFile):
    """A file of the job that other jobs have too."""

    used_by: list[str] = Field(
        description="Jobs of yours that it stays for, five at most; erase them as well"
    )


class ErasureReceipt(BaseModel):
    """What was erased, and what was not."""

    job: str
    erased_at: datetime
    erased: list[ErasedFile] = Field(description="Deleted from the store")
    kept: list[KeptFile]
    pending: list[ErasedFile] = Field(
        description="Could not be deleted just now; the house does it within minutes"
    )


def erasure_receipt(erasure: Erasure) -> ErasureReceipt:
    """Show a receipt."""
    erased = (ref for ref in erasure.gone if ref.sha256 not in erasure.pending)
    pending = (ref for ref in erasure.gone if ref.sha256 in erasure.pending)
    return ErasureReceipt.model_validate(
        {
            "job": erasure.job,
            "erased_at": moment(erasure.erased_ms),
            "erased": _files(erased),
            "kept": [{**_file(kept.ref), "used_by": kept.jobs} for kept in erasure.kept],
            "pending": _files(pending),
        }
    )


def _files(refs: Iterable[ArtifactRef]) -> list[dict[str, object]]:
    return [_file(ref) for ref in sorted(refs, key=lambda ref: ref.name)]


def _file(ref: ArtifactRef) -> dict[str, object]:
    return ref.model_dump(include={"name", "sha256", "size"})
