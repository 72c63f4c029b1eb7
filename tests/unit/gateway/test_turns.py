"""The line before a full house."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
import redis

from common.contracts.stages import QUEUES
from common.ledger.memory import MemoryLedger
from common.ledger.records import Limits, NewJob
from gateway.door import turns
from gateway.door.turns import Turns
from gateway.plan import recipe_plan

LIMITS = Limits(max_active=20, max_depth=100)


@dataclass
class SortedSets:
    """As much of Redis as the line needs."""

    sets: defaultdict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    away: bool = False

    def _there(self, key: str) -> dict[str, float]:
        if self.away:
            raise redis.ConnectionError("away")
        return self.sets[key]

    def zscore(self, key: str, name: str) -> float | None:
        return self._there(key).get(name)

    def zadd(self, key: str, new: dict[str, float]) -> None:
        self._there(key).update(new)

    def zrem(self, key: str, name: str) -> int:
        return int(self._there(key).pop(name, None) is not None)

    def zcount(self, key: str, low: float, high: float) -> int:
        return sum(low <= score <= high for score in self._there(key).values())

    def zremrangebyscore(self, key: str, _: str, high: float) -> None:
        self.sets[key] = {name: at for name, at in self._there(key).items() if at > high}

    def zrange(self, key: str, _: int, __: int, *, withscores: bool) -> list[tuple[str, float]]:
        return sorted(self._there(key).items(), key=_score)[-1:] if withscores else []

    def expire(self, key: str, _: int) -> None:
        self._there(key)


def _score(pair: tuple[str, float]) -> float:
    return pair[1]


@dataclass
class Clock:
    now: float = 1_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(turns.time, "time", lambda: found.now)
    monkeypatch.setattr(turns.time, "monotonic", lambda: found.now)
    return found


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> SortedSets:
    found = SortedSets()
    monkeypatch.setattr(turns, "connect", lambda *_, **__: found)
    return found


@pytest.fixture
def door(line: SortedSets, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Turns:
    """A full house in which a job ends every two seconds."""
    monkeypatch.setattr(turns, "seconds_a_job", lambda *_: 2.0)
    ledger = MemoryLedger(lambda: int(clock.now * 1000))
    for number in range(20):
        ledger.accept(NewJob(f"j{number}", "ann", "recipe", {}, recipe_plan(1), ()), LIMITS)
    return Turns(ledger, "redis://nobody/3")


def test_everybody_gets_a_moment_of_his_own_at_the_pace_of_the_house(door: Turns) -> None:
    waits = [door.wait_s(f"client {n}", QUEUES) for n in range(20)]
    assert waits == pytest.approx([2.0 * (n + 1) for n in range(20)])


def test_a_crowd_sent_away_at_once_does_not_come_back_at_once(
    door: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "seconds_a_job", lambda *_: 0.04)
    waits = Counter(door.wait_s(f"client {n}", QUEUES) for n in range(60))
    # half a second of work at each whole second that can be told
    assert waits == {1: 12, 2: 12, 3: 12, 4: 12, 5: 12}


def test_the_same_request_keeps_its_turn(door: Turns, clock: Clock) -> None:
    first = door.wait_s("ann", QUEUES)
    door.wait_s("bob", QUEUES)
    clock.now += 1
    assert door.wait_s("ann", QUEUES) == pytest.approx(first - 1)


def test_while_people_are_due_newcomers_find_fewer_places(door: Turns, clock: Clock) -> None:
    for n in range(4):
        door.wait_s(f"client {n}", QUEUES)
    clock.now += 4  # two of them are due
    newcomer = door.within(LIMITS, "somebody new")
    assert (newcomer.max_active, newcomer.max_depth) == (18, 98)
    assert door.within(LIMITS, None).max_active == 18
    assert door.within(LIMITS, "client 0") == LIMITS
    assert door.within(LIMITS, "client 3").max_active == 18  # too early is not due
    door.leave("client 0")
    assert door.within(LIMITS, None).max_active == 19


def test_who_does_not_come_back_costs_little_and_not_for_long(door: Turns, clock: Clock) -> None:
    turns_before = [door.wait_s(f"client {n}", QUEUES) for n in range(300)]
    assert max(turns_before) == 600
    clock.now += 599
    assert door.within(LIMITS, None).max_active >= 10
    clock.now += 60
    assert door.within(LIMITS, None) == LIMITS


def test_who_found_no_place_again_does_not_crowd_in_on_others(door: Turns, clock: Clock) -> None:
    waits = [door.wait_s(f"client {n}", QUEUES) for n in range(10)]
    clock.now += waits[2]
    again = [door.wait_s(f"client {n}", QUEUES) for n in range(3)]
    assert again == sorted(set(again))
    assert min(again) >= waits[-1] - waits[2] + 2.0


def test_the_pace_is_no_faster_than_people_were_seen_to_get_in(door: Turns, clock: Clock) -> None:
    for n in range(5):
        door.wait_s(f"client {n}", QUEUES)
    for n in range(4):
        clock.now += 5
        door.leave(f"client {n}")
    assert door.wait_s("late", QUEUES) == pytest.approx(5.0)


def test_the_line_is_slower_where_others_take_their_chance(door: Turns, clock: Clock) -> None:
    door.wait_s("first", QUEUES)
    for n in range(4):
        clock.now += 5
        door.leave(f"newcomer {n}")
    assert door.wait_s("late", QUEUES) == pytest.approx(10.0)  # half of the places are theirs


def test_who_sends_no_key_is_told_the_end_of_the_line(door: Turns) -> None:
    random.seed(1)
    for n in range(5):
        door.wait_s(f"client {n}", QUEUES)
    assert {round(door.wait_s(None, QUEUES)) for _ in range(50)} <= set(range(12, 32))


def test_nobody_asks_for_the_line_while_the_house_has_room(door: Turns, line: SortedSets) -> None:
    line.away = True
    assert door.within(LIMITS, "ann") == LIMITS
    door.leave("ann")


def test_without_redis_there_is_still_an_answer(door: Turns, line: SortedSets) -> None:
    line.away = True
    assert 2 <= door.wait_s("ann", QUEUES) <= 20
    assert door.within(LIMITS, "ann") == LIMITS


def test_somebody_with_half_of_the_jobs_waits_twice_as_long(door: Turns) -> None:
    assert door.own_wait_s(10) == pytest.approx(4.0)
    assert door.own_wait_s(20) == pytest.approx(2.0)
    assert door.own_wait_s(0) == pytest.approx(40.0)


def test_where_nothing_moves_half_a_minute_is_told(
    door: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "seconds_a_job", lambda *_: None)
    assert door.wait_s("ann", QUEUES) == turns.STUCK_S
    assert door.own_wait_s(3) == turns.STUCK_S
