"""Stage outputs remembered by content: same code, same inputs, same parameters, same output.

A memo key is ``sha256(stage name, stage version, input hashes, parameters that matter)``; the
version is the digest of the sources and model files that decide the output, so a change of
code forgets exactly what it has to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel

from common.contracts.artifacts import ArtifactRef
from common.contracts.stages import EVERYTHING, Stage


def memo_key(
    stage: Stage, version: str, artifacts: Mapping[str, ArtifactRef], request: BaseModel
) -> str:
    """Key of one stage output; ``artifacts`` are those the job has when the stage starts."""
    there = [name for name in stage.may_read if name in artifacts]
    names = sorted(artifacts) if EVERYTHING in stage.reads else [*stage.reads, *there]
    parts = {
        "stage": stage.name,
        "version": version,
        "inputs": {name: artifacts[name].sha256 for name in names},
        "parameters": request.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def source_version(packages: Iterable[str], files: Iterable[Path] = (), variant: str = "") -> str:
    """Digest of the Python sources of some packages or modules, of further files, and of settings.

    ``variant`` names the settings that decide an output too, such as the model that is asked.
    """
    digest = hashlib.sha256(variant.encode())
    for package in packages:
        for name, content in _sources(package):
            digest.update(f"{package}/{name}\0{len(content)}\0".encode())
            digest.update(content)
    for file in sorted(files):
        digest.update(f"{file.name}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _sources(name: str) -> list[tuple[str, bytes]]:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    origin = Path(spec.origin)
    if not spec.submodule_search_locations:
        return [(origin.name, origin.read_bytes())]
    root = origin.parent
    return [
        (file.relative_to(root).as_posix(), file.read_bytes())
        for file in sorted(root.rglob("*.py"))
    ]
