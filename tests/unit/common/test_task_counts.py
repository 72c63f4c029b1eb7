"""Celery's signals, from a real worker: each moves its series, and nothing else does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, signals
from celery.contrib.testing.worker import start_worker
from celery.utils.dispatch.signal import Signal
from prometheus_client import REGISTRY

from common.celery_app import make_app
from common.settings import Settings
from common.task_counts import ANYBODY, UNKNOWN, TaskCounts, count_sent
from tests.stack import until

HOST = "red-1@host"
LIFE = (
    *(signals.setup_logging, signals.worker_init, signals.worker_ready),
    *(signals.worker_shutting_down, signals.worker_shutdown),
)
WATCHED = (
    *(signals.after_task_publish, signals.task_received, signals.task_prerun),
    *(signals.task_postrun, signals.task_success, signals.task_failure, signals.task_retry),
    *(signals.task_revoked, signals.task_unknown, signals.task_rejected),
)
seen_active: list[float] = []


def _leave_logs_alone(**_: object) -> None:
    """See ``receivers_as_before``."""


@pytest.fixture(scope="module", autouse=True)
def receivers_as_before() -> Iterator[None]:
    """Nobody listens but who is tested: workers of other tests in this process still would."""
    before: list[tuple[Signal, list[Any]]] = [
        (one, list(one.receivers)) for one in (*WATCHED, *LIFE)
    ]
    for signal, _ in before:
        signal.receivers[:] = []
    # who listens to this sets the logs up himself: the level of all later tests stays as it is
    signals.setup_logging.connect(_leave_logs_alone, weak=False)
    yield
    for signal, receivers in before:
        signal.receivers[:] = receivers


@pytest.fixture(scope="module")
def app(receivers_as_before: None) -> Iterator[Celery]:
    """A house of one queue in memory, whose worker counts; it takes seconds to stop."""
    app = Celery("test", broker="memory://", backend="cache+memory://")
    app.conf.task_default_queue = "red"
    app.conf.worker_hijack_root_logger = False

    @app.task(name="test.good", shared=False)
    def good() -> str:
        seen_active.append(value("celery_worker_tasks_active", hostname=HOST))
        return "fine"

    @app.task(name="test.bad", shared=False)
    def bad() -> None:
        raise LookupError("a bug")

    @app.task(name="test.again", shared=False, bind=True, max_retries=1)
    def again(self: Any) -> str:
        if not self.request.retries:
            raise self.retry(countdown=0)
        return "fine"

    count_sent()
    counts = TaskCounts("red")
    counts.listen()
    counts.start(HOST, ["test.good", "test.bad", "test.again", "test.never"])
    with start_worker(app, pool="threads", perform_ping_check=False):
        yield app


def value(series: str, /, **labels: str) -> float:
    return REGISTRY.get_sample_value(series, labels) or 0.0


def counted(what: str, task: str, **labels: str) -> float:
    host = {"hostname": ANYBODY if what == "sent" else HOST}
    return value(f"celery_task_{what}_total", name=task, queue_name="red", **host, **labels)


def until_idle() -> None:
    """The result is there a moment before the last signals are."""
    give_up = time.monotonic() + 5
    while value("celery_worker_tasks_active", hostname=HOST) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert value("celery_worker_tasks_active", hostname=HOST) == 0


def story(task: str) -> dict[str, float]:
    words = ("sent", "received", "started", "succeeded", "retried")
    return {word: counted(word, task) for word in words}


def test_a_worker_shows_its_series_before_the_first_task(app: Celery) -> None:
    labels = _labels("test.never")
    for word in ("received", "started", "succeeded", "retried", "revoked"):
        assert REGISTRY.get_sample_value(f"celery_task_{word}_total", labels) is not None
    rejected = _labels(UNKNOWN)
    assert REGISTRY.get_sample_value("celery_task_rejected_total", rejected) is not None
    failed = REGISTRY.get_sample_value("celery_task_failed_total", labels | {"exception": ""})
    assert failed == 0
    assert REGISTRY.get_sample_value("celery_task_runtime_count", labels) is not None


def test_a_task_that_returns_is_sent_received_started_and_succeeded(app: Celery) -> None:
    before, runs = story("test.good"), value("celery_task_runtime_count", **_labels("test.good"))
    app.send_task("test.good").get(timeout=10)
    until_idle()
    grown = {word: number - before[word] for word, number in story("test.good").items()}
    assert grown == {"sent": 1, "received": 1, "started": 1, "succeeded": 1, "retried": 0}
    assert value("celery_task_runtime_count", **_labels("test.good")) == runs + 1
    assert seen_active[-1] == 1


def test_a_task_that_raises_is_failed_and_not_succeeded(app: Celery) -> None:
    before = story("test.bad")
    failed = counted("failed", "test.bad", exception="LookupError")
    result = app.send_task("test.bad")
    with pytest.raises(LookupError):
        result.get(timeout=10)
    until_idle()
    grown = {word: number - before[word] for word, number in story("test.bad").items()}
    assert grown == {"sent": 1, "received": 1, "started": 1, "succeeded": 0, "retried": 0}
    assert counted("failed", "test.bad", exception="LookupError") == failed + 1


def test_a_task_that_celery_tries_again_is_retried(app: Celery) -> None:
    before = story("test.again")
    app.send_task("test.again").get(timeout=10)
    until_idle()
    grown = {word: number - before[word] for word, number in story("test.again").items()}
    assert grown == {"sent": 2, "received": 2, "started": 2, "succeeded": 1, "retried": 1}


def test_a_task_that_nobody_has_is_rejected_and_named_unknown(app: Celery) -> None:
    before = counted("rejected", UNKNOWN)
    app.send_task("test.from-somebody-else")
    until(lambda: counted("rejected", UNKNOWN) == before + 1)
    assert counted("rejected", "test.from-somebody-else") == 0


def test_a_task_whose_time_is_over_is_revoked(app: Celery) -> None:
    before, began = counted("revoked", "test.good"), counted("started", "test.good")
    app.send_task("test.good", expires=-1)
    until(lambda: counted("revoked", "test.good") == before + 1)
    assert counted("started", "test.good") == began


def test_every_app_of_the_house_counts_what_it_sends_once() -> None:
    make_app(Settings())
    make_app(Settings())  # again: connected by name, so not twice
    before = counted("sent", "any")
    signals.after_task_publish.send(sender="any", body=(), exchange="kiln", routing_key="red")
    assert counted("sent", "any") == before + 1


def _labels(task: str) -> dict[str, str]:
    return {"name": task, "hostname": HOST, "queue_name": "red"}
