"""The files of a job that its owner may have."""

from __future__ import annotations

from typing import Final

from common.contracts.artifacts import ArtifactRef
from common.contracts.stages import DRAFTS, PURPOSES
from common.ledger.records import JobRecord

_ORDER: Final = {name: at for at, name in enumerate(PURPOSES)}
_DRAFTS: Final = frozenset(draft.name for draft in DRAFTS)


def files_by_name(record: JobRecord) -> dict[str, ArtifactRef]:
    """Find what was made and is not for other stages only, expired or not."""
    return {ref.name: ref for ref in record.artifacts.values() if not ref.internal}


def public_files(record: JobRecord) -> list[ArtifactRef]:
    """List what was made, in the order of the stage table; nothing once it has expired."""
    if record.artifacts_expired_ms is not None:
        return []
    return sorted(
        files_by_name(record).values(),
        key=lambda ref: (_ORDER.get(ref.name, len(_ORDER)), ref.name),
    )


def files_to_keep(record: JobRecord) -> list[ArtifactRef]:
    """List what is worth being kept of a job at rest: all of it but drafts."""
    if not record.state.resting:
        return []
    return [ref for ref in public_files(record) if ref.name not in _DRAFTS]
