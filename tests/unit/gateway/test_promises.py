"""What outlives the ledger: a promise beside each photo, and jobs that are made of it again."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from common.contracts.plans import Plan
from common.errors import LedgerUnavailable, NotPaused, StorageError
from common.ledger.memory import MemoryLedger
from common.ledger.protocol import PROMISES
from common.ledger.records import (
    DAY_MS,
    HOUR_MS,
    PAUSE_MS,
    Approval,
    Claim,
    Hook,
    JobState,
    Limits,
    NewJob,
    NodeResult,
)
from common.stores import ArtifactStore
from gateway import promises, watch
from gateway.domain.figurines import FigurineParams
from gateway.house import EXTENSION
from gateway.plan import figurine_plan, recipe_plan
from gateway.promises import Promise, Unreadable
from gateway.recover import SETTLING_MS, Recovery, Rescuer, forgotten
from gateway.resume import resume
from gateway.sweep import sweepable
from gateway.watch import PromiseWatch
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

PLAN = figurine_plan(FigurineParams().formats)


@dataclass
class World:
    """A store that stays, a ledger that gets lost, and a clock for all."""

    monkeypatch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        self.now_ms = 1_700_000_000_000  # in the past of every clock
        self.store = ArtifactStore("memory:///")
        self.published: list[str] = []
        self.monkeypatch.setattr(promises, "_now_ms", lambda: self.now_ms)
        self.lose()

    def lose(self) -> None:
        self.ledger = MemoryLedger(lambda: self.now_ms)

    def promise(self, job: str, **changes: Any) -> NewJob:
        photo = self.store.put("ann", "photo", "image/jpeg", job.encode(), internal=True)
        new = NewJob(job, "ann", "figurine", {"style": "pop"}, PLAN, (photo,))
        return promises.write(self.ledger, self.store, replace(new, **changes))

    def accept(self, job: str, **changes: Any) -> NewJob:
        new = self.promise(job, **changes)
        assert self.ledger.accept(new, Limits(10_000)).status == "accepted"
        return new

    def recover(self, after_ms: int = SETTLING_MS, *, renew: bool = False) -> Recovery:
        self.now_ms += after_ms
        publish = self._publish
        rescuer = Rescuer(self.ledger, self.store, publish, renew, lambda: self.now_ms, self._pause)
        return rescuer.recover()

    def _publish(self, job: str, _: Plan) -> None:
        self.published.append(job)

    def _pause(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)

    def state(self, job: str) -> JobState:
        record = self.ledger.job(job)
        assert record is not None
        return record.state


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


# -- promises ----------------------------------------------------------------------------
def test_a_promise_is_read_as_it_was_written(world: World) -> None:
    hook = Hook("https://example.com/", ("failed",))
    new = world.promise("j1", hook=hook, idempotency_key="k", cancel_after_ms=5)
    (read,) = promises.read_all(world.store)
    assert isinstance(read, Promise)
    assert read.job == new
    assert (read.accepted_ms, read.revision) == (world.now_ms, 0)


def test_a_promise_lies_in_the_trash_until_its_job_is_accepted(world: World) -> None:
    """Whoever writes it may die before that."""
    new = world.promise("j1")
    assert world.ledger.trash(0) == [(PROMISES, new.promise)]
    world.ledger.accept(new, Limits(1))
    world.now_ms += HOUR_MS
    assert world.ledger.trash(0) == []


def test_what_a_newer_version_has_added_is_not_read_and_what_an_older_lacks_has_a_default(
    world: World,
) -> None:
    new = world.promise("j1")
    (read,) = promises.read_all(world.store)
    assert isinstance(read, Promise)
    said = json.loads(read.model_dump_json())
    said |= {"colour": "red", "job": said["job"] | {"mood": "good"}}
    del said["revision"], said["job"]["hook"], said["job"]["trace"]
    text = json.dumps(said).encode()
    ref = world.store.put(PROMISES, "promise", "application/json", text)
    again = promises.read(world.store, ref.sha256)
    assert isinstance(again, Promise)
    assert replace(again.job, promise=new.promise) == new


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"not json", "file"),
        (b'{"version": 2, "accepted_ms": 1, "since_ms": 1}', "job, version"),
        (b"[]", "file"),
    ],
)
def test_what_cannot_be_read_says_why_and_nothing_of_what_is_in_it(
    world: World, text: bytes, why: str
) -> None:
    world.store.put(PROMISES, "promise", "application/json", text)
    (found,) = promises.read_all(world.store)
    assert isinstance(found, Unreadable)
    assert found.why == f"it does not fit: {why}"


def test_a_job_that_is_known_whole_is_promised_to_nobody(stack: Stack) -> None:
    stack.run(stack.submit(style="pop"))
    before = promises.hashes(stack.store)
    assert stack.post(query_string={"style": "pop"}).json["state"] == "succeeded"
    assert promises.hashes(stack.store) == before


def test_the_202_comes_after_photo_and_promise(stack: Stack) -> None:
    job = stack.submit(style="oil")
    (promise,) = promises.read_all(stack.store)
    assert isinstance(promise, Promise)
    assert (promise.job.job, promise.job.params["style"]) == (job, "oil")
    assert stack.record(job).promise == promise.job.promise
    assert stack.store.get("local", promise.job.inputs[0]) == jpeg()


def test_a_store_that_takes_no_promise_takes_no_job(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = stack.store.keep

    def full(owner: str, *rest: Any) -> None:
        if owner == PROMISES:
            raise StorageError("the disk is full")
        keep(owner, *rest)

    monkeypatch.setattr(stack.store, "keep", full)
    assert stack.post().status_code == 503
    assert stack.ledger.jobs("local", None, 10) == []


def test_resuming_promises_what_was_corrected(stack: Stack) -> None:
    job = stack.paused()
    (before,) = promises.hashes(stack.store)
    answer = stack.client.post(f"/v1/jobs/{job}/resume", json={"ingredients": ["feta"]})
    assert answer.status_code == 202
    (after,) = promises.read_all(stack.store)
    assert isinstance(after, Promise)
    assert after.job.promise == stack.record(job).promise != before
    assert (after.revision, after.job.params["edited"]) == (1, ["feta"])
    assert not any(node.hold for node in after.job.plan.nodes)


def test_a_job_that_goes_on_has_its_whole_time_from_then_on(stack: Stack) -> None:
    job = stack.paused()
    (before,) = promises.read_all(stack.store)
    assert isinstance(before, Promise)
    assert stack.client.post(f"/v1/jobs/{job}/resume").status_code == 202
    (after,) = promises.read_all(stack.store)
    assert isinstance(after, Promise)
    assert after.accepted_ms == before.accepted_ms
    assert after.since_ms > before.since_ms


def test_a_further_pause_is_promised_too(stack: Stack) -> None:
    job = stack.paused()
    answer = stack.client.post(f"/v1/jobs/{job}/resume", json={"pause_after": "ingredients"})
    assert answer.status_code == 202, answer.text
    (after,) = promises.read_all(stack.store)
    assert isinstance(after, Promise)
    assert any(node.hold for node in after.job.plan.nodes)


def test_who_resumes_too_late_leaves_no_promise(stack: Stack) -> None:
    job = stack.paused()
    assert stack.client.post(f"/v1/jobs/{job}/resume").status_code == 202
    before = promises.hashes(stack.store)
    assert stack.client.post(f"/v1/jobs/{job}/resume", json={"servings": 9}).status_code == 409
    assert promises.hashes(stack.store) == before


def test_the_same_answer_twice_in_one_moment_keeps_its_promise(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "_now_ms", lambda: 1_700_000_000_000)
    job = stack.paused()
    before = stack.record(job)
    house = stack.app.extensions[EXTENSION]
    with stack.app.test_request_context():
        with monkeypatch.context() as patch:  # the other is still reading what this one replaces
            patch.setattr(promises, "forget", lambda *_: True)
            resume(house, before, {"servings": 4})
        with pytest.raises(NotPaused):
            resume(house, before, {"servings": 4})
    assert stack.record(job).promise in promises.hashes(stack.store)


def test_a_cancelled_job_is_promised_no_more(stack: Stack) -> None:
    job = stack.submit()
    assert stack.client.post(f"/v1/jobs/{job}/cancel").status_code == 202
    assert promises.hashes(stack.store) == []


# -- recovery ----------------------------------------------------------------------------
def test_every_unfinished_job_comes_back_as_it_was(world: World) -> None:
    hook = Hook("https://example.com/", ("failed",))
    before = [
        world.accept("j1", idempotency_key="k", fingerprint="f", hook=hook),
        world.accept("j2", owner="bob"),
    ]
    world.store.put("bob", "photo", "image/jpeg", b"j2")
    world.lose()
    found = world.recover()
    assert sorted(found.rebuilt) == sorted(world.published) == ["j1", "j2"]
    for new in before:
        record = world.ledger.job(new.job)
        assert record is not None
        assert (record.owner, record.params, record.plan) == (new.owner, new.params, new.plan)
        assert (record.promise, record.hook) == (new.promise, new.hook)
        assert record.artifacts["photo"] == new.inputs[0]
    again = world.ledger.accept(replace(before[0], job="other"), Limits(10))
    assert (again.status, again.job) == ("replayed", "j1")


def test_who_still_works_for_the_lost_ledger_commits_nothing(world: World) -> None:
    world.accept("j1")
    old = world.ledger.claim("j1", "fusion.measure", "w1")
    assert isinstance(old, Claim)
    world.lose()
    world.recover()
    new = world.ledger.claim("j1", "fusion.measure", "w2")
    assert isinstance(new, Claim)
    assert world.ledger.commit(old, [], NodeResult(engine="builtin"), "k").status == "lost"
    assert world.ledger.heartbeat(new)


def test_recovering_twice_and_beside_a_running_house_changes_nothing(world: World) -> None:
    world.accept("j1")
    assert (world.recover().rebuilt, world.recover().known, world.published) == ([], 1, [])
    world.lose()
    assert world.recover().rebuilt == ["j1"]
    assert (world.recover().rebuilt, world.recover().known) == ([], 1)
    assert world.published == ["j1"]


def test_limits_keep_nobody_out_who_was_in(world: World) -> None:
    for n in range(30):
        world.accept(f"j{n}")
    world.lose()
    assert len(world.recover().rebuilt) == 30


def test_a_job_gets_the_time_that_is_left_of_its_deadline(world: World) -> None:
    world.accept("j1", deadline_ms=HOUR_MS)
    world.lose()
    world.recover(after_ms=HOUR_MS // 2)
    record = world.ledger.job("j1")
    assert record is not None
    assert record.deadline_ms == world.now_ms + HOUR_MS // 2


def test_a_job_whose_deadline_has_passed_ends_with_that_reason(world: World) -> None:
    world.accept("j1", deadline_ms=HOUR_MS)
    world.lose()
    found = world.recover(after_ms=2 * HOUR_MS)
    assert (found.rebuilt, found.expired, world.published) == ([], ["j1"], [])
    world.now_ms += 1
    assert world.ledger.reap().expired == 1
    assert world.state("j1") is JobState.EXPIRED


def test_renewed_jobs_have_their_whole_time_again(world: World) -> None:
    world.accept("j1", deadline_ms=HOUR_MS)
    world.lose()
    assert world.recover(after_ms=2 * HOUR_MS, renew=True).rebuilt == ["j1"]


def test_the_clock_of_cancel_after_has_not_stopped(world: World) -> None:
    world.accept("j1", cancel_after_ms=60_000)
    world.lose()
    world.recover(after_ms=20_000)
    record = world.ledger.job("j1")
    assert record is not None
    assert record.cancel_at_ms == world.now_ms + 40_000


def test_nor_has_it_begun_anew_after_a_pause(world: World) -> None:
    world.accept("j1", plan=recipe_plan(1, pause=True), cancel_after_ms=HOUR_MS)
    ends = world.now_ms + HOUR_MS
    record = world.ledger.job("j1")
    assert record is not None
    world.now_ms += HOUR_MS // 2
    promises.rewrite(world.ledger, world.store, record, Approval({}))
    world.lose()
    world.recover()
    again = world.ledger.job("j1")
    assert again is not None
    assert again.cancel_at_ms == ends


def test_a_pause_does_not_use_up_the_deadline(world: World) -> None:
    world.accept("j1", plan=recipe_plan(1, pause=True), deadline_ms=HOUR_MS)
    world.lose()
    assert world.recover(after_ms=PAUSE_MS).rebuilt == ["j1"]
    world.lose()
    assert world.recover(after_ms=2 * HOUR_MS).expired == ["j1"]


def test_a_job_that_should_have_been_cancelled_meanwhile_is_cancelled(world: World) -> None:
    ends = world.now_ms + 60_000
    world.accept("j1", cancel_after_ms=60_000)
    world.lose()
    world.recover(after_ms=HOUR_MS)
    record = world.ledger.job("j1")
    assert record is not None
    assert record.cancel_at_ms == ends
    assert world.ledger.reap().cancelled == 1
    assert world.state("j1") is JobState.CANCELLED


def test_nobody_gets_more_time_than_he_asked_for(world: World) -> None:
    """Neither of a pause that may come yet, nor of a deadline that has not passed."""
    world.accept("j1", plan=recipe_plan(1, pause=True), deadline_ms=HOUR_MS, photo_ttl_ms=DAY_MS)
    world.lose()
    world.recover()
    record = world.ledger.job("j1")
    assert record is not None
    assert record.deadline_ms == world.now_ms + HOUR_MS
    world.ledger.cancel("j1", "ann")
    assert world.ledger._book.jobs["j1"].due["photo"] == world.now_ms + DAY_MS


def test_a_photo_whose_time_is_over_is_not_revived(world: World) -> None:
    world.accept("j1", deadline_ms=HOUR_MS, photo_ttl_ms=DAY_MS)
    world.lose()
    (loss,) = world.recover(after_ms=DAY_MS + HOUR_MS).lost
    assert (loss.job, "is over" in loss.why) == ("j1", True)
    assert world.ledger.job("j1") is None


def test_a_photo_lives_no_longer_because_redis_was_lost(world: World) -> None:
    world.accept("j1", deadline_ms=HOUR_MS, photo_ttl_ms=DAY_MS)
    accepted_ms = world.now_ms
    world.lose()
    world.recover(after_ms=20 * HOUR_MS)
    world.now_ms += 1
    world.ledger.reap()
    assert world.ledger._book.jobs["j1"].due["photo"] == accepted_ms + HOUR_MS + DAY_MS + 1


def test_a_job_whose_photo_is_gone_is_reported(world: World) -> None:
    new = world.accept("j1")
    world.store.delete_stale("ann", new.inputs[0].sha256, timedelta(0))
    world.lose()
    (loss,) = world.recover().lost
    assert (loss.job, loss.why) == ("j1", "its photo is no longer stored")


def test_a_promise_that_cannot_be_read_keeps_no_other_job_away(world: World) -> None:
    world.accept("j1")
    world.store.put(PROMISES, "promise", "application/json", b"{}")
    world.lose()
    found = world.recover()
    assert (found.rebuilt, [loss.job for loss in found.lost]) == (["j1"], [""])


def test_of_two_promises_of_a_job_the_later_counts(world: World) -> None:
    new = world.accept("j1")
    promise = promises.read(world.store, new.promise)
    assert isinstance(promise, Promise)
    job = replace(new, params={"style": "oil"})
    later = promise.model_copy(update={"revision": 1, "job": job})
    promises._written(world.ledger, world.store, later)
    world.lose()
    assert world.recover().rebuilt == ["j1"]
    record = world.ledger.job("j1")
    assert record is not None
    assert record.params == {"style": "oil"}


def test_a_key_that_belongs_to_a_later_job_costs_the_earlier_one_nothing(world: World) -> None:
    world.accept("j1", idempotency_key="k", fingerprint="f")
    world.lose()
    world.accept("j2", idempotency_key="k", fingerprint="f")
    assert world.recover().rebuilt == ["j1"]


def test_a_submit_that_is_on_its_way_is_let_in_first(world: World) -> None:
    new = world.promise("j1")
    rescuer = Rescuer(
        world.ledger,
        world.store,
        world._publish,
        clock=lambda: world.now_ms,
        pause=lambda _: promises.forget(world.store, new.promise),  # it was refused
    )
    assert rescuer.recover().rebuilt == []
    assert world.ledger.job("j1") is None


# -- noticing a loss -----------------------------------------------------------------------
def eye(world: World, monkeypatch: pytest.MonkeyPatch) -> PromiseWatch:
    monkeypatch.setattr(watch, "LOOK_S", 0)
    return PromiseWatch(world.ledger, world.store)


def test_an_empty_house_without_promises_has_lost_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not world.ledger.whole()
    eye(world, monkeypatch).look_for_loss()
    assert world.ledger.whole()


def test_promises_that_an_empty_ledger_does_not_know_are_told_until_they_are_recovered(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.accept("j1")
    world.lose()
    looking = eye(world, monkeypatch)
    with caplog.at_level(logging.ERROR):
        looking.look_for_loss()
        looking.look_for_loss()
    assert caplog.text.count("has lost 1 jobs that were promised, such as j1: run `kiln recov") == 1
    assert not world.ledger.whole()
    world.recover()
    assert world.ledger.whole()


def test_the_store_is_looked_at_every_few_seconds_and_not_in_each_period(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.accept("j1")
    world.lose()
    seconds, looked = [1000.0], []
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    read_all = promises.read_all
    monkeypatch.setattr(promises, "read_all", lambda s: looked.append(seconds[0]) or read_all(s))
    looking = PromiseWatch(world.ledger, world.store)
    for _ in range(45):
        looking.look_for_loss()
        seconds[0] += 0.25
    assert looked == [1000.0, 1005.0, 1010.0]


def test_a_promise_too_young_to_tell_is_neither(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(promises, "_now_ms", lambda: 4_000_000_000_000)
    world.promise("j1")
    assert forgotten(world.ledger, world.store) == ([], 1)
    eye(world, monkeypatch).look_for_loss()
    assert not world.ledger.whole()
    assert caplog.text == ""


def test_a_job_that_nobody_knows_may_be_one_that_was_lost(stack: Stack) -> None:
    assert stack.client.get("/v1/jobs/nobody").status_code == 404
    stack.ledger._whole = False
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events")):
        answer = stack.client.open(f"/v1/jobs/nobody{path}", method=method)
        assert (answer.status_code, answer.json["code"]) == (503, "ledger_unavailable"), path


def test_the_promise_of_a_job_that_has_ended_goes_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.accept("j1")
    world.accept("j2")
    world.ledger.cancel("j1", "ann")
    looking = eye(world, monkeypatch)
    looking.note([event for event in world.ledger.follow("0", 0)[1] if event.terminal])
    looking.forget()
    (left,) = promises.read_all(world.store)
    assert isinstance(left, Promise)
    assert left.job.job == "j2"


def test_a_promise_that_redis_kept_from_going_goes_in_the_next_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise LedgerUnavailable("Redis does not answer")

    world.accept("j1")
    world.ledger.cancel("j1", "ann")
    looking = eye(world, monkeypatch)
    looking.note([event for event in world.ledger.follow("0", 0)[1] if event.terminal])
    with monkeypatch.context() as outage:
        outage.setattr(world.ledger, "job", away)
        with pytest.raises(LedgerUnavailable):
            looking.forget()
    looking.forget()
    assert promises.hashes(world.store) == []


# -- the sweep -----------------------------------------------------------------------------
def test_a_promise_and_its_photos_are_never_swept(world: World) -> None:
    lost, ended = world.accept("lost"), world.accept("ended")
    world.lose()
    world.ledger.accept(ended, Limits(10))
    world.ledger.cancel("ended", "ann")
    stray = world.store.put("ann", "x", "text/plain", b"stray")
    everything = [
        *((PROMISES, new.promise) for new in (lost, ended)),
        *(("ann", ref.sha256) for ref in (*lost.inputs, *ended.inputs, stray)),
    ]
    found = sweepable(world.ledger, world.store, everything, world.now_ms)
    assert set(found) == {
        (PROMISES, ended.promise),
        ("ann", ended.inputs[0].sha256),
        ("ann", stray.sha256),
    }
    late = world.now_ms + 10 * DAY_MS  # nobody can keep it any more
    assert set(sweepable(world.ledger, world.store, everything, late)) == set(everything)


def test_nothing_is_swept_while_a_promise_cannot_be_read(world: World) -> None:
    world.store.put(PROMISES, "promise", "application/json", b"{}")
    with pytest.raises(StorageError, match="nothing is swept"):
        sweepable(world.ledger, world.store, [("ann", "a" * 64)], world.now_ms)


def test_nothing_is_swept_while_a_promise_is_damaged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> bytes:
        raise StorageError("promise.json does not match its checksum")

    new = world.accept("j1")
    world.lose()
    monkeypatch.setattr(world.store, "get", damaged)
    with pytest.raises(StorageError, match="nothing is swept"):
        sweepable(world.ledger, world.store, [("ann", new.inputs[0].sha256)], world.now_ms)
    assert [loss.promise for loss in world.recover().lost] == [new.promise]


def test_a_store_that_is_away_is_asked_once_in_a_period(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def away(_: str, sha256: str, __: timedelta) -> bool:
        asked.append(sha256)
        raise StorageError("the bucket does not answer")

    for n in range(5):
        world.accept(f"j{n}")
        world.ledger.cancel(f"j{n}", "ann")
    monkeypatch.setattr(world.store, "delete_stale", away)
    looking = eye(world, monkeypatch)
    looking.note([event for event in world.ledger.follow("0", 0)[1] if event.terminal])
    looking.forget()
    assert len(asked) == 1
