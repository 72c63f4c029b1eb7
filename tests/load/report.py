"""The report of a load test, as Markdown."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from tests.load.single import Alone

FLOW, NOTHING_SEEN = "flow", "nothing seen"  # as the swarm calls them; it cannot be imported


@dataclass(frozen=True)
class Sample:
    """One request, or one thing a user waited for."""

    users: int
    thinking: bool
    at: float  # seconds since the first user came
    kind: str  # an HTTP method, or FLOW
    name: str
    ms: float
    error: str


@dataclass(frozen=True)
class Machine:
    """What it cost, and what else the machine had to do."""

    busy: float  # load average before it began
    cpu_s: float  # of the stack, while users came who think
    memory_mb: dict[str, float]


@dataclass(frozen=True)
class Load:
    """Everything that was measured."""

    alone: Alone
    samples: list[Sample]
    machine: Machine
    steps: list[tuple[int, float]]
    think_s: float
    saturated_s: float
    photos: bool


def report(load: Load) -> list[str]:
    """Format all of it."""
    sent = "a photo of four kinds of produce, 1024² pixels" if load.photos else "a list of five"
    return [
        "# Load",
        "",
        (
            f"`make load` on {os.cpu_count()} cores, users and stack on the same machine, built-in "
            f"engines, Flower off. Each user sends {sent}, never twice the same, follows by "
            "server-sent events or by long-polls (half of them each), and gets three recipes: "
            f"three requests in all, with {load.think_s:g} s of thinking. The machine had a load "
            f"average of {load.machine.busy:.1f} before it began: where that is not near 0, others "
            "were at work beside it, and times are longer and more uneven than they need be."
        ),
        "",
        "| what | measured | goal |",
        "| --- | --- | --- |",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in _single_rows(load)),
        "",
        (
            "Cook: from the list of ingredients to three recipes, as the user sees it. Times in "
            "ms, p50 / p95 (how many)."
        ),
        "",
        "| users | requests/s | requests | errors | requests a dinner | cook | photo to recipes |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_step_row(load, users, seconds) for users, seconds in load.steps),
        *_saturated(load),
        *_errors(load.samples),
    ]


def _single_rows(load: Load) -> list[tuple[str, str, str]]:
    alone = load.alone
    rows = [
        ("photo to recipes, one user, warm, ms", _spread(alone.dinners), "p50 ≤ 250"),
        ("of it the critical path of the stages, ms", _spread(alone.stages), ""),
    ]
    if load.photos:
        rows += [
            ("`/predict` inside the recipe service, ms", _spread(alone.inference), "< 100"),
            ("`/predict` through the gateway, ms", _spread(alone.responses), "< 200"),
            ("`/predict`, 4 clients, requests/s", f"{alone.rate:.1f}", "> 10"),
        ]
    rows += [
        (f"memory of the {name}, MB", f"{mb:.0f}", "< 2000")
        for name, mb in load.machine.memory_mb.items()
    ]
    few, many = load.steps[0][0], load.steps[-1][0]
    thinking = [sample for sample in load.samples if sample.thinking]
    p95 = [_percentile(_waits(thinking, users, "cook"), 95) for users in (few, many)]
    rows.append((f"cook p95, {many} users / {few} users", f"{p95[1] / p95[0]:.2f}", "≤ 1.5"))
    dinners = [s for s in thinking if s.kind == FLOW and s.name == "cook"]
    cost = load.machine.cpu_s * 1000 / max(1, len(dinners))
    rows.append(("CPU of the whole stack a dinner, ms of one core", f"{cost:.0f}", ""))
    rows.append(("errors", f"{sum(bool(s.error) for s in load.samples)}", "0"))
    nothing = sum(sample.name == NOTHING_SEEN for sample in load.samples)
    rows.append(("photos on which nothing was recognised", f"{nothing}", ""))
    return rows


def _step_row(load: Load, users: int, seconds: float) -> str:
    mine = [sample for sample in load.samples if sample.users == users and sample.thinking]
    return _row(mine, str(users), users, _requests(mine) / seconds)


def _saturated(load: Load) -> list[str]:
    hasty = [sample for sample in load.samples if not sample.thinking]
    if not hasty:
        return []
    in_time = [sample for sample in hasty if sample.at <= load.saturated_s]
    users = hasty[0].users
    rate = _requests(in_time) / load.saturated_s
    return [_row(hasty, f"{users}, nobody thinks", users, rate)]


def _requests(samples: Iterable[Sample]) -> int:
    return sum(sample.kind != FLOW for sample in samples)


def _row(samples: list[Sample], label: str, users: int, rate: float) -> str:
    dinners = [s for s in samples if s.kind == FLOW and s.name in {"cook", NOTHING_SEEN}]
    cells = (
        label,
        f"{rate:.1f}",
        f"{_requests(samples)}",
        f"{sum(bool(sample.error) for sample in samples)}",
        f"{_requests(samples) / max(1, len(dinners)):.2f}",
        _p50_p95(_waits(samples, users, "cook")),
        _p50_p95(_waits(samples, users, "photo to recipes")),
    )
    return f"| {' | '.join(cells)} |"


def _waits(samples: Iterable[Sample], users: int, what: str) -> list[float]:
    return [
        sample.ms
        for sample in samples
        if (sample.users, sample.kind, sample.name, sample.error) == (users, FLOW, what, "")
    ]


def _errors(samples: list[Sample]) -> list[str]:
    found = sorted({f"{sample.name}: {sample.error}" for sample in samples if sample.error})
    return ["", "Errors:", "", *(f"- {error}" for error in found[:20])] if found else []


def _p50_p95(values: list[float]) -> str:
    if not values:
        return "none"
    return f"{_percentile(values, 50):.0f} / {_percentile(values, 95):.0f} ({len(values)})"


def _percentile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _spread(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"
