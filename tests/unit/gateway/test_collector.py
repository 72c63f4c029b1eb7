"""The gauges of the leader: set, and not told where nobody knows."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from common import metrics
from common.exposition import render
from common.ledger.census import Census, QueueCensus
from common.metrics import Process
from gateway.broker import Messages
from gateway.collector import GONE_FOR_S, Collector
from gateway.noughts import count_in_gateway, count_in_reconciler

RED = QueueCensus(ready=3, running=2, oldest_s=1.5, workers={"red-1@host": 4, "red-2@host": 1})
CENSUS = Census({"red": RED}, {"recipe": 7}, dead=2)
MESSAGES = {"red": Messages(waiting=5, taken=2, fresh=0)}


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector(lambda: CLOCK[0])
    CLOCK[0] = 0.0
    yield collector
    collector.forget()


CLOCK = [0.0]


def shown(name: str) -> list[str]:
    """Lines of a series, without its name."""
    lines = render(Process.RECONCILER).decode().splitlines()
    return sorted(
        line.removeprefix(name) for line in lines if line.startswith((f"{name}{{", f"{name} "))
    )


@pytest.mark.parametrize(
    ("name", "label", "value"),
    [
        ("kiln_queue_depth", 'queue="red"', 3),
        ("kiln_oldest_ready_seconds", 'queue="red"', 1.5),
        ("kiln_stage_running", 'queue="red"', 2),
        ("kiln_worker_ready", 'queue="red"', 2),
        ("kiln_worker_slots", 'queue="red"', 5),
        ("celery_queue_length", 'queue_name="red"', 5),
        ("celery_active_worker_count", 'queue_name="red"', 2),
        ("celery_active_consumer_count", 'queue_name="red"', 2),
        ("celery_active_process_count", 'queue_name="red"', 5),
        ("kiln_jobs_open", 'product="recipe"', 7),
        ("kiln_jobs_open", 'product="figurine"', 0),
    ],
)
def test_every_gauge_tells_what_was_counted(
    collector: Collector, name: str, label: str, value: float
) -> None:
    collector.tell(CENSUS, MESSAGES)
    assert f"{{{label}}} {float(value)}" in shown(name)


def test_dead_letters_are_told(collector: Collector) -> None:
    collector.tell(CENSUS, MESSAGES)
    assert shown("kiln_dead_letters") == [" 2.0"]


def test_a_product_whose_jobs_have_all_ended_is_at_nought(collector: Collector) -> None:
    collector.tell(CENSUS, MESSAGES)
    collector.tell(Census({"red": RED}, {}, 0), MESSAGES)
    assert '{product="recipe"} 0.0' in shown("kiln_jobs_open")


def test_a_worker_that_has_left_is_down_for_a_while_and_then_forgotten(
    collector: Collector,
) -> None:
    collector.tell(CENSUS, MESSAGES)
    rest = Census({"red": QueueCensus(0, 0, 0.0, {"red-2@host": 1})}, {}, 0)
    CLOCK[0] += GONE_FOR_S
    collector.tell(rest, MESSAGES)
    assert shown("celery_worker_up") == [
        '{hostname="red-1@host"} 0.0',
        '{hostname="red-2@host"} 1.0',
    ]
    CLOCK[0] += 1
    collector.tell(rest, MESSAGES)
    assert shown("celery_worker_up") == ['{hostname="red-2@host"} 1.0']


def test_who_knows_nothing_tells_nothing(collector: Collector) -> None:
    collector.tell(CENSUS, MESSAGES)
    collector.forget()
    for name in ("kiln_queue_depth", "kiln_jobs_open", "celery_worker_up", "celery_queue_length"):
        assert shown(name) == []
    (letters,) = shown("kiln_dead_letters")
    assert math.isnan(float(letters))


def test_before_the_first_round_nothing_is_told(collector: Collector) -> None:
    collector.tell(CENSUS, MESSAGES)
    Collector()
    assert shown("kiln_queue_depth") == []
    assert shown("kiln_dead_letters") == [" NaN"]


def test_a_counter_is_there_before_the_first_job_has_ended() -> None:
    count_in_reconciler()
    for outcome in ("failed", "refused"):
        assert metrics.JOBS.labels("recipe", outcome)._value.get() >= 0
        assert any(
            f'outcome="{outcome}",product="recipe"' in line for line in shown("kiln_jobs_total")
        )
    assert any('reason="lost"' in line for line in shown("kiln_reconciler_republished_total"))
    times = shown("kiln_job_seconds_count")
    assert any(line.startswith('{outcome="expired",product="recipe"}') for line in times)


def test_a_gateway_shows_a_refusal_before_the_first_one() -> None:
    count_in_gateway()
    lines = render(Process.GATEWAY).decode()
    for reason in ("busy", "quota", "streams", "rate"):
        assert f'kiln_admission_rejected_total{{reason="{reason}"}}' in lines
    assert 'kiln_eta_total{outcome="missed",product="recipe"}' in lines
