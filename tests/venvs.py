"""Tools whose packages do not go with ours: each in a venv inside ours, never a part of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 600
PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


class NotHereError(Exception):
    """Why the tools cannot be had on this machine."""


def python_with(requirements: Path, name: str) -> Path:
    """Install what a file of hashed requirements lists, the first time; returns that Python.

    Raises
    ------
    NotHereError
        The packages cannot be had here.
    """
    folder = Path(sys.prefix) / name
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    python, stamp = folder / "bin" / "python", folder / "installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    venv.create(folder, clear=True)
    install = ("--python", str(python), "install", "--require-hashes", "-r", str(requirements))
    try:
        done = subprocess.run(
            (*PIP, *install), check=False, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise NotHereError("their packages cannot be installed in time") from None
    if done.returncode:
        reason = next(iter(done.stderr.strip().splitlines()[-1:]), "no reason given")
        raise NotHereError(f"their packages cannot be installed: {reason}")
    stamp.write_text(wanted)
    return python
