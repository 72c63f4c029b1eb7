from __future__ import annotations

import contextlib
import json
import threading
import time
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import redis
from celery import Celery

from common import canvas, metrics
from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Node, Plan
from common.contracts.stages import QUEUES
from common.errors import LedgerUnavailable, StorageError
from common.ledger.memory import MemoryLedger
from common.ledger.records import Claim, Limits, NewJob
from common.stores import ArtifactStore
from gateway import promises
from gateway.broker import FRESH_S, Broker, Messages, _routing_key
from gateway.reconciler import (
    PATIENCE_MS,
    RECOUNT_S,
    RENEWAL_S,
    SLOW_AT_ONCE,
    Reconciler,
    run_until,
)

PLAN = Plan(nodes=(Node(id="fusion.measure", stage="fusion.measure", queue="fusion"),))
TEN_MINUTES_MS = 600_000


class World:
    """A reconciler, the clock, and what the broker holds and gets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ms = 1_800_000_000_000
        self.ledger = MemoryLedger(lambda: self.now_ms)
        self.ledger.declare_whole()
        self.store = ArtifactStore("memory:///")
        self.depth = self.taken = self.fresh = 0
        self.published: list[str] = []
        monkeypatch.setattr(canvas, "publish_again", self._publish)
        monkeypatch.setattr(time, "monotonic", lambda: self.now_ms / 1000)
        self.reconciler = self.another()

    def another(self, period_s: float = 1.0) -> Reconciler:
        return Reconciler(Celery(), self.ledger, self.store, self, period_s)  # type: ignore[arg-type]

    def messages(self, queues: tuple[str, ...]) -> dict[str, Messages]:
        none, fusion = Messages(0, 0, 0), Messages(self.depth, self.taken, self.fresh)
        return dict.fromkeys(queues, none) | {"fusion": fusion}

    def _publish(self, _: Celery, nodes: list[Any]) -> None:
        self.published += [node.job for node in nodes]
        self.depth += len(nodes)

    def accept(self, *jobs: str, messages: int = 0) -> None:
        for job in jobs:
            ref = ArtifactRef(name="photo", sha256="a" * 64, size=1, media_type="image/jpeg")
            self.ledger.accept(NewJob(job, "ann", "figurine", {}, PLAN, (ref,)), Limits(10_000))
        self.depth += messages

    def sweep(self, after_ms: int = 0) -> list[str]:
        """Let time pass, sweep, and tell which jobs were published again."""
        self.now_ms += after_ms
        self.published.clear()
        self.reconciler.sweep()
        return list(self.published)

    def rounds(self, seconds: float) -> list[str]:
        """Sweep once a second, as ``sweep`` does."""
        return [job for _ in range(int(seconds)) for job in self.sweep(1_000)]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


# -- counters ------------------------------------------------------------------------
def test_the_leader_sets_counters_right_at_once_and_then_every_hour(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    began, counted = world.now_ms, []

    def recount() -> int:
        counted.append((world.now_ms - began) / 1000)
        return 3

    monkeypatch.setattr(world.ledger, "recount", recount)
    for _ in range(5):
        world.sweep(int(RECOUNT_S * 1000 / 3))
        world.reconciler._aside.submit(int).result()
    assert counted == [RECOUNT_S / 3, RECOUNT_S * 4 / 3]
    assert "3 counters" in caplog.text


def test_a_count_that_takes_long_keeps_no_lease_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_since_before(world)
    enough = threading.Event()
    monkeypatch.setattr(world.ledger, "recount", lambda: int(enough.wait(30)))
    world.reconciler._recount_at = 0.0
    assert "j1" in world.rounds(12)
    assert not enough.is_set()
    enough.set()


def test_a_count_that_redis_left_is_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [LedgerUnavailable("away"), 0]
    asked: list[object] = []

    def recount() -> int:
        asked.append(answers[len(asked)])
        if isinstance(asked[-1], Exception):
            raise asked[-1]
        return 0

    monkeypatch.setattr(world.ledger, "recount", recount)
    for _ in range(6):
        world.sweep(1_000)
        world.reconciler._aside.submit(int).result()
    assert asked == answers


def test_who_does_not_lead_does_not_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.sweep()
    monkeypatch.setattr(world.ledger, "recount", lambda: pytest.fail("it does not lead"))
    other = world.another()
    other._who = "somebody else"
    other.sweep()


# -- messages ------------------------------------------------------------------------
def test_a_message_that_never_came_is_published_again(world: World) -> None:
    world.accept("j1")
    assert world.sweep(2_000) == ["j1"]


def test_of_many_that_wait_long_only_as_many_as_are_missing_are_published(world: World) -> None:
    world.accept(*(f"j{n}" for n in range(100)), messages=98)
    assert world.sweep(TEN_MINUTES_MS) == ["j0", "j1"]


def test_a_message_that_is_on_its_way_is_not(world: World) -> None:
    world.accept("j1")
    assert world.sweep(500) == []


def test_a_message_that_is_published_again_is_given_time_to_arrive(world: World) -> None:
    world.accept("j1")
    world.sweep(2_000)
    world.depth = 0
    assert world.sweep(1_000) == []
    assert world.sweep(4_000) == ["j1"]


def test_a_thousand_queued_jobs_are_no_loss_while_their_workers_are_away(world: World) -> None:
    world.accept(*(f"j{n}" for n in range(1_000)), messages=1_000)
    again = [job for _ in range(60) for job in world.sweep(1_000)]
    assert again == []


def test_a_stage_that_waits_too_long_beside_a_warm_worker_is_published_again(world: World) -> None:
    # Given messages that the broker counts, but that a dead worker took along
    jobs = [f"j{n}" for n in range(100)]
    world.accept(*jobs, messages=100)
    world.now_ms += PATIENCE_MS
    world.ledger.worker_up("fusion", "f1")
    # Then they come again a few at a time
    assert world.sweep() == sorted(jobs)[:SLOW_AT_ONCE]


def test_patience_grows_with_the_waits_of_a_busy_queue(world: World) -> None:
    # Given a queue on which the last stages waited a minute
    world.accept(*(f"done{n:02}" for n in range(30)))
    world.now_ms += 60_000
    for number in range(30):
        world.ledger.claim(f"done{number:02}", "fusion.measure", "f1")
    world.accept("j1", messages=31)
    # When another one waits a minute and a half, Then nobody is nervous
    world.now_ms += 90_000
    world.ledger.worker_up("fusion", "f1")
    assert world.reconciler._patience_ms("fusion") == 120_000


def test_the_message_of_a_running_stage_stands_for_no_waiting_one(world: World) -> None:
    world.accept("j1", "j2", messages=1)  # the one of j2 is lost
    world.ledger.claim("j1", "fusion.measure", "f1")
    assert world.sweep(2_000) == ["j2"]


def test_a_message_that_a_worker_has_just_taken_stands_for_its_stage(world: World) -> None:
    world.accept("j1")
    world.taken = world.fresh = 1
    assert world.sweep(2_000) == []


def test_a_message_that_was_taken_long_ago_stands_for_no_waiting_stage(world: World) -> None:
    # Given messages that cut connections and dead workers left behind
    world.accept("j1", "j2")
    world.ledger.claim("j1", "fusion.measure", "f1")
    world.taken = 3
    assert world.sweep(2_000) == ["j2"]


def test_a_message_just_taken_that_belongs_to_a_running_stage_stands_for_no_other(
    world: World,
) -> None:
    world.accept("j1", "j2")
    world.ledger.claim("j1", "fusion.measure", "f1")
    world.taken = world.fresh = 1
    assert world.sweep(2_000) == ["j2"]


def test_a_stage_whose_worker_died_is_published_again(world: World) -> None:
    held_since_before(world)
    assert world.rounds(9) == []
    assert world.rounds(2) == ["j1"]


def test_a_job_past_its_deadline_ends_and_is_not_published(world: World) -> None:
    world.accept("j1")
    assert world.sweep(3_600_000) == []
    assert world.ledger.job("j1").state == "expired"  # type: ignore[union-attr]


def test_what_is_seen_is_told_to_prometheus(world: World) -> None:
    world.accept("j1", "j2", messages=2)
    world.ledger.worker_up("fusion", "f1")
    world.sweep(3_000)
    assert metrics.QUEUE_DEPTH.labels("fusion")._value.get() == 2
    assert metrics.OLDEST_READY.labels("fusion")._value.get() == 3
    assert metrics.WORKER_READY.labels("fusion")._value.get() == 1


# -- leaders -------------------------------------------------------------------------
def test_of_two_reconcilers_one_works(world: World) -> None:
    world.sweep()
    world.accept("j1")
    world.now_ms += 2_000
    second = world.another()
    second._who = "another"
    second.sweep()
    assert world.published == []
    assert world.sweep() == ["j1"]


def test_the_second_takes_over_when_the_first_is_silent(world: World) -> None:
    world.sweep()
    world.accept("j1")
    world.now_ms += 5_001
    second = world.another()
    second._who = "another"
    second.sweep()
    assert world.published == ["j1"]


def test_jobs_that_end_while_nobody_leads_are_counted_by_the_next_once(world: World) -> None:
    cancelled = metrics.JOBS.labels("figurine", "cancelled")._value
    world.accept("j0")
    world.ledger.cancel("j0", "ann")
    before = cancelled.get()
    standing_by = world.another()
    standing_by._who = "another"
    world.sweep()
    standing_by.sweep()
    assert cancelled.get() == before  # what ended before anybody counted is left out
    world.accept("j1", "j2", "j3")
    world.ledger.cancel("j1", "ann")
    world.sweep(1_000)
    assert cancelled.get() == before + 1
    world.ledger.cancel("j2", "ann")  # and the leader dies
    standing_by.sweep()
    world.ledger.cancel("j3", "ann")
    world.now_ms += 5_001
    standing_by.sweep()
    standing_by.sweep()
    assert cancelled.get() == before + 3


# -- leases --------------------------------------------------------------------------
def away(*_: object, **__: object) -> None:
    raise LedgerUnavailable("away")


def held_since_before(world: World) -> Claim:
    """Let a house that has been up for a while run a stage."""
    world.sweep()
    world.rounds(RENEWAL_S)
    world.accept("j1", messages=1)
    claim = world.ledger.claim("j1", "fusion.measure", "w1")
    assert isinstance(claim, Claim)
    return claim


def test_leases_that_ran_out_while_redis_was_away_may_be_renewed_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = held_since_before(world)
    with monkeypatch.context() as outage:
        outage.setattr(world.ledger, "follow", away)
        with pytest.raises(LedgerUnavailable):
            world.sweep(6_000)
    assert world.sweep(6_000) == []
    assert world.ledger.heartbeat(claim)
    assert world.rounds(9) == []  # whoever lives has renewed his
    assert world.rounds(2) == ["j1"]  # and is gone now


@pytest.mark.parametrize("outage_s", range(6, 12))
def test_nobody_loses_his_stage_by_an_outage_however_short(
    world: World, monkeypatch: pytest.MonkeyPatch, outage_s: int
) -> None:
    claim = held_since_before(world)
    world.sweep(1_000)
    world.now_ms += 1_500  # when it was to be renewed
    with monkeypatch.context() as outage:
        outage.setattr(world.ledger, "follow", away)
        for _ in range(outage_s):
            with pytest.raises(LedgerUnavailable):
                world.sweep(1_000)
    assert world.sweep(500) == []
    assert world.ledger.heartbeat(claim)


def test_nobody_loses_his_stage_by_a_sleep_of_the_machine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = held_since_before(world)
    slept_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: world.now_ms / 1000 - slept_s)
    monkeypatch.setattr(time, "time", lambda: world.now_ms / 1000)
    world.sweep(1_000)
    slept_s = 3_000.0
    assert world.sweep(3_000_000) == []
    assert world.ledger.heartbeat(claim)


@pytest.mark.parametrize("duty", ["_bring_back", "_empty_trash", "_recount"])
def test_nor_by_one_in_the_middle_of_a_round(
    world: World, monkeypatch: pytest.MonkeyPatch, duty: str
) -> None:
    claim = held_since_before(world)
    slept_s = 0.0

    def sleep() -> None:
        nonlocal slept_s
        world.now_ms, slept_s = world.now_ms + 60_000, slept_s + 60.0

    monkeypatch.setattr(time, "monotonic", lambda: world.now_ms / 1000 - slept_s)
    monkeypatch.setattr(time, "time", lambda: world.now_ms / 1000)
    world.sweep(1_000)
    with monkeypatch.context() as lid:
        lid.setattr(world.reconciler, duty, sleep)
        assert world.sweep(1_000) == []
    assert world.sweep(1_000) == []
    assert world.ledger.heartbeat(claim)


def test_a_store_that_keeps_the_rounds_waiting_is_no_outage(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait() -> None:
        world.now_ms += 6_000

    monkeypatch.setattr(world.reconciler, "_empty_trash", wait)
    held_since_before(world)
    assert [job for _ in range(3) for job in world.sweep(1_000)] == ["j1"]


def test_deadlines_pass_in_an_outage(world: World) -> None:
    world.accept("j1")
    world.sweep(3_600_000)  # its first round
    assert world.ledger.job("j1").state == "expired"  # type: ignore[union-attr]


def test_calls_that_fail_now_and_then_keep_nobody_from_taking_leases_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_since_before(world)
    monkeypatch.setattr(world, "messages", away)  # in every round, behind the duty that reaps
    again = []
    for _ in range(6):
        with pytest.raises(LedgerUnavailable):
            world.sweep(2_000)
        again += world.published
    assert again == ["j1"]


@pytest.mark.parametrize("period_s", [1.0, 60.0])
def test_rounds_that_are_rare_are_no_outage(world: World, period_s: float) -> None:
    world.reconciler = world.another(period_s)
    held_since_before(world)
    assert world.sweep(int((period_s + 1) * 1000)) == (["j1"] if period_s > 10 else [])


def test_a_reconciler_that_starts_lets_leases_be_renewed_first(world: World) -> None:
    held_since_before(world)
    world.reconciler = world.another()
    assert world.sweep(11_000) == []
    assert world.rounds(RENEWAL_S) == ["j1"]


def test_a_leader_whose_rounds_are_rare_stays_the_leader(world: World) -> None:
    rare = world.another(period_s=60)
    rare._who = "rare"
    rare.sweep()
    world.now_ms += 60_000
    assert not world.ledger.lead("reconciler", "somebody else", 1)


# -- files ---------------------------------------------------------------------------
def _trashed(world: World, data: bytes = b"old") -> ArtifactRef:
    ref = world.store.put("ann", "a.bin", "x/y", data)
    world.ledger.discard("ann", [ref.sha256])
    world.now_ms += TEN_MINUTES_MS
    return ref


def test_a_file_nobody_refers_to_is_deleted_after_a_grace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.reconciler.TRASH_GRACE", timedelta(0))
    ref = _trashed(world)
    world.sweep()
    with pytest.raises(Exception, match="no longer stored"):
        world.store.get("ann", ref)


def test_a_file_that_was_put_again_meanwhile_stays_until_the_next_time(world: World) -> None:
    ref = _trashed(world)  # by the clock of the store it was put just now
    world.sweep()
    assert world.store.get("ann", ref) == b"old"
    world.sweep()
    assert world.ledger.trash(1) == []  # not at once
    world.now_ms += TEN_MINUTES_MS
    assert world.ledger.trash(TEN_MINUTES_MS) == [("ann", ref.sha256)]


def test_a_file_that_cannot_be_deleted_goes_back_to_the_trash(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = _trashed(world)

    def fail(*_: object) -> bool:
        raise StorageError("disk gone")

    monkeypatch.setattr(world.store, "delete_stale", fail)
    world.sweep()
    assert world.ledger.trash(0) == [("ann", ref.sha256)]


def test_a_store_that_is_slow_is_asked_for_no_more_files_in_this_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases must not wait for it; what was handed out and not deleted is trash as before."""
    refs = {_trashed(world, name).sha256 for name in (b"one", b"two", b"three")}
    asked: list[str] = []

    def slow(_: str, sha256: str, __: timedelta) -> bool:
        asked.append(sha256)
        world.now_ms += 2_000
        return True

    monkeypatch.setattr(world.store, "delete_stale", slow)
    world.sweep()
    assert len(asked) == 1
    assert {sha256 for _, sha256 in world.ledger.trash(0)} == refs.difference(asked)


