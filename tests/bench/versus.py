"""Kiln beside the limit and the peers: the table, the goals, the measures to be compared later."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

from tests.bench.house import spread
from tests.bench.rounds import CROWDS, Measured
from tests.bench.systems import KILN, LIMIT, SEQUENTIAL
from tests.bench.yardstick import Spread

MOST: Final = max(CROWDS)
Found = Mapping[str, Measured]
Goal = tuple[str, float, str, bool]  # what, measured, goal, met


def table(found: Found) -> list[str]:
    """Format one row a system."""
    heads = [f"{clients} clients: jobs/s | / limit | p95, s" for clients in CROWDS]
    return [
        f"| system | one job, ms | {' | '.join(heads)} |",
        f"| --- | --- |{' --- | --- | ---: |' * len(CROWDS)}",
        *(_row(name, one, found) for name, one in found.items()),
    ]


def _row(name: str, one: Measured, found: Found) -> str:
    if one.not_here:
        return f"| {name} | not measured here: {one.not_here} |{' | | |' * len(CROWDS)}"
    cells = [spread(one.singles_ms, 0)]
    for clients in CROWDS:
        rates = [crowd.rate for crowd in one.crowds[clients]]
        share = spread(rate_ratios(one, found[LIMIT], clients), 2)
        cells += [spread(rates, 2), share, f"{p95(one, clients):.1f}"]
    return f"| {name} | {' | '.join(cells)} |"


def costs(found: Found) -> list[str]:
    """Format what a job of the largest crowd costs in each system, over all rounds."""
    limit = costs_ms(found[LIMIT])
    return [
        "| system | CPU ms a job | limit / it | idle cores | taken by the host |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {spread(costs_ms(one), 0)} "
            f"| {spread([a / b for a, b in zip(limit, costs_ms(one), strict=True)], 2)} "
            f"| {_per_cent([each.idle / each.capacity for each, _ in one.accounts])} "
            f"| {_per_cent([each.taken for each, _ in one.accounts])} |"
            for name, one in found.items()
            if one.accounts
        ),
    ]


def costs_ms(one: Measured) -> list[float]:
    """CPU time of all processes of a system for a job of the largest crowd, round by round."""
    return [1e3 * account.used.seconds / jobs for account, jobs in one.accounts]


def _per_cent(shares: Sequence[float]) -> str:
    return spread([100 * share for share in shares], 0) + " %"


def goals(found: Found) -> list[Goal]:
    """Compare Kiln with what was asked of it; what was not measured is left out."""
    kiln, limit = found[KILN], found[LIMIT]
    share = statistics.median(rate_ratios(kiln, limit, MOST))
    checks = [(f"jobs/s at {MOST} clients / the limit", share, "≥ 0.85 (0.92 wanted)", 0.85, True)]
    for name, peer in found.items():
        if name in {KILN, LIMIT} or peer.not_here:
            continue
        if name == SEQUENTIAL:
            checks.append((f"one job / {name}", job_ms(kiln) / job_ms(peer), "≤ 0.75", 0.75, False))
        else:
            checks.append((f"one job / {name}", job_ms(kiln) / job_ms(peer), "≤ 1.00", 1.0, False))
        ratio = statistics.median(rate_ratios(kiln, peer, MOST))
        checks.append((f"jobs/s at {MOST} clients / {name}", ratio, "≥ 1.00", 1.0, True))
        late = statistics.median(late_ratios(kiln, peer, MOST))
        checks.append((f"p95 at {MOST} clients / {name}", late, "≤ 1.00", 1.0, False))
    return [
        (what, value, goal, value >= bound if more else value <= bound)
        for what, value, goal, bound, more in checks
    ]


def measures(found: Found) -> dict[str, Spread]:
    """What is compared with the baseline, round by round; less is better."""
    kiln, limit = found[KILN], found[LIMIT]
    bare = statistics.median(limit.singles_ms)
    kept = {"crowd: Kiln, one job / bare": Spread.of([ms / bare for ms in kiln.singles_ms])}
    for clients in CROWDS:
        kept[f"crowd: limit / Kiln, jobs/s at {clients}"] = Spread.of(
            rate_ratios(limit, kiln, clients)
        )
        kept[f"crowd: Kiln / limit, p95 at {clients}"] = Spread.of(
            late_ratios(kiln, limit, clients)
        )
    return kept


def job_ms(one: Measured) -> float:
    """One job alone, at the median."""
    return statistics.median(one.singles_ms)


def rate_ratios(one: Measured, other: Measured, clients: int) -> list[float]:
    """Jobs a second of one for each of the other, round by round: the machine's pace drifts."""
    pairs = zip(one.crowds[clients], other.crowds[clients], strict=True)
    return [mine.rate / theirs.rate for mine, theirs in pairs]


def late_ratios(one: Measured, other: Measured, clients: int) -> list[float]:
    """95th percentile of one as a multiple of the other's, round by round."""
    pairs = zip(one.crowds[clients], other.crowds[clients], strict=True)
    return [mine.p95 / theirs.p95 for mine, theirs in pairs]


def p95(one: Measured, clients: int) -> float:
    """95th percentile over the jobs of a round, at the median of the rounds."""
    return statistics.median(crowd.p95 for crowd in one.crowds[clients])


def drift(found: Found) -> str:
    """Tell how steady the machine was."""
    paces = [pace * 1000 for one in found.values() for pace in one.paces]
    return spread(paces, 1)
