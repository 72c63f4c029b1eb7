"""The file for AR, by way of a folder that is thrown away: the USD library writes to files only."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fusion_service.domain.files.usdz import to_usdz
from fusion_service.domain.sculpture import Sculpture


def write_ar(sculpture: Sculpture) -> bytes:
    """Write a figurine as USDZ; see ``to_usdz``."""
    with TemporaryDirectory() as scratch:
        return to_usdz(sculpture, Path(scratch))
