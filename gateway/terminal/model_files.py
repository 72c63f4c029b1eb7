"""Tell a file of weights from a pickle, by its content: a pickle runs code when it is read."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Final

from common.errors import BadParameter
from common.models import Kind, files_of

LONGEST_HEADER: Final = 100_000_000  # bytes; the limit of the safetensors library
PIPELINE_INDEX: Final = "model_index.json"
_SAY_WHAT: Final = (
    "Bring a safetensors file, a TorchScript file (neural), or a folder in the layout of diffusers"
    " with safetensors (diffusion). docs/engines.md shows how to convert a checkpoint."
)


def check_format(path: Path, kind: Kind) -> None:
    """Refuse what is not a model of that kind in a format that holds data alone.

    Raises
    ------
    BadParameter
        Says what the file seems to be.
    """
    if kind is Kind.DIFFUSION:
        _check_pipeline(path)
    elif not path.is_file():
        raise BadParameter(f"{path.name} is not a file", _SAY_WHAT)
    elif not (is_safetensors(path) or (kind is Kind.NEURAL and is_torchscript(path))):
        raise BadParameter(f"{path.name} is {_guess(path)}, which is not loaded here", _SAY_WHAT)


def is_safetensors(path: Path) -> bool:
    """Tell by the header: its length in 8 bytes, then JSON."""
    with path.open("rb") as stream:
        start = stream.read(8)
        if len(start) < 8:
            return False
        (length,) = struct.unpack("<Q", start)
        if not 2 <= length <= min(LONGEST_HEADER, path.stat().st_size - 8):
            return False
        try:
            return isinstance(json.loads(stream.read(length)), dict)
        except ValueError:
            return False


def is_torchscript(path: Path) -> bool:
    """Tell by the archive: a TorchScript file holds the code of its model, a checkpoint none."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    return "constants.pkl" in names and any(name.startswith("code/") for name in names)


def _check_pipeline(path: Path) -> None:
    if not (path / PIPELINE_INDEX).is_file():
        raise BadParameter(f"{path.name} is no folder with a {PIPELINE_INDEX}", _SAY_WHAT)
    weights = [file for file in files_of(path) if file.suffix == ".safetensors"]
    if not weights or not all(is_safetensors(file) for file in weights):
        raise BadParameter(f"{path.name} holds no safetensors, or broken ones", _SAY_WHAT)


def _guess(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(2)
    if start == b"PK":
        return "a zip archive without a model's code, such as a PyTorch checkpoint (a pickle)"
    if start[:1] == b"\x80":
        return "a pickle"
    return "neither safetensors nor TorchScript"
