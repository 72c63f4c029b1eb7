"""The page ``docs/benchmark.md``, the JSON beside it, and what is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.stack import ROOT
from tests.bench import cpu, house, versus
from tests.bench.parts import Outcome
from tests.bench.regression import Change, slower, taken
from tests.bench.rounds import CALM, TRIES, Measured
from tests.bench.yardstick import Spread

PAGE: Final = ROOT / "docs" / "benchmark.md"
RESULTS: Final = ROOT / "out" / "bench"
SIGNS: Final = {"slower": "SLOWER", "faster": "faster", "same": "", "new": "new", "gone": "gone"}
HEAD: Final = (
    "`make bench` on {on}, commit {commit}, Python {python}, {cores}, load {load} before it "
    "began: one portrait of 1024² pixels, never twice the same, everything warm, Flower and "
    "Prometheus off. Median (least to most)."
)
SYSTEMS: Final = (
    "The same stage functions make the same files, asked by the same client, one system at a "
    "time, rounds in turning order: {rounds}. Each with {singles} single jobs, then {turns} jobs "
    "of each client; where the host takes away more than {calm:.0%} of the cores' time meanwhile, "
    "they are made again, {tries} times in all at most, and the calmest time counts. Libraries "
    "have one thread a process; the others have as many processes as Kiln has workers, the loop as "
    "many as it has fusion workers. The peers neither decode photos apart, nor sync files, nor "
    "remember anything when they die. The yardstick, a fixed piece of work, took {drift} ms of CPU "
    "time in between."
)
COSTS: Final = (
    "Over all rounds, then the last one by process. What the host takes away is nobody's doing "
    "here; where it differs from system to system, CPU time compares them better than jobs/s."
)
CHANGES: Final = (
    "Then is `tests/bench/baseline.json`{then}. A function's CPU time is in yardsticks, measured "
    "between two each; the others are the ratios they say. SLOWER is slower by more than the "
    "tolerance (a function by a tenth, small ones and all else by a fifth) with the middle halves "
    "of the measurements apart. Less is better."
)


def write_json(outcome: Outcome, changes: Sequence[Change]) -> Path:
    """Keep the numbers of a run, by date and time."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    kept = {
        "taken": outcome.taken,
        "measures": {name: one.as_dict() for name, one in outcome.measures.items()},
        "changes": {one.name: [one.verdict, one.ratio] for one in changes},
        "systems": {name: _numbers(one) for name, one in outcome.systems.items()},
        "house": house.rows(outcome.house) if outcome.house else [],
    }
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def _numbers(one: Measured) -> Mapping[str, object]:
    if one.not_here:
        return {"not measured here": one.not_here}
    return {
        "one job, ms": [round(ms) for ms in one.singles_ms],
        "jobs/s": {str(n): [round(c.rate, 3) for c in some] for n, some in one.crowds.items()},
        "p95, s": {str(n): [round(c.p95, 2) for c in some] for n, some in one.crowds.items()},
        "CPU ms a job": [round(ms) for ms in versus.costs_ms(one)],
        "taken by the host": [round(account.taken, 3) for account, _ in one.accounts],
        "yardstick, ms": [round(1000 * pace, 1) for pace in one.paces],
    }


def page(outcome: Outcome, changes: Sequence[Change]) -> str:
    """Write the page of a full run."""
    lines = [
        "# Benchmark",
        "",
        HEAD.format(**outcome.taken),
        *_systems(outcome),
        *_house(outcome),
        *_accounts(outcome),
        *_changes(changes),
    ]
    return "\n".join(lines) + "\n"


def _systems(outcome: Outcome) -> list[str]:
    size = outcome.size
    if not outcome.systems or size is None:
        return []
    rows = versus.goals(outcome.systems)
    return [
        "",
        "## The limit, Kiln, and others",
        "",
        SYSTEMS.format(**asdict(size), calm=CALM, tries=TRIES, drift=versus.drift(outcome.systems)),
        "",
        *versus.table(outcome.systems),
        "",
        "| goal | asked | measured | |",
        "| --- | --- | ---: | --- |",
        *(f"| {w} | {g} | {v:.2f} | {'met' if met else 'missed'} |" for w, v, g, met in rows),
    ]


def _house(outcome: Outcome) -> list[str]:
    if outcome.house is None:
        return []
    return [
        "",
        "## One job in Kiln",
        "",
        "In a stack of its own, after the comparison above.",
        "",
        "| what | measured | goal | |",
        "| --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in house.rows(outcome.house)),
    ]


def _accounts(outcome: Outcome) -> list[str]:
    lines = []
    for name, one in outcome.systems.items():
        if one.accounts:
            account, jobs = one.accounts[-1]
            lines += ["", f"### {name}", "", *cpu.table(account, jobs)]
    if not lines:
        return []
    head = f"## Where the cores' time goes, {versus.MOST} clients"
    return ["", head, "", COSTS, "", *versus.costs(outcome.systems), *lines]


def _changes(changes: Sequence[Change]) -> list[str]:
    return [
        "",
        "## What became slower",
        "",
        CHANGES.format(then=_then(taken())),
        "",
        *change_table(changes),
    ]


def _then(then: Mapping[str, Any]) -> str:
    """Say when and where: another processor has other ratios to the yardstick."""
    return ", {on}, commit {commit}, {cores}".format(**then) if then else ", which is not there"


def change_table(changes: Sequence[Change]) -> list[str]:
    """Format every measure, then and now."""
    return [
        "| what | then | now | now / then | |",
        "| --- | ---: | ---: | ---: | --- |",
        *(
            f"| {one.name} | {_middle(one.before)} | {_middle(one.after)} | "
            f"{'' if one.ratio is None else f'{one.ratio:.2f}'} | {SIGNS[one.verdict]} |"
            for one in changes
        ),
    ]


def verdict(changes: Sequence[Change], tolerance: float) -> str:
    """Say in a line or more what got slower."""
    worse = slower(changes)
    compared = sum(one.ratio is not None for one in changes)
    if not compared:
        return "No baseline to compare with: `make bench BASELINE=1` writes one."
    if not worse:
        return f"Nothing got slower by more than {tolerance:.0%} ({compared} measures)."
    lines = [f"  {one.name}: {one.ratio:.2f} times the baseline" for one in worse]
    return "\n".join(["SLOWER:", *lines])


def _middle(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.median:.3g}"
