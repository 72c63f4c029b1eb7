"""What users saw, and the numbers and rows that are made of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Words of the swarm, whose modules replace sockets and cannot be imported beside others.
FLOW = "flow"  # beside the HTTP methods: what a user waits for, made of several requests
TOLD_TO_WAIT = "told to wait"  # 429 or 503 with Retry-After: an answer, and asked again after it
NOTHING_SEEN = "nothing seen"
DOWNLOADS = ("preview", "GLB")


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
    job: str = ""


def waits(samples: Iterable[Sample], what: str) -> list[float]:
    """Times in ms of what users have waited for in vain are left out."""
    return [s.ms for s in samples if (s.kind, s.name, s.error) == (FLOW, what, "")]


def requests(samples: Iterable[Sample]) -> int:
    """Count what was sent and answered; where somebody was told to wait, the later one counts."""
    return sum(s.kind != FLOW and s.name != TOLD_TO_WAIT for s in samples)


def errors(samples: Iterable[Sample]) -> int:
    return sum(bool(s.error) for s in samples)


def step_of(samples: Iterable[Sample], users: int, *, thinking: bool = True) -> list[Sample]:
    return [s for s in samples if (s.users, s.thinking) == (users, thinking)]


def row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def head(names: Sequence[str]) -> list[str]:
    return [row(names), row(["---"] * len(names))]


def told(samples: Iterable[Sample]) -> list[str]:
    """List the errors there were."""
    found = sorted({f"{s.name}: {s.error}" for s in samples if s.error})
    return ["", "Errors:", "", *(f"- {error}" for error in found[:20])] if found else []


def p50_p95(values: list[float]) -> str:
    if not values:
        return "none"
    return f"{percentile(values, 50):.0f} / {percentile(values, 95):.0f} ({len(values)})"


def percentile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def spread(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"
