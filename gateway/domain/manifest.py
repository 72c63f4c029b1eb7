"""The manifest: the final list of a job. No ids and no times, so equal work has equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from common.contracts.artifacts import ArtifactRef
from common.contracts.stages import PHOTO, PHOTOS, PURPOSES

MANIFEST_VERSION = 1
OWN: Final = frozenset({"plan"})  # parameters of a job that are the house's, not the caller's


class ManifestEntry(BaseModel):
    """One file of the result."""

    model_config = ConfigDict(frozen=True)

    name: str
    media_type: str
    size: int
    sha256: str
    purpose: str


class Manifest(BaseModel):
    """Everything that was made for one job, and for which parameters."""

    model_config = ConfigDict(frozen=True)

    manifest_version: int = MANIFEST_VERSION
    photo_sha256: str | None
    further_photos_sha256: list[str] = []
    parameters: dict[str, Any]
    artifacts: list[ManifestEntry]


def build_manifest(parameters: dict[str, Any], artifacts: Iterable[ArtifactRef]) -> Manifest:
    """List the public artifacts by name."""
    found = sorted(artifacts, key=lambda ref: ref.name)
    sent = {ref.name: ref.sha256 for ref in found}
    further = [sent[name] for name in PHOTOS[1:] if name in sent]
    entries = [
        ManifestEntry(
            name=ref.name,
            media_type=ref.media_type,
            size=ref.size,
            sha256=ref.sha256,
            purpose=PURPOSES.get(ref.name, ""),
        )
        for ref in found
        if not ref.internal
    ]
    return Manifest(
        photo_sha256=sent.get(PHOTO),
        further_photos_sha256=further,
        parameters=shown(parameters),
        artifacts=entries,
    )


def shown(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is the house's own: the rest may be sent again as it is."""
    return {name: value for name, value in parameters.items() if name not in OWN}
