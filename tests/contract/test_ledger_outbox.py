"""Both ledgers: messages to the hooks of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from common.errors import NoFace
from common.ledger.outbox import ATTEMPTS_KEPT, Attempt, HookCall
from common.ledger.records import DAY_MS, Approval, Hook
from tests.contract.conftest import EPOCH_MS, HELD, ONE, House, memory_house, redis_house

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.contract

EVENTS = ("succeeded", "failed", "cancelled", "expired", "paused")
HOOK = Hook("https://example.org/hook", EVENTS)
DELIVERED, REFUSED = Attempt(5, 200, 12.5), Attempt(5, 500, 12.5, "HTTP 500")


def ended(house: House, job: str = "j1", **changes: Any) -> None:
    house.accept(job, ONE, **({"hook": HOOK} | changes))
    house.run("a", job=job)


def taken(house: House, lease_ms: int = 1000) -> HookCall:
    (call,) = house.ledger.due_calls(lease_ms)
    return call


def states(house: House, job: str = "j1") -> list[tuple[str, str]]:
    return [(call.event, call.state) for call in house.ledger.calls(job)]


def test_a_job_that_ends_leaves_one_message(house: House) -> None:
    house.accept(plan=ONE, hook=HOOK)
    assert house.ledger.due_calls(1000) == []
    house.later(20)
    house.run("a")
    assert taken(house) == HookCall(
        job="j1",
        owner="ann",
        event="succeeded",
        url=HOOK.url,
        id="msg_j1_succeeded",
        attempt=1,
        created_ms=EPOCH_MS + 20,
    )
    assert house.job().hook == HOOK


@pytest.mark.parametrize("end", ["failed", "cancelled", "expired"])
def test_every_end_is_told(house: House, end: str) -> None:
    house.accept(plan=ONE, hook=HOOK, deadline_ms=1000)
    if end == "failed":
        house.ledger.fail(house.claim("a"), NoFace("nobody there"))
    if end == "cancelled":
        house.ledger.cancel("j1", "ann")
    if end == "expired":
        house.later(1000)
        house.ledger.reap()
    assert states(house) == [(end, "pending")]
    assert taken(house).id == f"msg_j1_{end}"


def test_only_the_events_that_somebody_wants_are_told(house: House) -> None:
    ended(house, "j1", hook=Hook("https://example.org", ("failed",)))
    ended(house, "j2", hook=None)
    assert house.ledger.due_calls(1000) == []
    assert house.ledger.calls("j1") == house.ledger.calls("j2") == []


def test_a_job_that_is_known_whole_is_told_too(house: House) -> None:
    ended(house, "j1", hook=None)
    (hit,) = house.ledger.memos("ann", ["j1 a"])
    assert hit is not None
    house.accept("j2", ONE, memoised={"a": hit}, hook=HOOK)
    assert taken(house).id == "msg_j2_succeeded"


def test_each_pause_is_a_message_of_its_own(house: House) -> None:
    house.accept(plan=HELD, hook=HOOK)
    house.run("a")
    house.later(5)
    house.ledger.resume("j1", "ann", Approval({}, frozenset("a"), hold=True))
    house.run("a")
    house.later(5)
    house.ledger.cancel("j1", "ann")
    ids = [call.id for call in house.ledger.calls("j1")]
    assert ids == ["msg_j1_paused", "msg_j1_paused_2", "msg_j1_cancelled"]
    assert [call.event for call in house.ledger.due_calls(1000)] == [
        "paused",
        "paused",
        "cancelled",
    ]


def test_a_message_is_taken_by_one_courier_and_by_another_when_the_first_is_silent(
    house: House,
) -> None:
    ended(house)
    first = taken(house, lease_ms=1000)
    assert house.ledger.due_calls(1000) == []
    house.later(999)
    assert house.ledger.due_calls(1000) == []
    house.later(1)
    assert taken(house) == first


def test_a_courier_takes_the_oldest_first_and_no_more_than_it_can_carry(house: House) -> None:
    for number in (1, 2, 3):
        ended(house, f"j{number}")
        house.later(1)
    assert [call.job for call in house.ledger.due_calls(1000, 2)] == ["j1", "j2"]
    assert [call.job for call in house.ledger.due_calls(1000, 2)] == ["j3"]


def test_a_delivered_message_is_never_due_again(house: House) -> None:
    ended(house)
    house.ledger.called(taken(house), DELIVERED, None)
    house.later(5000)
    assert house.ledger.due_calls(1000) == []
    (message,) = house.ledger.calls("j1")
    assert (message.state, message.next_ms, message.attempts) == ("delivered", None, (DELIVERED,))


def test_a_refused_message_is_tried_again_under_the_same_id(house: House) -> None:
    ended(house)
    first = taken(house)
    house.ledger.called(first, REFUSED, 3000)
    (message,) = house.ledger.calls("j1")
    assert (message.state, message.next_ms) == ("pending", EPOCH_MS + 3000)
    house.later(2999)
    assert house.ledger.due_calls(1000) == []
    house.later(1)
    second = taken(house)
    assert (second.id, second.attempt) == (first.id, 2)
    house.ledger.called(second, DELIVERED, None)
    assert [one.error for one in house.ledger.calls("j1")[0].attempts] == ["HTTP 500", ""]


def test_a_message_that_is_given_up_stays_in_the_log(house: House) -> None:
    ended(house)
    unreachable = Attempt(5, None, 3000.0, "no answer: Zoë")
    house.ledger.called(taken(house), unreachable, None)
    house.later(5000)
    assert house.ledger.due_calls(1000) == []
    assert states(house) == [("succeeded", "failed")]
    assert house.ledger.calls("j1")[0].attempts == (unreachable,)


def test_a_late_courier_does_not_take_back_a_delivery(house: House) -> None:
    ended(house)
    slow = taken(house, lease_ms=10)
    house.later(10)
    house.ledger.called(taken(house), DELIVERED, None)
    house.ledger.called(slow, REFUSED, 50)
    house.later(1000)
    assert house.ledger.due_calls(1000) == []
    assert states(house) == [("succeeded", "delivered")]
    assert len(house.ledger.calls("j1")[0].attempts) == 2


def test_a_late_delivery_counts_after_all(house: House) -> None:
    ended(house)
    slow = taken(house, lease_ms=10)
    house.later(10)
    house.ledger.called(taken(house), REFUSED, None)
    house.ledger.called(slow, DELIVERED, None)
    assert states(house) == [("succeeded", "delivered")]


def test_the_log_of_a_message_is_bounded(house: House) -> None:
    ended(house)
    for number in range(ATTEMPTS_KEPT + 2):
        house.ledger.called(taken(house), Attempt(number, 500, 1.0, "no"), 0)
    attempts = house.ledger.calls("j1")[0].attempts
    assert [one.at_ms for one in attempts] == list(range(2, ATTEMPTS_KEPT + 2))


@pytest.mark.parametrize("before", [DELIVERED, REFUSED])
def test_a_message_is_sent_again_by_hand(house: House, before: Attempt) -> None:
    ended(house)
    first = taken(house)
    house.ledger.called(first, before, None)
    assert house.ledger.call_again("j1", "ann") == 1
    assert states(house) == [("succeeded", "pending")]
    again = taken(house)
    assert again == first, "the same id, and the tries are counted anew"
    house.ledger.called(again, DELIVERED, None)
    assert house.ledger.calls("j1")[0].attempts == (before, DELIVERED)


def test_one_event_is_sent_again_by_hand(house: House) -> None:
    house.accept(plan=HELD, hook=HOOK)
    house.run("a")
    house.ledger.cancel("j1", "ann")
    for call in house.ledger.due_calls(1000):
        house.ledger.called(call, DELIVERED, None)
    assert house.ledger.call_again("j1", "ann", "cancelled") == 1
    assert taken(house).event == "cancelled"
    assert house.ledger.call_again("j1", "ann", "failed") == 0
    assert house.ledger.call_again("j1", "ann") == 2


def test_nobody_sends_messages_of_another_owner(house: House) -> None:
    ended(house)
    house.ledger.called(taken(house), DELIVERED, None)
    assert house.ledger.call_again("j1", "bob") == 0
    assert house.ledger.call_again("nobody", "ann") == 0
    assert house.ledger.due_calls(1000) == []
    assert house.ledger.calls("nobody") == []


def test_messages_go_with_the_record_in_memory() -> None:
    house = memory_house()
    ended(house, photo_ttl_ms=1, result_ttl_ms=1)
    call = taken(house)
    house.later(7 * DAY_MS + 1)
    assert house.ledger.due_calls(1000) == []
    house.ledger.called(call, DELIVERED, None)
    assert house.ledger.calls("j1") == []
    assert house.ledger.call_again("j1", "ann") == 0


def test_messages_go_with_the_record_in_redis(client: redis.Redis) -> None:
    house = redis_house(client)
    house.accept(plan=HELD, hook=HOOK)
    house.run("a")
    assert client.pttl("kiln:hooks:j1") == -1
    house.ledger.cancel("j1", "ann")
    ttls = [int(client.pttl(f"kiln:{name}:j1")) for name in ("hooks", "job")]
    assert 0 < ttls[1] - ttls[0] + 1000 < 2000
    client.delete("kiln:hooks:j1", "kiln:job:j1")  # as the TTL does
    assert house.ledger.due_calls(1000) == []
    assert client.exists("kiln:outbox") == 0
