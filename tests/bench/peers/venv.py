"""The peers' own Python packages: in a venv inside ours, over ours, never a part of it."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Final

from tests.venvs import NotHereError, python_with

__all__ = ["NotHereError", "peers_python"]

REQUIREMENTS: Final = Path(__file__).parent / "requirements.txt"


def peers_python() -> Path:
    """Install what the peers need, the first time; returns their Python.

    Raises
    ------
    NotHereError
        The packages cannot be had here.
    """
    python = python_with(REQUIREMENTS, "peers")
    folder = str(python.parents[1])
    ours = sysconfig.get_path("purelib")
    theirs = sysconfig.get_path("purelib", vars={"base": folder, "platbase": folder})
    (Path(theirs) / "house.pth").write_text(f"{ours}\n")  # after theirs; same versions as ours
    return python
