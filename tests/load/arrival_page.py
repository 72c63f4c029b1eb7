"""What the open loop has seen, as Markdown."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.load.open_loop import Seen
from tests.machine import cores

GOOD = {"200", "202", "304"}
WORST_P99_MS, WORST_ERRORS, LEAST_SHARE = 50.0, 0.005, 0.98
MARKS = (800, 1000, 2000, 5000)  # requests a second
HEADROOM = 0.7  # of the knee: so much a host is asked for
BEFORE = "248 requests/s, 0.48 % errors, p95 1.78 ms, p99 4.02 ms, max 384 ms"
COLUMNS = (
    *("offered /s", "s", "answered /s", "errors", "p50 ms", "p95", "p99", "max"),
    *("driver late, p99", "host took"),
)
HEAD, RULE = f"| {' | '.join(COLUMNS)} |", f"|{' ---: |' * len(COLUMNS)}"


@dataclass(frozen=True)
class Step:
    """One rate for some seconds."""

    rate: float
    seconds: float
    seen: Seen
    cpu_s: dict[str, float]  # by part of the stack
    taken: float  # share of the cores' time that the host gave to other machines

    @property
    def all_ms(self) -> list[float]:
        """All times, the shortest first."""
        return sorted(ms for times in self.seen.latencies.values() for ms in times)

    @property
    def answered(self) -> float:
        """Good answers a second."""
        good = sum(count for status, count in self.seen.statuses.items() if status in GOOD)
        return good / max(self.seconds, self.seen.took_s)

    @property
    def errors(self) -> float:
        """Share of requests without a good answer."""
        bad = sum(count for status, count in self.seen.statuses.items() if status not in GOOD)
        return bad / sum(self.seen.statuses.values())

    @property
    def good(self) -> bool:
        """Whether this rate was held."""
        held = self.answered >= LEAST_SHARE * self.rate and self.errors <= WORST_ERRORS
        return held and share(self.all_ms, 0.99) <= WORST_P99_MS

    def line(self) -> str:
        """Write a row of the table."""
        times = [f"{share(self.all_ms, part):.2f}" for part in (0.5, 0.95, 0.99)]
        cells = (
            *(f"{self.rate:.0f}", f"{self.seconds:.0f}", f"{self.answered:.0f}"),
            *(f"{self.errors:.2%}", *times, f"{self.all_ms[-1]:.0f}"),
            *(f"{share(sorted(self.seen.late), 0.99):.2f}", f"{self.taken:.0%}"),
        )
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Measured:
    """Everything that was measured."""

    lasting: list[Step]
    to_knee: list[Step]
    alone: Step
    submits: list[Step]
    processes: int  # of the gateway


def share(ordered: list[float], part: float) -> float:
    """Find the value that such a part of all stays below."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def page(measured: Measured, when: str, busy: float) -> list[str]:
    """Format all of it."""
    return [
        "# Requests at a constant rate",
        "",
        (
            f"`make arrival` {when} on {cores()}, driver and whole stack on the same "
            f"machine, {measured.processes} gateway processes, built-in engines, Flower off. The "
            f"machine had a load average of {busy:.1f} before it began: where that is not near 0, "
            "others were at work, and these numbers are about them. Each request is due at a "
            "moment of its own, and its time counts from there, however late it could be sent: no "
            "coordinated omission. *Driver late* is the driver's own delay; it is part of the "
            "times beside it. *Host took* is the share of the cores' time that other machines got."
        ),
        "",
        "## Status of jobs",
        "",
        (
            "`GET /v1/jobs/{id}` of six finished and six unfinished jobs, two of five with "
            f"`If-None-Match`. To beat: {BEFORE}."
        ),
        "",
        *(HEAD, RULE, *(step.line() for step in measured.lasting)),
        "",
        *_by_kind(measured.lasting[-1]),
        *_knee("status requests", measured.to_knee),
        *_hosts(measured.to_knee),
        "## The same photo again",
        "",
        (
            "`POST /v1/figurines` with a photo whose figurine is remembered, an Idempotency-Key of "
            "its own each time: every one is accepted and answered with its result. One at a "
            f"time ({measured.alone.rate:.0f}/s) that takes {share(measured.alone.all_ms, 0.5):.1f}"
            f" ms (p50), p95 {share(measured.alone.all_ms, 0.95):.1f} ms."
        ),
        "",
        *_knee("submits", measured.submits),
    ]


def _by_kind(step: Step) -> list[str]:
    rows = [
        f"| {kind} | {len(times)} | {share(times, 0.5):.2f} | {share(times, 0.99):.2f} |"
        for kind, times in ((kind, sorted(found)) for kind, found in step.seen.latencies.items())
    ]
    requests = sum(step.seen.statuses.values())
    costs = ", ".join(f"{part} {1e3 * s / requests:.2f} ms" for part, s in step.cpu_s.items())
    driver = f"driver {1e3 * step.seen.cpu_s / requests:.2f} ms"
    return [
        f"At {step.rate:.0f}/s, by kind; CPU time of a request: {costs}, {driver}.",
        "",
        *("| job | requests | p50 ms | p99 |", "| --- | ---: | ---: | ---: |", *rows),
        "",
    ]


def _knee(what: str, steps: list[Step]) -> list[str]:
    held = [step for step in steps if step.good]
    found = f"{held[-1].rate:.0f} {what} a second were held" if held else f"no rate of {what} held"
    limits = (
        f"p99 ≤ {WORST_P99_MS:.0f} ms, errors ≤ {WORST_ERRORS:.1%}, "
        f"{LEAST_SHARE:.0%} of the offered rate"
    )
    return [f"**The knee**: {found} ({limits}).", "", HEAD, RULE, *(s.line() for s in steps), ""]


def _hosts(steps: list[Step]) -> list[str]:
    held = [step for step in steps if step.good]
    if not held:
        return []
    knee = held[-1]
    a_request = 1e3 * knee.cpu_s["redis"] / sum(knee.seen.statuses.values())
    counts = [math.ceil(mark / (HEADROOM * knee.rate)) for mark in MARKS]
    return [
        (
            f"*Extrapolation*: hosts like this one, which also carry the driver, "
            f"Redis and idle workers, for other marks, each at {HEADROOM:.0%} of the knee. They "
            f"share one Redis, which spends {a_request:.3f} ms of its one core on a request at the "
            f"knee: {HEADROOM * 1e3 / max(a_request, 1e-3):.0f} requests/s at {HEADROOM:.0%} of it"
            "; beyond that the ledger is the limit, not the hosts."
        ),
        "",
        f"| requests/s | {' | '.join(f'{mark:,}' for mark in MARKS)} |",
        f"| --- |{' ---: |' * len(MARKS)}",
        f"| hosts | {' | '.join(map(str, counts))} |",
        "",
    ]
