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

Row = tuple[str, str, str, str]  # what, measured, goal, met or missed


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
    """Put it into words; of several values the median counts, of the memory the most."""
    totals = [one.total for one in house.singles]
    glbs = [one.first_glb / one.total for one in house.singles]
    templates = [ms / house.first_ms for ms in house.templates_ms]
    colours = [ms / house.first_ms for ms in house.colours_ms]
    over = f"over {house.memory_jobs} jobs of all templates" if house.memory_jobs else "then"
    memory = ", ".join(f"{mb:.0f}" for mb in house.memory_mb)
    return [
        _row("all files but the preview, CPU seconds of one core", [house.core_s], 2, "≤ 0.60"),
        _row("one job, POST to the last file, ms", totals, 0, "≤ 600"),
        _row("the bare functions one after the other, ms", [house.alone_ms], 0),
        _row("one job / the bare functions", [ms / house.alone_ms for ms in totals], 2),
        _row("critical path of the stages, ms", [one.critical for one in house.singles], 0),
        _row("overhead of the house, ms", [one.overhead for one in house.singles], 0, "≤ 60"),
        _row("first viewable GLB, share of the whole", glbs, 2, "< 0.60"),
        _row("another template after approval / a first run", templates, 2, "≤ 0.50"),
        _row("another hair colour / a first run", colours, 2, "< 0.50"),
        (
            f"memory of a fusion worker {over}, MB",
            memory,
            "< 700",
            _verdict(max(house.memory_mb), "< 700"),
        ),
    ]


def _row(what: str, values: Sequence[float], digits: int, goal: str = "") -> Row:
    text = spread(values, digits) if len(values) > 1 else f"{values[0]:.{digits}f}"
    return what, text, goal, _verdict(statistics.median(values), goal)


def _verdict(value: float, goal: str) -> str:
    if not goal:
        return ""
    sign, bound = goal.split()
    met = value < float(bound) or (sign == "≤" and value == float(bound))
    return "met" if met else "missed"


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


def spread(values: Sequence[float], digits: int) -> str:
    """Median (least to most)."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _of(whole: float, parts: Sequence[float]) -> Spread:
    return Spread.of([part / whole for part in parts])
