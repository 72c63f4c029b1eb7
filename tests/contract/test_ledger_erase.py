"""Both ledgers: erasing a job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import NoFace
from common.ledger.erasure import DELETING_MS, KEPT_FOR, PUT_AGAIN_MS, REMEMBERED_MS, Erasure
from common.ledger.outbox import Attempt
from common.ledger.records import HOUR_MS, Approval, Hook, NodeResult
from tests.contract.conftest import EPOCH_MS, HELD, ONE, House, artifact, redis_house

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.contract

PHOTO = artifact("photo", "the photo", internal=True)
DELIVERY = Attempt(5, 200, 12.5)
HOOK = Hook("https://example.org/hook", ("succeeded", "failed", "cancelled"))
SECRETS = ("height_mm", "face of", "t-1", "example.org", "attempts")


def ended(house: House, job: str = "j1", *files: str, **changes: Any) -> None:
    """Run a job of one stage; its memo key is "m", its fact a secret."""
    house.accept(job, ONE, **({"inputs": (PHOTO,)} | changes))
    claim = house.claim("a", job)
    made = [artifact(name) for name in files or ("a.bin",)]
    result = NodeResult(engine="builtin", facts={"of": f"face of {job}"})
    memo = changes.get("memo", "m")
    assert house.ledger.commit(claim, made, result, memo).status == "committed"


def erased(house: House, job: str = "j1") -> Erasure:
    receipt = house.ledger.erase(job, "ann")
    assert receipt is not None
    return receipt


def names(receipt: Erasure) -> list[str]:
    return [ref.name for ref in receipt.gone]


# -- the receipt ----------------------------------------------------------------------------
def test_the_receipt_names_every_file_the_photo_included(house: House) -> None:
    ended(house)
    house.later(70)
    receipt = erased(house)
    assert receipt.job == "j1"
    assert receipt.erased_ms == EPOCH_MS + 70
    assert receipt.gone == (artifact("a.bin"), PHOTO)
    assert receipt.kept == ()
    assert receipt.due == receipt.pending == {PHOTO.sha256, artifact("a.bin").sha256}


def test_a_second_call_answers_the_same_receipt(house: House) -> None:
    ended(house)
    first = erased(house)
    house.ledger.deleted("j1", "ann", first.due)
    house.later(5000)
    second = erased(house)
    assert (second.gone, second.kept) == (first.gone, first.kept)
    assert second.erased_ms == first.erased_ms
    assert second.pending == second.due == frozenset()


def test_what_could_not_be_deleted_stays_pending_and_is_due_again(house: House) -> None:
    ended(house)
    receipt = erased(house)
    house.ledger.deleted("j1", "ann", [PHOTO.sha256], [artifact("a.bin").sha256])
    again = erased(house)
    assert set(names(again)) == set(names(receipt))
    assert again.pending == again.due == {artifact("a.bin").sha256}


def test_a_file_of_two_names_is_deleted_once(house: House) -> None:
    house.accept(plan=ONE, inputs=(PHOTO,))
    house.ledger.announce(house.claim("a"), artifact("copy", "the photo"))
    receipt = erased(house)
    assert names(receipt) == ["copy", "photo"]
    assert receipt.due == {PHOTO.sha256}


def test_nobody_erases_the_job_of_another_owner(house: House) -> None:
    ended(house)
    assert house.ledger.erase("j1", "bob") is None
    assert house.ledger.erase("nobody", "ann") is None
    assert house.job().artifacts
    house.ledger.deleted("j1", "ann", [PHOTO.sha256])  # nothing was erased
    assert house.ledger.unsettled("ann", [PHOTO.sha256]) == "no"


# -- files and those who share them ---------------------------------------------------------
def test_a_file_that_another_job_needs_stays_until_that_one_is_erased(house: House) -> None:
    ended(house, "j1", "a.bin", "only.bin")
    ended(house, "j2", "a.bin")
    first = erased(house, "j1")
    assert names(first) == ["only.bin"]
    assert [(kept.ref.name, kept.jobs) for kept in first.kept] == [
        ("a.bin", ("j2",)),
        ("photo", ("j2",)),
    ]
    second = erased(house, "j2")
    assert (names(second), second.kept) == (["a.bin", "photo"], ())
    assert [kept.jobs for kept in erased(house, "j1").kept] == [("j2",), ("j2",)], (
        "the same receipt"
    )


def test_files_of_another_owner_are_another_thing(house: House) -> None:
    ended(house, "j1")
    ended(house, "j2", owner="bob")
    assert erased(house, "j1").kept == ()
    assert house.ledger.unsettled("bob", [PHOTO.sha256]) == "no"


def test_what_has_expired_before_is_in_the_receipt(house: House) -> None:
    ended(house, photo_ttl_ms=10, result_ttl_ms=1000)
    house.later(10)
    assert house.ledger.expire() == 1
    assert names(erased(house)) == ["a.bin", "photo"]


def test_erased_files_go_to_the_trash_too_should_nobody_delete_them(house: House) -> None:
    ended(house)
    receipt = erased(house)
    house.later(1)
    assert {sha for _, sha in house.ledger.trash(0)} == receipt.due
    assert house.ledger.bytes_of("ann") == house.ledger.bytes_of() == 0


def test_what_is_needed_again_is_not_deleted_a_second_time(house: House) -> None:
    """Whoever erased died before it deleted; meanwhile the photo was sent again."""
    ended(house)
    erased(house)
    house.accept("j2", ONE, inputs=(PHOTO,))
    house.later(DELETING_MS)
    again = erased(house)
    assert again.due == {artifact("a.bin").sha256}
    assert [(kept.ref.name, kept.jobs) for kept in again.kept] == [("photo", ("j2",))]


def test_of_two_who_erase_at_once_one_deletes(house: House) -> None:
    """The other would delete what is stored anew as soon as the first is done."""
    ended(house)
    first, second = erased(house), erased(house)
    assert first.due == first.pending == second.pending != frozenset()
    assert second.due == frozenset()
    house.ledger.deleted("j1", "ann", {PHOTO.sha256}, {artifact("a.bin").sha256})
    assert erased(house).due == {artifact("a.bin").sha256}, "the first could not, so the next may"


def test_who_is_done_says_nothing_of_a_file_that_somebody_else_is_deleting(house: House) -> None:
    """Else a photo that is sent in this moment would be stored before it is deleted."""
    ended(house, "j1")
    slow = erased(house, "j1")
    house.accept("j2", ONE, inputs=(PHOTO, artifact("other")))
    quick = erased(house, "j2")
    assert (quick.due, PHOTO.sha256 in quick.pending) == ({artifact("other").sha256}, True)
    house.ledger.deleted("j2", "ann", quick.due)
    assert house.ledger.unsettled("ann", [PHOTO.sha256]) == "deleting"
    house.ledger.deleted("j1", "ann", slow.due)
    assert house.ledger.unsettled("ann", [PHOTO.sha256]) == "deleted"
    house.later(1)
    assert erased(house, "j2").due == {PHOTO.sha256}, "it may have been stored anew meanwhile"


def test_a_receipt_does_not_grow_with_the_jobs_that_share_a_file(house: House) -> None:
    others = [f"k{n}" for n in range(KEPT_FOR + 3)]
    ended(house, "j1")
    for job in others:
        house.accept(job, ONE, inputs=(PHOTO,))
    (kept,) = erased(house, "j1").kept
    assert (kept.ref, len(kept.jobs)) == (PHOTO, KEPT_FOR)
    assert set(kept.jobs) < set(others)


def test_whoever_puts_a_file_again_is_told_that_it_may_go(house: House) -> None:
    ended(house)
    hashes = [PHOTO.sha256, "f" * 64]
    assert house.ledger.unsettled("ann", hashes) == "no"
    receipt = erased(house)
    assert house.ledger.unsettled("ann", hashes) == "deleting"
    assert house.ledger.unsettled("ann", ["f" * 64]) == "no"
    assert house.ledger.unsettled("bob", hashes) == "no"
    house.ledger.deleted("j1", "ann", receipt.due)
    assert house.ledger.unsettled("ann", hashes) == "deleted"
    house.later(REMEMBERED_MS)
    house.ledger.trash(HOUR_MS)  # hands out nothing so young, and forgets
    assert house.ledger.unsettled("ann", hashes) == "no"


def test_a_file_that_was_deleted_is_remembered_though_others_are_erased(house: House) -> None:
    ended(house)
    receipt = erased(house)
    house.ledger.deleted("j1", "ann", receipt.due)
    house.later(REMEMBERED_MS - 1)
    ended(house, "j2", "b.bin", inputs=(artifact("another"),))
    erased(house, "j2")
    house.ledger.trash(HOUR_MS)
    assert house.ledger.unsettled("ann", [PHOTO.sha256]) == "deleted"


def test_a_job_whose_photo_is_being_deleted_is_not_published_before_it_is_stored_anew(
    house: House,
) -> None:
    ended(house)
    erased(house)
    house.accept("j2", ONE, inputs=(PHOTO,))
    house.later(DELETING_MS + PUT_AGAIN_MS - 1)
    assert house.ledger.overdue("red", 1, HOUR_MS) == []
    house.later(1)
    assert [node.job for node in house.ledger.overdue("red", 1, HOUR_MS)] == ["j2"]


def test_who_erased_and_died_stops_nobody_for_long(house: House) -> None:
    ended(house)
    erased(house)
    house.later(DELETING_MS - 1)
    assert house.ledger.unsettled("ann", [PHOTO.sha256]) == "deleting"
    house.later(1)
    assert house.ledger.unsettled("ann", [PHOTO.sha256]) == "deleted"


# -- stages that run meanwhile --------------------------------------------------------------
def test_a_running_job_is_cancelled_first(house: House) -> None:
    house.accept(plan=ONE, inputs=(PHOTO,))
    claim = house.claim("a")
    assert names(erased(house)) == ["photo"]
    assert (house.state(), house.terminal_events()) == ("cancelled", ["cancelled"])
    assert not house.ledger.heartbeat(claim)
    assert house.commit(claim, "late.bin").status == "lost"
    assert not house.ledger.announce(claim, artifact("late.bin"))
    assert house.refusal("a") == "unknown"
    assert house.job().artifacts == {}
    assert house.nothing_left()


def test_a_paused_job_is_cancelled_first(house: House) -> None:
    house.accept(plan=HELD)
    house.run("a")
    assert names(erased(house)) == ["a.bin", "photo"]
    assert house.state() == "cancelled"
    assert house.nothing_left()


@pytest.mark.parametrize("settled", [True, False])
def test_a_stage_whose_file_was_deleted_meanwhile_runs_again(
    house: House, *, settled: bool
) -> None:
    """Two jobs make the same file; it goes with the first after the second has put it."""
    ended(house, "j1")
    house.accept("j2", ONE, inputs=(PHOTO,))
    claim = house.claim("a", "j2")
    house.later(5)
    receipt = erased(house, "j1")
    if settled:
        house.ledger.deleted("j1", "ann", receipt.due)
    assert house.commit(claim, "a.bin").status == "again"
    assert house.nodes("j2")["a"].attempts == 0, "for no fault of its own"
    if not settled:
        assert house.refusal("a", "j2") == "not_ready"
        house.later(DELETING_MS)
    house.later(1)
    assert house.commit(house.claim("a", "j2"), "a.bin").status == "committed"
    assert house.state("j2") == "succeeded"


def test_a_stage_that_made_other_files_is_not_disturbed(house: House) -> None:
    ended(house, "j1")
    house.accept("j2", ONE, inputs=(PHOTO,))
    claim = house.claim("a", "j2")
    erased(house, "j1")
    assert house.commit(claim, "other.bin").status == "committed"


# -- what is forgotten ----------------------------------------------------------------------
def test_the_record_keeps_who_what_and_when(house: House) -> None:
    ended(house, hook=HOOK, idempotency_key="k")
    before = house.job()
    house.later(10)
    erased(house)
    record = house.job()
    assert record.erased_ms == EPOCH_MS + 10
    for kept in ("id", "owner", "product", "state", "created_ms", "started_ms", "finished_ms"):
        assert getattr(record, kept) == getattr(before, kept)
    assert (record.params, record.plan.nodes, record.nodes, record.artifacts) == ({}, (), (), {})
    assert (record.error, record.trace, record.promise, record.hook) == (None, "", "", None)


def test_a_failed_job_does_not_say_why_any_more(house: House) -> None:
    house.accept(plan=ONE)
    house.ledger.fail(house.claim("a"), NoFace("nobody there"))
    erased(house)
    (told,) = house.ledger.events("j1")
    assert (told.type, told.data["error"]) == ("failed", None)
    assert house.job().error is None


def test_only_the_end_is_told_of_an_erased_job(house: House) -> None:
    start, _ = house.ledger.follow("$", 1)
    ended(house, "j1")
    ended(house, "j2", "b.bin")
    last = house.ledger.events("j1")[-1]
    erased(house)
    (told,) = house.ledger.events("j1")
    assert (told.id, told.type, told.data["state"]) == (last.id, "succeeded", "succeeded")
    _, heard = house.ledger.follow(start, 1)
    assert [event.type for event in heard if event.job == "j1"] == ["succeeded"]
    others = [event.type for event in heard if event.job == "j2"]
    assert (others[0], others[-1]) == ("accepted", "succeeded")


def test_a_follower_hears_that_an_erased_job_was_cancelled(house: House) -> None:
    house.accept(plan=ONE)
    start, _ = house.ledger.follow("$", 1)
    erased(house)
    assert [event.type for event in house.ledger.follow(start, 1)[1]] == ["cancelled"]


def test_an_erased_job_is_not_listed(house: House) -> None:
    ended(house, "j1")
    ended(house, "j2", "b.bin")
    erased(house, "j1")
    assert [record.id for record in house.ledger.jobs("ann", None, 10)] == ["j2"]


def test_nothing_of_an_erased_job_expires(house: House) -> None:
    ended(house, photo_ttl_ms=10, result_ttl_ms=10)
    erased(house)
    house.later(10)
    assert house.ledger.expire() == 0


def test_the_same_request_with_the_same_key_is_a_new_job(house: House) -> None:
    ended(house, "j1", idempotency_key="k", fingerprint="f")
    erased(house)
    again = house.accept("j2", ONE, idempotency_key="k", fingerprint="f")
    assert (again.status, again.job) == ("accepted", "j2")


def test_the_key_of_a_later_job_is_left_alone(house: House) -> None:
    ended(house, "j1", idempotency_key="k")
    ended(house, "j2", "b.bin", idempotency_key="other")
    erased(house, "j1")
    assert house.accept("j3", ONE, idempotency_key="other").job == "j2"


def test_a_key_that_ran_out_and_belongs_to_a_later_job_is_left_alone(client: redis.Redis) -> None:
    house = redis_house(client)
    ended(house, "j1", idempotency_key="k")
    assert client.delete("kiln:idem:ann:k")  # a day has passed
    ended(house, "j2", "b.bin", idempotency_key="k")
    erased(house, "j1")
    assert house.accept("j3", ONE, idempotency_key="k").job == "j2"


def test_what_was_remembered_of_it_is_forgotten(house: House) -> None:
    ended(house)
    assert house.ledger.memos("ann", ["m"]) != [None]
    erased(house)
    assert house.ledger.memos("ann", ["m"]) == [None]


def test_what_was_remembered_before_a_stage_ran_anew_is_forgotten_too(house: House) -> None:
    """A fact may be a measurement of a face, under whichever parameters it was taken."""
    house.accept(plan=HELD)
    house.commit(house.claim("a"), "first.bin", memo="first")
    house.ledger.resume("j1", "ann", Approval({}, frozenset({"a"})))
    house.commit(house.claim("a"), "second.bin", memo="second")
    assert None not in house.ledger.memos("ann", ["second"])
    erased(house)
    assert house.ledger.memos("ann", ["first", "second"]) == [None, None]
    house.accept("j2", ONE)  # makes the same file by other means
    house.commit(house.claim("a", "j2"), "first.bin", memo="other")
    assert house.ledger.memos("ann", ["first"]) == [None]


@pytest.mark.parametrize("how", ["recalled", "whole"])
def test_what_another_job_shares_is_remembered_until_that_one_is_erased(
    house: House, how: str
) -> None:
    ended(house, "j1")
    if how == "recalled":
        house.accept("j2", ONE, inputs=(PHOTO,))
        assert house.ledger.recall(house.claim("a", "j2"), "m").status == "hit"
    else:
        (hit,) = house.ledger.memos("ann", ["m"])
        assert hit is not None
        house.accept("j2", ONE, inputs=(PHOTO,), memoised={"a": hit})
    assert house.state("j2") == "succeeded"
    erased(house, "j1")
    assert house.ledger.memos("ann", ["m"]) != [None]
    erased(house, "j2")
    assert house.ledger.memos("ann", ["m"]) == [None]


def test_facts_without_a_file_are_forgotten_at_once(house: House) -> None:
    for job in ("j1", "j2"):
        house.accept(job, ONE, inputs=(PHOTO,))
        claim = house.claim("a", job)
        result = NodeResult(engine="builtin", facts={"of": "a face"})
        house.ledger.commit(claim, [], result, "m")
    erased(house, "j1")
    assert house.ledger.memos("ann", ["m"]) == [None]


def test_messages_to_its_hook_are_dropped(house: House) -> None:
    ended(house, hook=HOOK)
    house.accept("j2", ONE, hook=HOOK)
    (call,) = house.ledger.due_calls(1000)
    erased(house, "j1")
    erased(house, "j2")
    house.later(1000)
    assert house.ledger.due_calls(1000) == []
    assert house.ledger.calls("j1") == house.ledger.calls("j2") == []
    house.ledger.called(call, DELIVERY, None)  # was on its way
    assert house.ledger.calls("j1") == []
    assert house.ledger.call_again("j1", "ann") == 0


def test_a_dead_letter_that_is_erased_is_none_any_more(house: House) -> None:
    house.accept(plan=ONE)
    for _ in range(3):
        house.claim("a")
        house.later(60)
        house.ledger.reap()
    assert house.ledger.dead_letters() == ["j1"]
    erased(house)
    assert house.ledger.dead_letters() == []


def test_the_promise_of_an_unfinished_job_is_in_the_receipt(house: House) -> None:
    house.accept(plan=ONE, promise="ab" * 32)
    receipt = erased(house)
    assert receipt.promise == "ab" * 32
    assert erased(house).promise == ""
    house.later(1)
    assert ("promises", "ab" * 32) in house.ledger.trash(0)


def test_what_is_told_of_an_erased_job_goes_with_its_record(client: redis.Redis) -> None:
    house = redis_house(client)
    ended(house)
    client.pexpire("kiln:job:j1", HOUR_MS)  # it has ended days ago
    erased(house)
    record_ms, events_ms = client.pttl("kiln:job:j1"), client.pttl("kiln:events:j1")
    assert 0 < record_ms <= HOUR_MS
    assert events_ms == pytest.approx(record_ms, abs=1_000)  # neither is read at the same moment


def test_redis_holds_no_word_of_an_erased_job(client: redis.Redis) -> None:
    house = redis_house(client)
    ended(house, hook=HOOK, idempotency_key="k", promise="ab" * 32)
    house.accept("j2", HELD, hook=HOOK, inputs=(PHOTO,), cancel_after_ms=10**6)
    house.ledger.report(house.claim("a", "j2"), {"text": "face of j2"})
    before = everything(client)
    assert all(secret in before for secret in SECRETS)
    erased(house, "j1")
    erased(house, "j2")
    after = everything(client)
    assert [secret for secret in SECRETS if secret in after] == []
    assert not client.keys("kiln:memo:*")
    left = {key for key in client.keys("*") if "j1" in key or "j2" in key}
    assert left == {f"kiln:{family}:{job}" for family in ("job", "events") for job in ("j1", "j2")}
    assert all(client.pttl(key) > 0 for key in left)


def test_redis_does_not_say_why_an_erased_job_has_failed(client: redis.Redis) -> None:
    house = redis_house(client)
    house.accept(plan=ONE)
    house.ledger.fail(house.claim("a"), NoFace("nobody there"))
    assert "nobody there" in everything(client)
    erased(house)
    assert "nobody there" not in everything(client)


def everything(client: redis.Redis) -> str:
    readers: dict[str, Any] = {
        "hash": client.hgetall,
        "string": client.get,
        "set": lambda key: sorted(client.smembers(key)),
        "zset": lambda key: client.zrange(key, 0, -1),
        "list": lambda key: client.lrange(key, 0, -1),
        "stream": client.xrange,
    }
    found = {key: readers[str(client.type(key))](key) for key in client.keys("*")}
    return json.dumps(found)


# -- files that the store has lost ----------------------------------------------------------
def test_what_is_remembered_with_a_lost_file_is_forgotten(house: House) -> None:
    ended(house, "j1", "a.bin", "b.bin")
    house.accept("j2", ONE, inputs=(PHOTO,))
    house.commit(house.claim("a", "j2"), "c.bin", memo="other")
    house.ledger.forget_outputs("j1", artifact("c.bin").sha256)
    house.ledger.forget_outputs("nobody", artifact("b.bin").sha256)
    assert None not in house.ledger.memos("ann", ["m", "other"])
    house.ledger.forget_outputs("j1", artifact("b.bin").sha256)
    forgotten, kept = house.ledger.memos("ann", ["m", "other"])
    assert (forgotten, kept is None) == (None, False)
    assert house.job("j1").artifacts["a.bin"] == artifact("a.bin"), "the job is as it was"


def test_what_was_recalled_and_is_lost_is_forgotten_through_either_job(house: House) -> None:
    ended(house, "j1")
    house.accept("j2", ONE, inputs=(PHOTO,))
    assert house.ledger.recall(house.claim("a", "j2"), "m").status == "hit"
    house.ledger.forget_outputs("j2", artifact("a.bin").sha256)
    assert house.ledger.memos("ann", ["m"]) == [None]
