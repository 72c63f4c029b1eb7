"""What was measured of how cost grows, as plots and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.drive import percentile
from tests.bench.plots import Line, plot
from tests.machine import cores

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
CLIENTS: Final = 8
SIDES: Final = (256, 512, 1024, 2048)  # px
STAGES: Final = ("fusion.measure", "stylize.portrait", "fusion.sculpt", "fusion.render")


@dataclass(frozen=True)
class Drained:
    """Some jobs, sent as fast as the house takes them."""

    what: str
    jobs: int
    seconds: float  # from the first submit to the last end
    submits_ms: Sequence[float]


@dataclass(frozen=True)
class Sized:
    """Jobs one at a time, with photos of one size; medians in ms."""

    total: float
    run: dict[str, float]  # by stage


@dataclass(frozen=True)
class Cost:
    """What one job takes."""

    cpu_ms: dict[str, float]  # by kind of process
    photo_mb: float
    results_mb: float
    redis_kb: float


@dataclass(frozen=True)
class Curves:
    """Everything that was measured."""

    when: str  # and of which commit
    busy: float  # load average before it began
    pace_ms: float  # CPU time of the yardstick
    rates: dict[int, float]  # figurines/s by number of fusion workers
    sizes: dict[int, Sized]  # by side of the photo
    queues: list[Drained]
    costs: dict[str, Cost]  # by product


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
    dinners = [one for one in curves.queues if one.what == "dinners"]
    plot(
        folder / "queue.svg",
        "Dinners sent at once, from lists of ingredients",
        ("jobs in the queue", "dinners/s"),
        [
            Line(
                "measured",
                [one.jobs for one in dinners],
                [one.jobs / one.seconds for one in dinners],
            )
        ],
        log=True,
    )


def page(curves: Curves) -> Iterator[str]:
    """Text of ``docs/curves.md``."""
    yield from (
        "# How cost grows",
        "",
        f"`make curves` {curves.when} on",
        f"{cores()}, clients on the same machine, Flower on, load average",
        f"{curves.busy:.1f} before it began; the yardstick of [benchmark.md](benchmark.md) took",
        f"{curves.pace_ms:.0f} ms. Nothing is a memo hit.",
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
    yield from (
        "Dinners from lists of ingredients, figurines from portraits of 1024² pixels, from",
        f"{CLIENTS} clients that send them without waiting for the results.",
        "",
        "| jobs at once | all done after | jobs/s | submit p50 / p95, ms |",
        "| ---: | ---: | ---: | ---: |",
    )
    for one in curves.queues:
        submits = " / ".join(f"{percentile(one.submits_ms, p):.0f}" for p in (50, 95))
        rate = one.jobs / one.seconds
        yield f"| {one.jobs} {one.what} | {one.seconds:.1f} s | {rate:.2f} | {submits} |"
