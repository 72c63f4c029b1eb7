"""Logins of the stack's own Redis, one for each kind of process, in its data folder.

``up`` makes them once. A process knows who it is by ``KILN_REDIS_USER`` and reads its password
here, so that no password is in an environment, a command line or a setting that is printed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


def logins_file(data_dir: Path) -> Path:
    """Where the passwords are, by user."""
    return data_dir / "redis" / "logins.json"


def login_in_url(data_dir: Path, user: str) -> str:
    """``user:password@`` for a URL; empty where Redis was started without logins."""
    path = logins_file(data_dir)
    try:
        made_ns = path.stat().st_ctime_ns
    except FileNotFoundError:
        return ""
    password = _passwords(path, made_ns).get(user)
    return f"{user}:{password}@" if password else ""


@cache
def _passwords(path: Path, _made_ns: int) -> dict[str, str]:
    return dict(json.loads(path.read_text("utf-8")))
