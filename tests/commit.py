"""Which code a page of the docs is about."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


def commit() -> str:
    """Name the commit that is checked out, and whether files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def stamp() -> str:
    """Day and commit, for the first sentence of a page; ask before anything is written."""
    return f"on {datetime.now(UTC).date().isoformat()}, commit {commit()},"
