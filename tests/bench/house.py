"""One job at a time in Kiln: where its time goes, what a change costs, how much memory it takes."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.client import Kiln
from tests.bench import bare, served
from tests.bench.photos import new_portrait
from tests.bench.served import Latency
from tests.bench.systems import quiet_stack
from tests.bench.yardstick import Spread
from tests.stack import TestStack

Row = tuple[str, str, str]  # what, measured, goal


@dataclass(frozen=True)
class House:
    """What was measured."""

    core_s: float
    alone_ms: float
    singles: Sequence[Latency]
    templates_ms: Sequence[float]
    colours_ms: Sequence[float]
    memory_mb: Sequence[float]
    memory_jobs: int

    @property
    def first_ms(self) -> float:
        """One job, at the median."""
        return statistics.median(one.total for one in self.singles)


def measure_house(singles: int, memory_jobs: int) -> House:
    """Measure in a stack that has nothing else to do."""
    core, alone = bare.core_seconds(new_portrait()), bare.one_job_ms(new_portrait())
    with quiet_stack() as stack:
        with Kiln(stack.url) as kiln:
            for _ in range(3):
                served.one_job(kiln)
            alone_in_house = [served.one_job(kiln) for _ in range(singles)]
            templates = [served.other_template_ms(kiln) for _ in range(singles)]
            colours = [served.other_colour_ms(kiln) for _ in range(singles)]
        memory = [memory_mb(stack)]
        for _ in range(2 if memory_jobs else 0):
            served.many_jobs(stack.url, memory_jobs // 2, clients=4)
            memory.append(memory_mb(stack))
    return House(core, alone, alone_in_house, templates, colours, memory, memory_jobs)


def memory_mb(stack: TestStack) -> float:
    """Resident memory of the largest fusion worker."""
    workers = [process.pid for process in stack.processes("fusion-worker")]
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def rows(house: House) -> list[Row]:
    """Put it into words."""
    totals = [one.total for one in house.singles]
    first, memory = house.first_ms, ", ".join(f"{mb:.0f}" for mb in house.memory_mb)
    kinds = f"over {house.memory_jobs} jobs of all templates"
    return [
        ("all files but the preview, CPU seconds of one core", f"{house.core_s:.2f}", "≤ 0.60"),
        ("one job, POST to the last file, ms", spread(totals, 0), "≤ 600"),
        ("the bare functions one after the other, ms", f"{house.alone_ms:.0f}", ""),
        ("one job / the bare functions", spread(totals, 2, house.alone_ms), ""),
        ("critical path of the stages, ms", spread([one.critical for one in house.singles], 0), ""),
        ("overhead of the house, ms", spread([one.overhead for one in house.singles], 0), "≤ 60"),
        (
            "first viewable GLB, share of the whole",
            spread([one.first_glb / one.total for one in house.singles], 2),
            "< 0.60",
        ),
        (
            "another template after approval / a first run",
            spread(house.templates_ms, 2, first),
            "≤ 0.50",
        ),
        ("another hair colour / a first run", spread(house.colours_ms, 2, first), "< 0.50"),
        (
            f"memory of a fusion worker {kinds if house.memory_jobs else 'then'}, MB",
            memory,
            "< 700",
        ),
    ]


def measures(house: House) -> dict[str, Spread]:
    """What is compared with the baseline; less is better."""
    return {
        "job: Kiln / bare functions": _of(house.alone_ms, [one.total for one in house.singles]),
        "job: overhead / bare functions": _of(
            house.alone_ms, [one.overhead for one in house.singles]
        ),
        "job: another template / first run": _of(house.first_ms, house.templates_ms),
        "job: another colour / first run": _of(house.first_ms, house.colours_ms),
    }


def spread(values: Sequence[float], digits: int, whole: float = 1.0) -> str:
    """Median (least to most), as shares of something."""
    low, middle, high = min(values) / whole, statistics.median(values) / whole, max(values) / whole
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _of(whole: float, parts: Sequence[float]) -> Spread:
    return Spread.of([part / whole for part in parts])
