"""``make curves``: how cost grows with workers, with the pixels of a photo, with waiting jobs.

Writes ``docs/curves.md`` with its plots, and what one job costs for ``python -m deploy.capacity``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.capacity import MEASURED
from gateway.client import Kiln
from tests.bench.cpu import Accountant, families
from tests.bench.drive import HttpSystem, crowd, percentile
from tests.bench.photos import new_portrait
from tests.bench.plots import Line, plot
from tests.load.pantry import new_list
from tests.stack import TestStack

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
SIDES: Final = (256, 512, 1024, 2048)  # px
QUEUES: Final = (10, 30, 100, 300, 1000)  # jobs
CLIENTS: Final = 8
STAGES: Final = ("fusion.measure", "stylize.portrait", "fusion.sculpt", "fusion.render")
NOT_OF_A_JOB: Final = ("flower", "prometheus")  # what only looks on


@dataclass(frozen=True)
class Drained:
    """Some jobs, sent as fast as the house takes them."""

    jobs: int
    seconds: float  # from the first submit to the last end
    submits_ms: Sequence[float]


@dataclass(frozen=True)
class Sized:
    """Jobs one at a time, with photos of one size; medians in ms."""

    total: float
    run: dict[str, float]  # by stage


@dataclass(frozen=True)
class Curves:
    """Everything that was measured."""

    busy: float  # load average before it began
    rates: dict[int, float]  # figurines/s by number of fusion workers
    sizes: dict[int, Sized]  # by side of the photo
    queues: list[Drained]
    cpu_ms: dict[str, dict[str, float]]  # of a job, by product and kind of process
    stored_mb: dict[str, float]  # of a job, by product


def main() -> None:
    """Measure, plot and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=40, help="figurines for a number of workers")
    parser.add_argument("--each", type=int, default=9, help="jobs for each size of photo")
    parser.add_argument("--longest", type=int, default=QUEUES[-1], help="the longest queue")
    options = parser.parse_args()
    curves = measure(options.jobs, options.each, [n for n in QUEUES if n <= options.longest])
    draw(curves)
    (DOCS / "curves.md").write_text("\n".join(page(curves)) + "\n", "utf-8")
    cost = {
        "machine": f"{os.cpu_count()} cores, load average {curves.busy:.1f} before",
        "on": datetime.now(UTC).date().isoformat(),
        "cpu_ms": curves.cpu_ms,
        "stored_mb": curves.stored_mb,
    }
    MEASURED.write_text(json.dumps(cost, indent=2) + "\n", "utf-8")


def measure(jobs: int, each: int, queues: list[int]) -> Curves:
    """Run everything: a stack with one fusion worker, then one as ``make up`` starts it."""
    busy = os.getloadavg()[0]
    with TestStack(fusion_workers=1) as stack:
        one = _figurines(stack, jobs)
    with TestStack(max_queue_depth=10_000) as stack:
        _figurines(stack, 3)
        accountant, before = Accountant(lambda: _kinds(stack)), _stored(stack)
        two = _figurines(stack, jobs)
        cpu = {"figurine": _per_job(accountant, jobs)}
        stored = {"figurine": (_stored(stack) - before) / jobs}
        sizes = {side: _sized(stack, side, each) for side in SIDES}
        _drain(stack, 20)
        accountant, before = Accountant(lambda: _kinds(stack)), _stored(stack)
        drained = [_drain(stack, many) for many in queues]
        cpu["recipe"] = _per_job(accountant, sum(queues))
        stored["recipe"] = (_stored(stack) - before) / sum(queues)
    return Curves(busy, {1: one, 2: two}, sizes, drained, cpu, stored)


def _figurines(stack: TestStack, jobs: int) -> float:
    system = HttpSystem(stack.url)
    return crowd(system, [new_portrait() for _ in range(jobs)], CLIENTS).rate


def _sized(stack: TestStack, side: int, each: int) -> Sized:
    totals, runs = [], []
    with Kiln(stack.url) as kiln:
        for _ in range(each):
            started = time.perf_counter()
            job = kiln.wait(kiln.submit_figurine(new_portrait(side))["id"])
            totals.append((time.perf_counter() - started) * 1000)
            runs.append({stage["id"]: stage["run_ms"] for stage in job["stages"]})
    middle = {stage: statistics.median(run[stage] for run in runs) for stage in STAGES}
    return Sized(statistics.median(totals), middle)


