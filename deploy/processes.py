"""Which processes hang on another one, and which still live; by ``ps``, which every system has."""

from __future__ import annotations

import subprocess


def descendants(top: int) -> list[int]:
    """Pids of all children, grandchildren and so on of a process."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],  # noqa: S607  wherever the system keeps it
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    children: dict[int, list[int]] = {}
    for line in listing.splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    found, wave = [], children.get(top, [])
    while wave:
        found += wave
        wave = [child for pid in wave for child in children.get(pid, [])]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be collected."""
    state = subprocess.run(  # noqa: S603  a number
        ["ps", "-o", "stat=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")