def test_the_promise_of_a_job_that_ends_goes_in_the_next_round(world: World) -> None:
    world.sweep()  # finds its place in the events
    fields: dict[str, Any] = {"owner": "ann", "product": "figurine", "params": {}, "inputs": ()}
    new = promises.write(world.ledger, world.store, NewJob("j1", plan=PLAN, **fields))
    world.ledger.accept(new, Limits(1))
    before = metrics.JOBS.labels("figurine", "cancelled")._value.get()
    world.sweep()
    assert promises.hashes(world.store) == [new.promise]
    world.ledger.cancel("j1", "ann")
    world.sweep()
    world.sweep()
    assert promises.hashes(world.store) == []
    assert metrics.JOBS.labels("figurine", "cancelled")._value.get() == before + 1  # once


# -- robustness ----------------------------------------------------------------------
def test_a_duty_that_fails_does_not_keep_the_others_away(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.reconciler.TRASH_GRACE", timedelta(0))
    ref = _trashed(world)

    def fail(_: object) -> dict[str, int]:
        raise redis.ResponseError("WRONGTYPE")

    monkeypatch.setattr(world, "messages", fail)
    world.sweep()
    assert "_bring_back" in caplog.text
    with pytest.raises(Exception, match="no longer stored"):
        world.store.get("ann", ref)


@pytest.mark.parametrize("error", [LedgerUnavailable("away"), KeyError("bug")])
def test_a_failed_sweep_is_followed_by_the_next(error: Exception) -> None:
    stop, sweeps = threading.Event(), []

    def sweep() -> None:
        sweeps.append(1)
        if len(sweeps) == 2:
            stop.set()
        raise error

    run_until(stop, 0.001, sweep)
    assert len(sweeps) == 2


# -- the broker as kombu writes it ---------------------------------------------------
class FakePipeline:
    """Answers like redis-py: lengths of the lists in order, then the unacknowledged messages."""

    def __init__(self, lists: dict[str, int], unacked: list[str]) -> None:
        self._lists, self._unacked = lists, unacked
        self._answers: list[Any] = []

    def pipeline(self, **_: object) -> FakePipeline:
        return self

    def llen(self, key: str) -> None:
        self._answers.append(self._lists.get(key, 0))

    def hgetall(self, key: str) -> None:
        assert key == "kiln:unacked"
        self._answers.append({str(tag): entry for tag, entry in enumerate(self._unacked)})

    def zrangebyscore(self, key: str, since: float, until: str) -> None:
        assert key == "kiln:unacked_index"
        assert (time.time() - since, until) == (pytest.approx(FRESH_S, abs=1), "+inf")
        self._answers.append(["0", "acknowledged meanwhile"])

    def execute(self) -> list[Any]:
        return self._answers


def _depths(lists: dict[str, int], *unacked: str) -> dict[str, int]:
    found = Broker(FakePipeline(lists, list(unacked))).messages(QUEUES)  # type: ignore[arg-type]
    return {queue: messages.waiting + messages.taken for queue, messages in found.items()}


def test_waiting_messages_of_every_priority_are_counted() -> None:
    lists = {"kiln:fusion": 3, "kiln:fusion\x06\x163": 2, "kiln:fusion\x06\x169": 1}
    assert _depths(lists) == dict.fromkeys(QUEUES, 0) | {"fusion": 6}


def test_messages_at_a_worker_are_counted_too() -> None:
    entry = json.dumps([{"body": "..."}, "kiln", "fusion"])
    assert _depths({}, entry, entry) == dict.fromkeys(QUEUES, 0) | {"fusion": 2}


def test_of_the_messages_at_a_worker_those_of_a_moment_ago_are_told_apart() -> None:
    entry = json.dumps([{"body": "..."}, "kiln", "fusion"])
    pipeline: Any = FakePipeline({"kiln:fusion": 4}, [entry, entry, entry])
    assert Broker(pipeline).messages(["fusion"]) == {"fusion": Messages(4, 3, fresh=1)}


@pytest.mark.parametrize(
    "entry", ["", "not json{", "null", "7", "{}", "[]", '["a", "b"]', '[1, 2, ["fusion"]]']
)
def test_a_broken_entry_of_the_broker_is_no_message(entry: str) -> None:
    assert _routing_key(entry) is None
    assert _depths({}, entry)["fusion"] == 0


def test_a_message_of_a_queue_that_is_not_ours_is_not_counted() -> None:
    assert sum(_depths({}, json.dumps([{}, "", "celery.pidbox"])).values()) == 0


def test_a_broker_that_is_away_is_one_kind_of_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> list[Any]:
        raise redis.ConnectionError

    monkeypatch.setattr(FakePipeline, "execute", away)
    with pytest.raises(LedgerUnavailable):
        _depths({})


# -- what it tells -------------------------------------------------------------------------
def test_a_leader_tells_how_the_house_is_doing(world: World) -> None:
    world.accept("j1", "j2", messages=2)
    world.ledger.worker_up("fusion", "f1", slots=3)
    world.ledger.claim("j1", "fusion.measure", "f1")
    world.sweep()
    gauges = (metrics.QUEUE_DEPTH, metrics.STAGE_RUNNING, metrics.WORKER_SLOTS)
    assert [gauge.labels("fusion")._value.get() for gauge in gauges] == [1, 1, 3]
    assert metrics.JOBS_OPEN.labels("figurine")._value.get() == 2
    assert metrics.CELERY_QUEUE.labels("fusion")._value.get() == 2
    assert metrics.CELERY_UP.labels("f1")._value.get() == 1
    assert metrics.REDIS_UP._value.get() == 1


def test_who_does_not_lead_tells_no_old_numbers(world: World) -> None:
    world.sweep()
    other = world.another()
    other._who = "somebody else"
    other.sweep()
    assert not metrics.QUEUE_DEPTH._metrics
    assert metrics.REDIS_UP._value.get() == 1


def test_a_redis_that_is_away_is_told_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sweep()

    def away(*_: object) -> None:
        raise LedgerUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "census", away)
        with pytest.raises(LedgerUnavailable):
            world.sweep()
    assert metrics.REDIS_UP._value.get() == 0
    assert not metrics.QUEUE_DEPTH._metrics
    world.sweep()
    assert metrics.REDIS_UP._value.get() == 1


def test_the_end_of_a_round_is_told_by_the_clock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_at(after_ms: int) -> float:
        with contextlib.suppress(LedgerUnavailable):
            world.sweep(after_ms)
        return float(metrics.LAST_ROUND._value.get()) - began

    monkeypatch.setattr(time, "time", lambda: world.now_ms / 1000)
    began = world.now_ms / 1000
    assert ends_at(1_000) == 1
    assert ends_at(1_000) == 2
    # a round that ends early is none
    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "census", Mock(side_effect=LedgerUnavailable("away")))
        assert ends_at(1_000) == 2
    # nor is that of one that does not lead
    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "lead", lambda *_: False)
        assert ends_at(1_000) == 2
    # a bug in one duty keeps none of the others away
    monkeypatch.setattr(world.ledger, "census", Mock(side_effect=KeyError("bug")))
    assert ends_at(1_000) == 5
