"""The machine: Python, memory, disk, clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from common.settings import Settings
from gateway.terminal.checkup.finding import Finding, missing, ok, warning

OLDEST_PYTHON: Final = (3, 11)
# a whole stack takes about 1.2 GB, a figurine on its way some 0.3 GB more a worker
LEAST_MB, GOOD_MB = 1_500, 3_000
GOOD_DISK_MB: Final = 5_000  # a figurine keeps about 17 MB
BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)  # no clock that is right shows less
_MOVE: Final = "KILN_DATA_DIR=/somewhere/else make up"
_FEWER: Final = "KILN_FUSION_WORKERS=1 KILN_RECIPE_WORKERS=1 KILN_GATEWAY_PROCESSES=1 make up"


def look(settings: Settings) -> Iterator[Finding]:
    """Look at the machine."""
    yield _python()
    yield _memory()
    yield _disk(settings)
    yield from _folder(settings)
    yield _clock()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        says = f"{version}; 3.11 or newer is needed"
        return missing("Python", says, "make setup PYTHON=python3.11")
    return ok("Python", f"{version}, {sys.executable}")


def _memory() -> Finding:
    free = free_memory_mb()
    cores = os.cpu_count() or 1
    says = f"{cores} cores; how much memory is free cannot be told here"
    if free is None:
        return ok("Memory", says)
    says = f"{free / 1000:.1f} GB free, {cores} cores"
    if free < LEAST_MB:
        return missing("Memory", f"{says}; a stack takes {LEAST_MB / 1000:.1f} GB", _FEWER)
    if free < GOOD_MB:
        return warning("Memory", f"{says}; several jobs at once may be slow", _FEWER)
    return ok("Memory", says)


def free_memory_mb(root: Path = Path("/")) -> float | None:
    """Memory that programs may still take, in MB; what a container may have counts, too."""
    try:
        text = (root / "proc/meminfo").read_text("ascii")
    except OSError:
        return None
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    free = float(rows["MemAvailable"].split()[0]) * 1.024e-3
    try:
        group = root / "sys/fs/cgroup"
        most = float((group / "memory.max").read_text("ascii"))
        used = float((group / "memory.current").read_text("ascii"))
    except (OSError, ValueError):  # none, or "max"
        return free
    return min(free, (most - used) / 1e6)


def _disk(settings: Settings) -> Finding:
    place = _existing(settings.data_dir)
    free = shutil.disk_usage(place).free / 1e6
    says = f"{free / 1000:.1f} GB free for {settings.data_dir}"
    if free < settings.min_free_mb:
        return missing("Disk", f"{says}; below {settings.min_free_mb} MB no job is accepted", _MOVE)
    if free < GOOD_DISK_MB:
        return warning("Disk", f"{says}; a figurine keeps about 17 MB", _MOVE)
    return ok("Disk", says)


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    place = _existing(folder)
    if not place.is_dir():
        yield missing("Data folder", f"{place} is no folder", _MOVE)
    elif not os.access(place, os.W_OK | os.X_OK):
        fix = f"sudo chown -R $(id -un) {place}"
        yield missing("Data folder", f"you may not write to {place}", fix)
    else:
        yield ok("Data folder", f"{folder}{'' if place == folder else ', made by `make up`'}")
    keys = settings.house / "keys.json"
    if keys.is_file() and keys.stat().st_mode & 0o077:
        yield warning("API keys", f"others may read {keys}", f"chmod 600 {keys}")


def _existing(folder: Path) -> Path:
    """Nearest folder that exists."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now < BUILT:
        return missing("Clock", f"it says {now:%Y-%m-%d %H:%M}", "sudo timedatectl set-ntp true")
    tool = shutil.which("timedatectl")
    if tool:
        asked = [tool, "show", "--property=NTPSynchronized", "--value"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=5)  # noqa: S603
        if said.stdout.strip() == "no":
            says = f"{now:%Y-%m-%d %H:%M} UTC, but nothing sets it"
            return warning("Clock", says, "sudo timedatectl set-ntp true")
    return ok("Clock", f"{now:%Y-%m-%d %H:%M} UTC")
