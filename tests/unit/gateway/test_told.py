"""What was told about a job is held against the moment when it rested."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from common import metrics
from common.errors import LedgerUnavailable
from common.ledger.records import Event
from gateway import told
from gateway.follow import Hub
from gateway.told import ToldEtas
from tests.unit.gateway.test_follow import Feed


def event(job: str, kind: str, at_ms: int) -> Event:
    return Event(f"{at_ms}-0", job, kind, {})


def counted(product: str = "test") -> tuple[float, float]:
    met, missed = (metrics.ETAS.labels(product, outcome) for outcome in ("met", "missed"))
    return met._value.get(), missed._value.get()


@pytest.fixture
def grown() -> Callable[[], tuple[float, float]]:
    """How many were met and missed since the test began."""
    before = counted()
    return lambda: (counted()[0] - before[0], counted()[1] - before[1])


Grown = Callable[[], tuple[float, float]]


@pytest.mark.parametrize("kind", ["succeeded", "paused", "expired"])
def test_a_job_that_rests_in_time_has_met_what_was_told(grown: Grown, kind: str) -> None:
    etas = ToldEtas()
    etas.note("j1", "test", at_ms=1000, by_ms=3000)
    etas.hear(event("j1", "stage", 1500))
    assert grown() == (0, 0)
    etas.hear(event("j1", kind, 3000))
    assert grown() == (1, 0)


def test_a_job_that_rests_later_has_missed_it(grown: Grown) -> None:
    etas = ToldEtas()
    etas.note("j1", "test", at_ms=1000, by_ms=3000)
    etas.hear(event("j1", "succeeded", 3001))
    assert grown() == (0, 1)


@pytest.mark.parametrize("kind", ["failed", "cancelled"])
def test_what_ended_early_says_nothing_about_an_estimate(grown: Grown, kind: str) -> None:
    etas = ToldEtas()
    etas.note("j1", "test", at_ms=1000, by_ms=3000)
    etas.hear(event("j1", kind, 1500))
    etas.hear(event("j2", kind, 1500))
    etas.note("j2", "test", at_ms=1000, by_ms=3000)
    assert grown() == (0, 0)


def test_a_job_counts_once_and_a_job_nobody_was_told_of_never(grown: Grown) -> None:
    etas = ToldEtas()
    etas.note("j1", "test", at_ms=1000, by_ms=3000)
    for _ in range(2):
        etas.hear(event("j1", "succeeded", 2000))
        etas.hear(event("j2", "succeeded", 2000))
    assert grown() == (1, 0)


def test_a_job_that_ended_before_its_202_was_sent_counts_too(grown: Grown) -> None:
    etas = ToldEtas()
    etas.hear(event("j1", "succeeded", 1200))
    etas.note("j1", "test", at_ms=1000, by_ms=3000)
    assert grown() == (1, 0)


def test_a_resumed_job_is_held_against_what_was_told_then(grown: Grown) -> None:
    etas = ToldEtas()
    etas.hear(event("j1", "paused", 1200))
    etas.note("j1", "test", at_ms=5000, by_ms=6000)
    assert grown() == (0, 0)
    etas.hear(event("j1", "succeeded", 7000))
    assert grown() == (0, 1)


def test_no_more_is_kept_than_is_allowed(grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "MOST", 10)
    monkeypatch.setattr(told, "JUST_RESTED", 5)
    etas = ToldEtas()
    for number in range(50):
        etas.note(f"told{number}", "test", 1000, 3000)
        etas.hear(event(f"rested{number}", "succeeded", 2000))
    assert (len(etas._told), len(etas._rested)) == (10, 5)
    etas.hear(event("told49", "succeeded", 2000))
    etas.hear(event("told0", "succeeded", 2000))
    assert grown() == (1, 0)


# -- in the hub -----------------------------------------------------------------------------
def test_the_hub_hears_of_jobs_that_nobody_follows(grown: Grown) -> None:
    feed = Feed()
    hub = Hub(feed, 4)  # type: ignore[arg-type]
    hub.expect("j1", "test", at_ms=0, by_ms=10)
    feed.tell("j1", "succeeded")
    deadline = time.monotonic() + 5
    while grown() == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert grown() == (1, 0)


def test_a_202_is_sent_though_redis_is_away(grown: Grown) -> None:
    feed = Feed()
    feed.away = True
    with pytest.raises(LedgerUnavailable):
        feed.follow("$", 0)
    Hub(feed, 4).expect("j1", "test", at_ms=0, by_ms=10)  # type: ignore[arg-type]
    assert grown() == (0, 0)
