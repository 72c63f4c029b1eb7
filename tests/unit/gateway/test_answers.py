"""Answers about jobs are made once, and anew when something has changed."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import LedgerUnavailable
from common.ledger.records import JobState
from common.lru import Lru
from gateway.answers import ESTIMATE_S, OLDEST_S, Answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.ledger.records import JobRecord, Standing
    from tests.unit.gateway.conftest import Stack


class Watched:
    """A ledger that counts how often it is asked where a job stands."""

    def __init__(self, stack: Stack) -> None:
        self._ledger = stack.ledger
        self.asked = 0
        self.away = False

    def standing(self, job: str) -> Standing | None:
        self.asked += 1
        if self.away:
            raise LedgerUnavailable("gone")
        return self._ledger.standing(job)


class Later(Executor):
    """A thread that works when it is told to."""

    def __init__(self) -> None:
        self._todo: list[Callable[[], object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._todo.append(partial(fn, *args, **kwargs))
        return Future()

    def work(self) -> int:
        todo, self._todo = self._todo, []
        for one in todo:
            one()
        return len(todo)


class House:
    """Answers on a clock that is moved by hand."""

    def __init__(self, stack: Stack) -> None:
        self.now = 100.0
        self.ledger = Watched(stack)
        self.aside = Later()
        ledger: Any = self.ledger
        self.answers = Answers(ledger, lambda: self.now, self.aside)

    def told(self, record: JobRecord) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.answers.of(record).body)
        return told


@pytest.fixture
def house(stack: Stack) -> House:
    for queue in ("stylize", "fusion", "gateway"):
        stack.ledger.worker_up(queue, f"{queue}@0")
    return House(stack)


def test_a_job_at_rest_is_put_into_words_once(stack: Stack, house: House) -> None:
    job = stack.submit()
    stack.run(job)
    record = stack.record(job)
    first = house.answers.of(record)
    house.now += 3600
    assert house.answers.of(record) is first
    assert house.ledger.asked == 0


def test_another_record_is_another_answer(stack: Stack, house: House) -> None:
    job = stack.submit()
    waiting = stack.record(job)
    assert house.told(waiting)["state"] == "queued"
    stack.run(job)
    assert house.told(stack.record(job))["state"] == "succeeded"
    assert house.told(replace(waiting, state=JobState.FAILED))["state"] == "failed"


def test_an_estimate_is_made_anew_for_those_who_come_next(stack: Stack, house: House) -> None:
    record = stack.record(stack.submit())
    first = house.answers.of(record)
    assert first.eta is not None
    house.now += ESTIMATE_S + 0.01
    assert [house.answers.of(record) for _ in range(3)] == [first] * 3
    assert house.aside.work() == 1
    again = house.answers.of(record)
    assert again is not first
    assert again.etag == first.etag
    assert house.ledger.asked == 2


def test_a_process_that_leaves_tells_the_old_estimate(stack: Stack) -> None:
    now, pool = [0.0], ThreadPoolExecutor(1)
    answers = Answers(stack.ledger, lambda: now[0], pool)
    record = stack.record(stack.submit())
    first = answers.of(record)
    pool.shutdown()
    now[0] += ESTIMATE_S + 0.01
    assert answers.of(record) is first


def test_an_old_estimate_is_not_told(stack: Stack, house: House) -> None:
    record = stack.record(stack.submit())
    first = house.answers.of(record)
    house.now += OLDEST_S + 0.01
    assert house.answers.of(record) is not first
    assert house.aside.work() == 0


def test_what_was_forgotten_meanwhile_stays_forgotten(stack: Stack, house: House) -> None:
    record = stack.record(stack.submit())
    house.answers.of(record)
    house.now += ESTIMATE_S + 0.01
    house.answers.of(record)
    house.answers.forget(record.id)
    house.aside.work()
    assert not len(house.answers._kept)


def test_a_bug_in_an_estimate_leaves_the_old_one_and_another_try(
    stack: Stack, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = stack.record(stack.submit())
    first = house.answers.of(record)
    for _ in range(2):
        house.now += ESTIMATE_S + 0.01
        with monkeypatch.context() as broken:
            broken.setattr(house.ledger, "standing", lambda job: {}[job])
            assert house.answers.of(record) is first
            assert house.aside.work() == 1


def test_the_tag_is_that_of_all_but_the_estimate(stack: Stack, house: House) -> None:
    record = stack.record(stack.submit())
    moving = house.answers.of(record)
    assert moving.etag.startswith('W/"')
    assert json.loads(moving.body)["eta"] is not None
    house.ledger.away = True
    house.now += OLDEST_S + 0.01
    without = house.answers.of(record)
    assert json.loads(without.body)["eta"] is None
    assert json.loads(without.body)["queue_position"] is None


def test_without_an_estimate_nothing_is_kept(stack: Stack, house: House) -> None:
    record = stack.record(stack.submit())
    house.ledger.away = True
    assert house.told(record)["eta"] is None
    house.ledger.away = False
    assert house.told(record)["eta"] is not None


def test_many_who_ask_at_once_cost_one_estimate(
    stack: Stack, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, barrier = stack.record(stack.submit()), threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        house.answers.of(record)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert house.ledger.asked == 1


def test_the_answers_longest_unasked_make_room(
    stack: Stack, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.answers, "_kept", Lru(2))
    records = [stack.record(stack.submit()) for _ in range(3)]
    first = [house.answers.of(record) for record in records]
    assert house.answers.of(records[2]) is first[2]
    assert house.answers.of(records[0]) is not first[0]
