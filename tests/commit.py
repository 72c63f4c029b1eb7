"""Which code a page of the docs is about."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = (":!docs", ":!deploy/capacity.json")  # what a run before this one may have written


def commit() -> str:
    """Name the commit that is checked out, and whether other files than measured ones differ."""
    name = _git("rev-parse", "--short", "HEAD") or "unknown"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *PAGES)
    return f"{name}-dirty" if changed else name


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def stamp() -> str:
    """Day and commit, for the first sentence of a page; ask before anything is written."""
    return f"on {datetime.now(UTC).date().isoformat()}, commit {commit()},"
