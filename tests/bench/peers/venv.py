"""The peers' own Python packages: in a venv inside ours, over ours, never a part of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).parent / "requirements.txt"
FOLDER: Final = Path(sys.prefix) / "peers"
PATIENCE_S: Final = 600


class NotHereError(Exception):
    """Why the peers cannot be measured on this machine."""


def peers_python() -> Path:
    """Install what the peers need, the first time; returns their Python.

    Raises
    ------
    NotHereError
        The packages cannot be had here.
    """
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    python, stamp = FOLDER / "bin" / "python", FOLDER / "installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    venv.create(FOLDER, clear=True)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    install = ("--python", str(python), "install", "--require-hashes", "-r", str(REQUIREMENTS))
    try:
        done = subprocess.run(
            (*pip, *install), check=False, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise NotHereError("their packages cannot be installed in time") from None
    if done.returncode:
        reason = next(iter(done.stderr.strip().splitlines()[-1:]), "no reason given")
        raise NotHereError(f"their packages cannot be installed: {reason}")
    ours = sysconfig.get_path("purelib")
    theirs = sysconfig.get_path("purelib", vars={"base": str(FOLDER), "platbase": str(FOLDER)})
    (Path(theirs) / "house.pth").write_text(f"{ours}\n")  # after theirs; same versions as ours
    stamp.write_text(wanted)
    return python
