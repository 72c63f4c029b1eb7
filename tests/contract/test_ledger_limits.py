"""Both ledgers: who is let in, what a file counts, and jobs that end by their own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from common.contracts.plans import Plan
from common.errors import NoFace
from common.ledger.protocol import PROMISES
from common.ledger.records import HOUR_MS, Approval, Limits
from tests.contract.conftest import DIAMOND, EPOCH_MS, HELD, ONE, House, artifact, node

if TYPE_CHECKING:
    import redis

    from common.contracts.artifacts import ArtifactRef
    from common.ledger.records import Accepted, MemoHit

pytestmark = pytest.mark.contract

BLUE = Plan(nodes=(node("a", queue="blue"),))
ROOM = Limits(100)


def sized(name: str, size: int) -> ArtifactRef:
    return artifact(name, internal=True).model_copy(update={"size": size})


def asked(house: House, job: str, plan: Plan = ONE, **limits: int) -> Accepted:
    return house.accept(job, plan, limits=Limits(**({"max_active": 100} | limits)))


def known(house: House) -> dict[str, MemoHit]:
    """What a job of one stage left behind, to accept the next one as known whole."""
    house.accept("first", ONE)
    house.run("a", job="first")
    (hit,) = house.ledger.memos("ann", ["first a"])
    assert hit is not None
    return {"a": hit}


# -- jobs -------------------------------------------------------------------------------------
def test_an_owner_has_so_many_unfinished_jobs_and_others_are_not_asked(house: House) -> None:
    limits = Limits(100, max_active_of_owner=2)
    assert [house.accept(job, limits=limits).status for job in ("j1", "j2")] == ["accepted"] * 2
    refused = house.accept("j3", limits=limits)
    assert (refused.status, refused.active, house.ledger.job("j3")) == ("too_many", 2, None)
    assert house.accept("j3", limits=limits, owner="bob").status == "accepted"
    house.ledger.cancel("j1", "ann")
    assert house.accept("j4", limits=limits).status == "accepted"


def test_the_house_is_asked_before_the_owner(house: House) -> None:
    house.accept("j1")
    assert asked(house, "j2", max_active=1, max_active_of_owner=1).status == "busy"


def test_a_paused_job_takes_no_place_of_its_owner(house: House) -> None:
    house.accept("j1", HELD)
    house.run("a")
    assert house.state() == "paused"
    assert asked(house, "j2", max_active_of_owner=1).status == "accepted"
    house.ledger.resume("j1", "ann", Approval({}))
    refused = asked(house, "j3", max_active_of_owner=2)
    assert (refused.status, refused.active) == ("too_many", 2)


def test_the_sixth_job_that_needs_a_queue_of_five_is_too_deep(house: House) -> None:
    assert {asked(house, f"j{n}", max_depth=5).status for n in range(5)} == {"accepted"}
    refused = asked(house, "j6", DIAMOND, max_depth=5)
    assert (refused.status, refused.active, house.ledger.job("j6")) == ("deep", 5, None)
    assert asked(house, "elsewhere", BLUE, max_depth=5).status == "accepted"
    house.claim("a", "j0")  # what runs does not wait
    assert asked(house, "j7", max_depth=5).status == "accepted"


def test_a_queue_that_is_needed_later_counts_as_well(house: House) -> None:
    house.accept("j1", BLUE)
    assert asked(house, "j2", DIAMOND, max_depth=1).status == "deep"  # its c is blue


def test_what_is_remembered_whole_is_let_in_whatever_is_going_on(house: House) -> None:
    memoised = known(house)
    house.accept("j1", ONE)
    full = Limits(1, max_active_of_owner=1, max_depth=1, max_bytes=14, max_bytes_of_owner=14)
    assert house.accept("j2", ONE, limits=full).status == "busy"
    same_photo = (artifact("photo", "photo of first", internal=True),)
    answer = house.accept("j2", ONE, limits=full, memoised=memoised, inputs=same_photo)
    assert (answer.status, house.state("j2")) == ("accepted", "succeeded")


def test_a_replay_and_a_conflict_come_before_every_limit(house: House) -> None:
    house.accept("j1", idempotency_key="k", fingerprint="f")
    nothing = Limits(0, 0, 0, 0, 0)
    same: dict[str, Any] = {"idempotency_key": "k", "limits": nothing}
    assert house.accept("j2", fingerprint="f", **same).status == "replayed"
    assert house.accept("j2", fingerprint="g", **same).status == "conflict"
    assert house.accept("j1", limits=nothing).status == "replayed"


# -- bytes ------------------------------------------------------------------------------------
def test_a_file_counts_once_however_many_refer_to_it(house: House) -> None:
    photo = sized("photo", 1000)
    for job in ("j1", "j2"):
        house.accept(job, ONE, inputs=(photo,))
    house.accept("j3", ONE, inputs=(photo,), owner="bob")
    told = [house.ledger.bytes_of(who) for who in ("ann", "bob", "carl", None)]
    assert told == [1000, 1000, 0, 2000]


def test_bytes_go_with_the_last_reference(house: House) -> None:
    for job in ("j1", "j2"):
        house.accept(job, ONE, inputs=(sized("photo", 1000),), photo_ttl_ms=HOUR_MS)
    house.run("a", job="j1")
    assert house.ledger.bytes_of("ann") == 1007  # and what was made
    house.later(HOUR_MS)
    house.ledger.expire()
    assert house.ledger.bytes_of() == 1007
    house.ledger.cancel("j2", "ann")
    house.later(HOUR_MS)
    house.ledger.expire()
    assert (house.ledger.bytes_of("ann"), house.ledger.bytes_of()) == (7, 7)


def test_a_file_that_is_replaced_no_longer_counts(house: House) -> None:
    house.accept(plan=ONE, inputs=())
    claim = house.claim("a")
    house.ledger.announce(claim, sized("draft", 500))
    better = sized("better", 300).model_copy(update={"name": "draft"})
    house.ledger.announce(claim, better)
    house.ledger.announce(claim, better)
    assert house.ledger.bytes_of("ann") == 300


def test_a_job_that_would_overfill_the_house_or_its_owner_is_refused(house: House) -> None:
    house.accept("j1", ONE, inputs=(sized("photo", 600),))
    house.accept("j2", ONE, inputs=(sized("photo", 300),), owner="bob")
    more: dict[str, Any] = {"inputs": (sized("another", 200),)}
    refused = house.accept("j3", limits=Limits(9, max_bytes=1000), **more)
    assert (refused.status, refused.active, house.ledger.job("j3")) == ("no_room", 900, None)
    refused = house.accept("j3", limits=Limits(9, max_bytes_of_owner=700), **more)
    assert (refused.status, refused.active) == ("quota", 600)
    assert house.accept("j3", limits=Limits(9, None, None, 1100, 800), **more).status == "accepted"
    assert house.ledger.bytes_of() == 1100


def test_without_room_for_results_a_photo_that_is_there_helps_nobody(house: House) -> None:
    photo = (sized("photo", 600),)
    house.accept("j1", ONE, inputs=photo)
    assert (
        house.accept("j2", ONE, limits=Limits(9, max_bytes=600), inputs=photo).status == "no_room"
    )
    assert (
        house.accept("j2", ONE, limits=Limits(9, max_bytes=601), inputs=photo).status == "accepted"
    )


def test_what_is_remembered_whole_needs_room_only_for_a_new_photo(house: House) -> None:
    memoised, limits = known(house), Limits(0, max_bytes=14)
    same = (artifact("photo", "photo of first", internal=True),)
    assert (
        house.accept("j1", ONE, limits=limits, memoised=memoised, inputs=same).status == "accepted"
    )
    assert house.accept("j2", ONE, limits=limits, memoised=memoised).status == "no_room"


def test_one_photo_under_two_names_needs_room_once(house: House) -> None:
    twice = tuple(sized("photo", 600).model_copy(update={"name": name}) for name in ("p", "q"))
    assert (
        house.accept("j1", ONE, limits=Limits(9, max_bytes=600), inputs=twice).status == "accepted"
    )
    assert house.ledger.bytes_of() == 600


# -- a job's own clock ------------------------------------------------------------------------
def test_a_job_that_takes_longer_than_it_was_given_is_cancelled(house: House) -> None:
    house.accept("j1", cancel_after_ms=1000)
    house.accept("j2")
    assert house.job().cancel_at_ms == EPOCH_MS + 1000
    claim = house.claim("a")
    house.later(999)
    assert house.ledger.heartbeat(claim)
    assert house.ledger.reap().cancelled == 0
    house.later(1)
    assert house.ledger.reap().cancelled == 1
    job = house.job()
    assert (job.state, house.state("j2"), job.error and job.error["code"]) == (
        "cancelled",
        "queued",
        "cancel_after",
    )
    assert house.terminal_events() == ["cancelled"]
    assert house.ledger.events("j1")[-1].data["error"]["code"] == "cancel_after"
    assert not house.ledger.heartbeat(claim)  # its stage is told to stop
    assert house.ledger.reap().cancelled == 0


def test_a_pause_does_not_stop_that_clock(house: House) -> None:
    house.accept(plan=HELD, cancel_after_ms=1000)
    house.run("a")
    assert house.state() == "paused"
    house.later(1000)
    assert house.ledger.reap().cancelled == 1
    assert house.state() == "cancelled"
    assert house.ledger.resume("j1", "ann", Approval({})).status == "not_paused"


def test_a_job_that_has_ended_in_time_stays_as_it_is(house: House) -> None:
    for job in ("j1", "j2"):
        house.accept(job, ONE, cancel_after_ms=1000)
    house.run("a", job="j1")
    house.ledger.fail(house.claim("a", "j2"), NoFace("none"))
    house.later(1000)
    swept = house.ledger.reap()
    assert (swept.cancelled, swept.expired) == (0, 0)
    assert (house.state("j1"), house.state("j2")) == ("succeeded", "failed")


def test_the_deadline_holds_for_who_gave_more_time_than_that(house: House) -> None:
    house.accept(deadline_ms=1000, cancel_after_ms=5000)
    house.later(1000)
    assert house.ledger.reap().expired == 1
    house.later(4000)
    assert house.ledger.reap().cancelled == 0
    assert (house.state(), house.terminal_events()) == ("expired", ["expired"])


STAGES = [f"stage.{name}" for name in "abcd"]


# -- a job of the version before ----------------------------------------------------------------
NEW_FIELDS = ("counted", "promise", "hook", "cancel_at")
NEW_KEYS = ("open", "bytes", "files:ann", "active_of:ann", "cancels")


def forget_the_new(client: redis.Redis, *jobs: str) -> None:
    """What the ledger looks like to which this version was started."""
    for job in jobs:
        client.hdel(f"kiln:job:{job}", *NEW_FIELDS)
    client.delete(*(f"kiln:{key}" for key in NEW_KEYS))


@pytest.mark.parametrize("recounted", [False, True])
@pytest.mark.parametrize("house", ["redis"], indirect=True)
def test_a_job_of_the_version_before_ends_and_no_counter_falls_below_nought(
    client: redis.Redis, house: House, *, recounted: bool
) -> None:
    for job, plan in (("j1", DIAMOND), ("j2", DIAMOND), ("j3", HELD), ("j4", ONE)):
        house.accept(job, plan)
    house.run("a", job="j1")
    forget_the_new(client, "j1", "j2", "j3", "j4")
    if recounted:
        assert house.ledger.recount() > 0
        assert house.ledger.recount() == 0
        assert house.ledger.bytes_of("ann") == 5 * 7
        assert client.hgetall("kiln:open") == dict.fromkeys(STAGES, "3")
        assert client.zrange("kiln:active_of:ann", 0, -1) == ["j1", "j2", "j3", "j4"]
    house.run("b", "c", "d", job="j1")
    house.ledger.fail(house.claim("a", "j2"), NoFace("none"))
    house.run("a", job="j3")
    house.ledger.resume("j3", "ann", Approval({}))
    assert asked(house, "j5", DIAMOND).status == "accepted"
    told = [int(n) for counter in ("open", "bytes") for n in client.hvals(f"kiln:{counter}")]
    assert all(n > 0 for n in told)
    house.run("b", "c", "d", job="j3")
    for job in ("j4", "j5"):
        house.ledger.cancel(job, "ann")
    states = [house.state(f"j{n}") for n in range(1, 6)]
    assert states == ["succeeded", "failed", "succeeded", "cancelled", "cancelled"]
    assert client.exists("kiln:open", "kiln:active_of:ann", "kiln:cancels") == 0
    house.later(30 * 24 * HOUR_MS)
    house.ledger.expire()
    assert client.exists("kiln:bytes", "kiln:files:ann") == 0


@pytest.mark.parametrize("house", ["redis"], indirect=True)
def test_what_a_process_of_the_version_before_left_is_set_right(
    client: redis.Redis, house: House
) -> None:
    promise = artifact("promise").sha256
    house.accept("j1", ONE, promise=promise)
    client.zrem("kiln:active", "j1")  # it ended the job and knew of no counters
    client.hset("kiln:job:j1", "state", "succeeded")
    client.delete(f"kiln:refs:ann:{artifact('photo', 'photo of j1').sha256}")
    assert asked(house, "j2", max_active_of_owner=1).status == "too_many"
    assert house.ledger.recount() > 0
    assert house.ledger.recount() == 0
    assert asked(house, "j2", max_active_of_owner=1).status == "accepted"
    assert house.ledger.bytes_of() == 7
    house.later(10)
    assert (PROMISES, promise) in house.ledger.trash(10)


@pytest.mark.parametrize("house", ["redis"], indirect=True)
def test_the_clock_of_a_job_that_a_process_of_the_version_before_ended_does_nothing(
    client: redis.Redis, house: House
) -> None:
    house.accept("j1", ONE, cancel_after_ms=1000)
    house.run("a")
    client.zadd("kiln:cancels", {"j1": EPOCH_MS + 1000, "ghost": EPOCH_MS})
    house.later(1000)
    assert house.ledger.reap().cancelled == 0
    assert (house.state(), house.terminal_events()) == ("succeeded", ["succeeded"])
    assert client.exists("kiln:cancels") == 0


@pytest.mark.parametrize("house", ["redis"], indirect=True)
def test_what_a_process_of_the_version_before_paused_is_not_counted_off_twice(
    client: redis.Redis, house: House
) -> None:
    for job in ("j1", "j2"):
        house.accept(job, HELD)
    client.zrem("kiln:active", "j1")  # it paused the job, and does not count
    client.zrem("kiln:active_of:ann", "j1")
    house.ledger.recount()
    house.ledger.cancel("j1", "ann")
    assert client.hgetall("kiln:open") == dict.fromkeys(STAGES, "1")  # of the other job