def _drain(stack: TestStack, many: int) -> Drained:
    """Send lists of ingredients, each of which makes three recipes, and wait for all dinners."""
    rng = random.Random(many)
    lists = [new_list(rng) for _ in range(many)]
    started = time.perf_counter()
    with Kiln(stack.url) as kiln, ThreadPoolExecutor(CLIENTS) as pool:

        def submit(ingredients: list[str]) -> tuple[str, float]:
            began = time.perf_counter()
            job = kiln.submit_recipe(ingredients=ingredients)
            return job["id"], (time.perf_counter() - began) * 1000

        sent = list(pool.map(submit, lists))
        states = Counter(kiln.wait(job)["state"] for job, _ in sent)
    if set(states) != {"succeeded"}:
        raise RuntimeError(f"not all dinners are there: {states}")
    return Drained(many, time.perf_counter() - started, [ms for _, ms in sent])


def _kinds(stack: TestStack) -> dict[str, list[int]]:
    """Processes of the stack by what they are, whichever their number."""
    found: dict[str, list[int]] = {}
    for process in stack.processes():
        name = process.name.rstrip("0123456789").rstrip("-")
        if name not in NOT_OF_A_JOB and process.pid:
            found.setdefault(name, []).append(process.pid)
    return families(found, {})


def _per_job(accountant: Accountant, jobs: int) -> dict[str, float]:
    used = accountant.account().groups
    return {kind: round(1000 * one.seconds / jobs, 2) for kind, one in sorted(used.items())}


def _stored(stack: TestStack) -> float:
    """MB of all artifacts."""
    files = (stack.settings.data_dir / "artifacts").rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def draw(curves: Curves) -> None:
    """Write the plots."""
    folder = DOCS / "curves"
    workers, rates = list(curves.rates), list(curves.rates.values())
    linear = Line("if it were linear", workers, [rates[0] * n for n in workers], dashed=True)
    plot(
        folder / "workers.svg",
        "Figurines with one and two workers, on two cores",
        ("fusion workers", "figurines/s"),
        [Line("measured", workers, rates), linear],
    )
    sides = list(curves.sizes)
    plot(
        folder / "pixels.svg",
        "One figurine, by the size of the photo",
        ("side of the photo, px", "ms"),
        [
            Line("whole job", sides, [one.total for one in curves.sizes.values()]),
            *(
                Line(stage, sides, [one.run[stage] for one in curves.sizes.values()])
                for stage in STAGES[:3]
            ),
        ],
    )
    plot(
        folder / "queue.svg",
        "Dinners sent at once",
        ("jobs in the queue", "dinners/s"),
        [
            Line(
                "measured",
                [one.jobs for one in curves.queues],
                [one.jobs / one.seconds for one in curves.queues],
            )
        ],
        log=True,
    )


def page(curves: Curves) -> Iterator[str]:
    """Text of ``docs/curves.md``."""
    yield from (
        "# How cost grows",
        "",
        f"`make curves` on {os.cpu_count()} cores, clients on the same machine, Flower on, load",
        f"average {curves.busy:.1f} before it began. Nothing is a memo hit.",
        "",
        "## With workers",
        "",
        "![figurines a second](curves/workers.svg)",
        "",
    )
    growth = curves.rates[2] / curves.rates[1]
    yield (
        f"{curves.rates[1]:.2f} figurines/s with one fusion worker, {curves.rates[2]:.2f} with "
        f"two: {growth:.2f} times. The machine has two cores, and portraits are drawn by a third "
        "process, gateway and Redis run beside them: one worker leaves less than one core idle."
    )
    yield from ("", "## With pixels", "", "![ms by size](curves/pixels.svg)", "")
    yield "| photo | whole job, ms | " + " | ".join(STAGES) + " |"
    yield "| --- |" + " ---: |" * (1 + len(STAGES))
    for side, one in curves.sizes.items():
        each = " | ".join(f"{one.run[stage]:.0f}" for stage in STAGES)
        yield f"| {side}² | {one.total:.0f} | {each} |"
    yield from ("", "## With waiting jobs", "", "![dinners a second](curves/queue.svg)", "")
    yield "| jobs at once | all done after | dinners/s | submit p50 / p95, ms |"
    yield "| ---: | ---: | ---: | ---: |"
    for drained in curves.queues:
        submits = " / ".join(f"{percentile(drained.submits_ms, p):.0f}" for p in (50, 95))
        rate = drained.jobs / drained.seconds
        yield f"| {drained.jobs} | {drained.seconds:.1f} s | {rate:.1f} | {submits} |"


if __name__ == "__main__":
    main()
