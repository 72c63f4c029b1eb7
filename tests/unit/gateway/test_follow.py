"""Followers miss nothing and hear nothing twice, also when Redis goes away in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Busy, LedgerUnavailable, RateLimited
from common.ledger.memory import MemoryLedger
from common.ledger.records import Event, JobRecord, Limits, NewJob
from gateway import follow, reader
from gateway.follow import Hub, order
from gateway.plan import figurine_plan

TICK_S = 0.05


class Feed:
    """Streams of a ledger, as Redis keeps them, with a plug that can be pulled."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.all: list[Event] = []
        self.away = False
        self.forgetful = False  # the stream of all jobs was cut while nobody read it
        self.reads = 0

    def tell(self, job: str, kind: str = "stage") -> None:
        with self.lock:
            number = len(self.all) + 1
            self.all.append(Event(f"{number}-0", job, kind, {"n": number}))
            self.lock.notify_all()

    def events(self, job: str, after: str = "0") -> list[Event]:
        with self.lock:
            self._check()
            return [e for e in self.all if e.job == job and order(e.id) > order(after)]

    def follow(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        with self.lock:
            self._check()
            self.reads += 1
            if after == "$":
                return f"{len(self.all)}-0", []
            self.lock.wait_for(lambda: self._since(after) or self.away, timeout=block_ms / 1000)
            self._check()
            found = self._since(after)
            return (found[-1].id if found else after), [] if self.forgetful else found

    def follow_rests(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        at, events = self.follow(after, block_ms)
        return at, [event for event in events if event.resting]

    def _since(self, after: str) -> list[Event]:
        return [event for event in self.all if order(event.id) > order(after)]

    def _check(self) -> None:
        if self.away:
            raise LedgerUnavailable("the plug is pulled")

    def pull(self, *, away: bool) -> None:
        with self.lock:
            self.away = away
            self.lock.notify_all()


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def hub(feed: Feed) -> Iterator[Hub]:
    leaving = threading.Event()
    hub = Hub(feed, 3)  # type: ignore[arg-type]  # the methods that a hub needs
    hub.leave_when(leaving.is_set)
    yield hub
    leaving.set()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Follower:
    """Collects a stream in a thread of its own."""

    def __init__(self, hub: Hub, job: str, after: str = "0") -> None:
        self.ids: list[str] = []
        stream = hub.events(job, after, TICK_S)
        assert next(stream) is None
        self.thread = threading.Thread(
            target=lambda: self.ids.extend(e.id for e in stream if e), daemon=True
        )
        self.thread.start()

    def join(self) -> list[str]:
        self.thread.join(timeout=5)
        assert not self.thread.is_alive()
        return self.ids


def test_past_and_future_events_come_once_and_in_order(feed: Feed, hub: Hub) -> None:
    for _ in range(5):
        feed.tell("a")
        feed.tell("b")
    follower = Follower(hub, "a")
    for _ in range(5):
        feed.tell("a")
        feed.tell("b")
    feed.tell("a", "succeeded")
    mine = [event.id for event in feed.all if event.job == "a"]
    assert follower.join() == mine


def test_events_between_subscribing_and_reading_the_past_come_once(feed: Feed, hub: Hub) -> None:
    warm = hub.events("warm", "0", TICK_S)
    next(warm)  # the reader runs
    read_past = feed.events

    def slow(job: str, after: str = "0") -> list[Event]:
        feed.tell("a")  # heard live and found in the past
        time.sleep(0.02)
        return read_past(job, after)

    feed.events = slow  # type: ignore[method-assign]
    follower = Follower(hub, "a")
    feed.tell("a", "failed")
    assert follower.join() == ["1-0", "2-0"]


def test_events_of_a_crowd_are_read_by_the_dozen(feed: Feed) -> None:
    leaving = threading.Event()
    hub = Hub(feed, 30)  # type: ignore[arg-type]
    hub.leave_when(leaving.is_set)
    followers = [Follower(hub, f"job {n}") for n in range(21)]
    for _ in range(20):
        feed.tell("job 0")
        time.sleep(0.005)  # a reader that does not rest is back by then
    reads = feed.reads
    for n in range(21):
        feed.tell(f"job {n}", "succeeded")
    assert [len(follower.join()) for follower in followers] == [21] + [1] * 20
    leaving.set()
    assert reads < 10


def test_a_stream_resumes_behind_the_last_event_id(feed: Feed, hub: Hub) -> None:
    for kind in ("accepted", "stage", "stage", "succeeded"):
        feed.tell("a", kind)
    assert Follower(hub, "a", after="2-0").join() == ["3-0", "4-0"]


def test_ids_are_compared_as_numbers(feed: Feed, hub: Hub) -> None:
    for _ in range(12):
        feed.tell("a")
    feed.tell("a", "succeeded")
    assert Follower(hub, "a", after="9-0").join() == ["10-0", "11-0", "12-0", "13-0"]


@given(st.text(max_size=20))
def test_any_last_event_id_has_an_order(text: str) -> None:
    assert order(text) >= (0, 0)


def test_events_told_while_redis_was_away_are_not_missed(feed: Feed, hub: Hub) -> None:
    follower = Follower(hub, "a")
    feed.tell("a")
    wait_until(lambda: follower.ids == ["1-0"])
    feed.pull(away=True)
    feed.forgetful = True
    feed.tell("a")
    feed.tell("a")
    time.sleep(0.15)
    feed.pull(away=False)
    wait_until(lambda: len(follower.ids) == 3)
    feed.forgetful = False
    feed.tell("a", "succeeded")
    assert follower.join() == ["1-0", "2-0", "3-0", "4-0"]


def test_without_redis_no_stream_begins_and_the_next_try_works(feed: Feed, hub: Hub) -> None:
    feed.pull(away=True)
    for _ in range(5):  # more often than there are slots
        with pytest.raises(LedgerUnavailable):
            next(hub.events("a", "0", TICK_S))
    feed.pull(away=False)
    feed.tell("a", "succeeded")
    assert Follower(hub, "a").join() == ["1-0"]


def test_quiet_streams_tick(hub: Hub) -> None:
    stream = hub.events("a", "0", TICK_S)
    assert [next(stream), next(stream), next(stream)] == [None, None, None]
    stream.close()


def test_there_are_only_so_many_streams_and_closed_ones_make_room(hub: Hub) -> None:
    streams = [hub.events("a", "0", TICK_S) for _ in range(3)]
    for stream in streams:
        next(stream)
    with pytest.raises(Busy):
        next(hub.events("a", "0", TICK_S))
    streams[0].close()
    assert next(hub.events("a", "0", TICK_S)) is None


def test_one_owner_leaves_places_to_the_others(feed: Feed) -> None:
    hub = Hub(feed, 4, most_of_one=2)  # type: ignore[arg-type]
    hub.leave_when(lambda: True)
    with hub.place("anna"), hub.place("anna"), hub.place("bert"):
        for _ in range(3):
            with pytest.raises(RateLimited, match="you have 2 event streams"):
                next(hub.events("a", "0", TICK_S, "anna"))
            with pytest.raises(RateLimited):
                hub.wait_for_rest("a", 1, "anna")
        with hub.place("carl"), pytest.raises(Busy), hub.place("bert"):
            pass
        with hub.place("bert"):
            pass
    with hub.place("anna"), hub.place("anna"):
        pass
    assert not hub._places._taken


def test_many_followers_share_one_reader(feed: Feed, hub: Hub) -> None:
    followers = [Follower(hub, "a") for _ in range(3)]
    feed.tell("a")
    feed.tell("a", "succeeded")
    assert [follower.join() for follower in followers] == [["1-0", "2-0"]] * 3
    assert feed.reads <= 5
    assert sum(thread.name == "event-reader" for thread in threading.enumerate()) >= 1


def test_a_reader_ends_with_its_last_follower_and_starts_again_with_the_next(
    feed: Feed, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK_MS", 10)
    for number in (1, 2):
        feed.tell(f"job {number}")
        follower = Follower(hub, f"job {number}")
        feed.tell(f"job {number}", "succeeded")
        assert len(follower.join()) == 2
        time.sleep(0.05)
        reads = feed.reads
        time.sleep(0.1)
        assert feed.reads == reads


def test_streams_end_when_the_process_leaves(feed: Feed) -> None:
    leaving = threading.Event()
    hub = Hub(feed, 3)  # type: ignore[arg-type]
    hub.leave_when(leaving.is_set)
    follower = Follower(hub, "a")
    leaving.set()
    started = time.monotonic()
    assert follower.join() == []
    assert time.monotonic() - started < 3
    late = Follower(hub, "a")
    assert late.join() == []


@pytest.fixture
def ledger(now_ms: Callable[[], int]) -> MemoryLedger:
    ledger = MemoryLedger(now_ms)
    plan = figurine_plan(("glb",))
    ledger.accept(NewJob("j", "local", "figurine", {}, plan, ()), Limits(10))
    return ledger


@pytest.fixture
def waiting_room(ledger: MemoryLedger) -> Iterator[Hub]:
    leaving = threading.Event()
    hub = Hub(ledger, 3)
    hub.leave_when(leaving.is_set)
    yield hub
    leaving.set()


def test_waiting_ends_with_the_job(ledger: MemoryLedger, waiting_room: Hub) -> None:
    threading.Timer(0.1, lambda: ledger.cancel("j", "local")).start()
    started = time.monotonic()
    record = waiting_room.wait_for_rest("j", 10)
    assert record is not None
    assert record.state == "cancelled"
    assert time.monotonic() - started < 5


def test_who_waits_for_the_end_alone_is_not_woken_by_what_comes_before(
    ledger: MemoryLedger, waiting_room: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[JobRecord | None] = []
    look = ledger.job

    def seen(job: str) -> JobRecord | None:
        looks.append(look(job))
        return looks[-1]

    monkeypatch.setattr(ledger, "job", seen)
    waiter = threading.Thread(target=waiting_room.wait_for_rest, args=("j", 10))
    waiter.start()
    wait_until(lambda: bool(looks))
    ledger.claim("j", "fusion.measure", "w1")
    ledger.cancel("j", "local")
    waiter.join(5)
    assert [record.state for record in looks if record] == ["queued", "cancelled"]


def test_waiting_ends_with_the_job_though_nobody_tells_of_rests(
    ledger: MemoryLedger, waiting_room: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting_room._rests.ensure()  # and now a worker of the version before ends the job
    monkeypatch.setattr(waiting_room._rests, "_deliver", lambda _: None)
    monkeypatch.setattr(follow, "LOOK_S", 0.05)
    threading.Timer(0.1, lambda: ledger.cancel("j", "local")).start()
    started = time.monotonic()
    record = waiting_room.wait_for_rest("j", 10)
    assert record is not None
    assert record.state == "cancelled"
    assert time.monotonic() - started < 5


def test_waiting_ends_with_its_time(waiting_room: Hub) -> None:
    record = waiting_room.wait_for_rest("j", 0.1)
    assert record is not None
    assert record.state == "queued"


def test_waiting_for_an_unknown_job_ends_at_once(waiting_room: Hub) -> None:
    assert waiting_room.wait_for_rest("nobody", 10) is None
