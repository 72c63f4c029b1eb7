"""Where the cores spend their time: CPU seconds and context switches of each process, by /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.processes import descendants

TICKS: Final = os.sysconf("SC_CLK_TCK")
PROC: Final = Path("/proc")
Groups = Mapping[str, list[int]]  # processes by what they are


@dataclass(frozen=True)
class Usage:
    """What processes have used."""

    user: float = 0.0  # CPU seconds
    system: float = 0.0
    waits: int = 0  # context switches, because it waited for something
    pushed: int = 0  # context switches, because another process was due

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.user + other.user,
            self.system + other.system,
            self.waits + other.waits,
            self.pushed + other.pushed,
        )

    def __sub__(self, other: Usage) -> Usage:
        return self + Usage(-other.user, -other.system, -other.waits, -other.pushed)

    @property
    def seconds(self) -> float:
        """Of one core."""
        return self.user + self.system

    @property
    def without_switches(self) -> Usage:
        """What a process passes on to its parent when it ends."""
        return Usage(self.user, self.system)


@dataclass(frozen=True)
class Account:
    """Who used how much during something."""

    wall: float  # seconds
    busy: float  # CPU seconds of the whole machine, other processes included
    stolen: float  # seconds in which a core had work, and the host gave it to other machines
    cores: int
    groups: Mapping[str, Usage]

    @property
    def capacity(self) -> float:
        """Seconds of all cores."""
        return self.wall * self.cores

    @property
    def taken(self) -> float:
        """Share of the capacity that the host gave to other machines."""
        return self.stolen / self.capacity

    @property
    def used(self) -> Usage:
        """By all groups together."""
        return sum(self.groups.values(), Usage())

    @property
    def idle(self) -> float:
        """Seconds in which a core had nothing to do."""
        return self.capacity - self.busy - self.stolen


class Accountant:
    """Adds up what groups of processes use between two looks."""

    def __init__(self, find: Callable[[], Groups]) -> None:
        self._find = find
        self._started = time.perf_counter()
        self._busy, self._stolen = machine_seconds()
        known = [pid for pids in find().values() for pid in pids]
        self._before = {pid: usage_of(pid) for pid in known}
        self._parents = {pid: parent_of(pid) for pid in known}

    def account(self) -> Account:
        """Add up since the beginning; a process that has come since counts from its own."""
        groups = {
            name: sum((self._since(pid) for pid in pids), Usage())
            for name, pids in self._find().items()
        }
        wall = time.perf_counter() - self._started
        busy, stolen = machine_seconds()
        cores = os.cpu_count() or 1
        return Account(wall, busy - self._busy, stolen - self._stolen, cores, groups)

    def _since(self, pid: int) -> Usage:
        now = usage_of(pid)
        if now == Usage():
            return now
        ended = (child for child, parent in self._parents.items() if parent == pid)
        inherited = sum((self._before[one] for one in ended if not parent_of(one)), Usage())
        return now - self._before.get(pid, Usage()) - inherited.without_switches


def families(tops: Groups, child_names: Mapping[str, str]) -> dict[str, list[int]]:
    """Add to processes their descendants; those of some groups count under a name of their own."""
    found: dict[str, list[int]] = {}
    for name, pids in tops.items():
        for pid in pids:
            found.setdefault(name, []).append(pid)
            found.setdefault(child_names.get(name, name), []).extend(descendants(pid))
    return {name: pids for name, pids in found.items() if pids}


def usage_of(pid: int) -> Usage:
    """Read what a process has used so far, dead children included; nothing where it is gone."""
    try:
        numbers = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return Usage()
    user, system, of_children, system_of_children = (int(one) / TICKS for one in numbers[11:15])
    waits = pushed = 0
    for status in (PROC / str(pid) / "task").glob("*/status"):
        with suppress(OSError):  # a thread that has just ended
            text = status.read_text()
            waits += field(text, "voluntary_ctxt_switches")
            pushed += field(text, "nonvoluntary_ctxt_switches")
    return Usage(user + of_children, system + system_of_children, waits, pushed)


def parent_of(pid: int) -> int:
    """Find the process that gets a process' time when it ends; 0 where it is gone."""
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def field(text: str, name: str) -> int:
    """Find a number in a status file."""
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def machine_seconds() -> tuple[float, float]:
    """Seconds since the machine started, of all cores: used, and stolen by the host."""
    with (PROC / "stat").open() as lines:
        numbers = [int(one) / TICKS for one in next(lines).split()[1:]]
    user, nice, system, _idle, _waiting, irq, softirq, stolen = numbers[:8]
    return user + nice + system + irq + softirq, stolen


def table(account: Account, jobs: int) -> list[str]:
    """Format an account, per job."""
    rows = sorted(account.groups.items(), key=lambda item: -item[1].seconds)
    rows.append(("all of these", account.used))
    others = account.busy - account.used.seconds
    return [
        "| process | CPU ms a job | of it in the kernel | switches: waited | pushed aside |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {1e3 * one.seconds / jobs:.1f} | {1e3 * one.system / jobs:.1f} "
            f"| {one.waits / jobs:.0f} | {one.pushed / jobs:.0f} |"
            for name, one in rows
        ),
        f"| other processes of the machine | {1e3 * others / jobs:.1f} | | | |",
        f"| taken by the host for other machines | {1e3 * account.stolen / jobs:.1f} | | | |",
        f"| no process: the cores were idle | {1e3 * account.idle / jobs:.1f} | | | |",
        f"| the cores' time | {1e3 * account.capacity / jobs:.1f} | | | |",
    ]
