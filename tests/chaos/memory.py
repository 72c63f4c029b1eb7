"""A memory limit around a running process, as a container has it: a control group."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

VERSION_1 = Path("/sys/fs/cgroup/memory")
VERSION_2 = Path("/sys/fs/cgroup")


@contextmanager
def memory_limit(pid: int, more_mb: int) -> Iterator[None]:
    """Let the kernel kill a process that takes so much more; skips without the right to."""
    rss_mb = (
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    )
    old = VERSION_1.is_dir()
    group = (VERSION_1 if old else VERSION_2) / f"kiln-chaos-{os.getpid()}"
    limit = "memory.limit_in_bytes" if old else "memory.max"
    try:
        group.mkdir()
        # pages that the process has already stay with its old group
        (group / limit).write_text(str((more_mb if old else rss_mb + more_mb) << 20))
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as exc:
        with suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group for memory here: {exc}")
    try:
        yield
    finally:
        home = group.parent / "cgroup.procs"
        for left in (group / "cgroup.procs").read_text().split():
            with suppress(OSError):
                home.write_text(left)
        with suppress(OSError):
            group.rmdir()
