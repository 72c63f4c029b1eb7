"""What the courier makes of its rounds: in memory, with a caller that does as it is told."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from common import metrics
from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Node, Plan
from common.errors import LedgerUnavailable, StorageError
from common.ledger.memory import MemoryLedger
from common.ledger.outbox import Attempt, HookCall, HookMessage
from common.ledger.records import Hook, Limits, NewJob
from gateway import courier as module
from gateway.calling import Reply
from gateway.courier import HELD, PERIOD_S, RUNNING, Courier, Rules
from gateway.domain.addresses import Target, read_target

PLAN = Plan(nodes=(Node(id="fusion.measure", stage="fusion.measure", queue="fusion"),))
PHOTO = ArtifactRef(name="photo", sha256="a" * 64, size=1, media_type="image/jpeg")
THREADS, OF_A_HOST, OF_AN_OWNER = RUNNING
SECRET = "whsec_" + "c2Vj" * 8
EVENTS = ("succeeded", "failed", "cancelled", "expired", "paused")


class Receivers:
    """All servers of the world: what each answers, and what it got."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Reply]] = {}
        self.got: list[tuple[str, str]] = []  # host, id
        self.bodies: list[tuple[bytes, dict[str, str]]] = []
        self.closed: dict[str, threading.Event] = {}  # hosts that answer once it is set
        self.running = itertools.count(1)
        self.most: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._lock = threading.Lock()

    def post(self, target: Target, headers: dict[str, str], body: bytes) -> Reply:
        host = target.host
        with self._lock:
            self.got.append((host, headers["webhook-id"]))
            self.bodies.append((body, headers))
            self._now[host] = self._now.get(host, 0) + 1
            self.most[host] = max(self.most.get(host, 0), self._now[host])
        if host in self.closed:
            self.closed[host].wait(10)
        with self._lock:
            self._now[host] -= 1
            answers = self.answers.get(host, [])
            return answers.pop(0) if answers else Reply(204, 5)

    def calls_of(self, host: str) -> int:
        return sum(one == host for one, _ in self.got)


class World:
    """A ledger and its clock, a courier, and who is called."""

    def __init__(self) -> None:
        self.now_ms = round(time.time() * 1000)
        self.ledger: Any = MemoryLedger(lambda: self.now_ms)
        self.receivers = Receivers()
        self.number = itertools.count()
        self.secrets: Callable[[str], tuple[str, ...]] = lambda _: (SECRET,)
        self.couriers: list[Courier] = []
        self.courier = self.another()

    def another(self, **changes: Any) -> Courier:
        rules = {
            "schedule_s": [5, 300],
            "timeout_s": 10.0,
            "target": read_target,
            "secrets": self._secrets_of,
        }
        made = Courier(self.ledger, self.receivers, Rules(**{**rules, **changes}))  # type: ignore[arg-type]
        self.couriers.append(made)
        return made

    def _secrets_of(self, owner: str) -> tuple[str, ...]:
        return self.secrets(owner)

    def ended(self, host: str = "a.example.com", count: int = 1, owner: str = "ann") -> list[str]:
        """Let jobs end that tell a host about it."""
        jobs = [f"j{next(self.number):04}" for _ in range(count)]
        for job in jobs:
            hook = Hook(f"https://{host}/hook", EVENTS)
            new = NewJob(job, owner, "figurine", {}, PLAN, (PHOTO,), hook=hook)
            assert self.ledger.accept(new, Limits(max_active=10_000)).status == "accepted"
            assert self.ledger.cancel(job, owner) == "cancelled"
        return jobs

    def rounds(self, after_s: float = 0.0, until: Callable[[], bool] | None = None) -> None:
        """Let time pass, and sweep until nothing is in hand any more (or as told)."""
        self.now_ms += round(after_s * 1000)
        give_up = time.monotonic() + 5
        self.courier.sweep()
        while not (until or self.idle)():
            assert time.monotonic() < give_up
            time.sleep(0.005)
            self.courier.sweep()

    def idle(self) -> bool:
        return self.courier.idle

    def message(self, job: str) -> HookMessage:
        (found,) = self.ledger.calls(job)
        return found


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    for event in made.receivers.closed.values():
        event.set()
    for courier in made.couriers:
        courier.leave()


def errors(message: HookMessage) -> list[str]:
    return [attempt.error for attempt in message.attempts]


# -- one message ---------------------------------------------------------------------
def test_a_message_is_delivered_once_and_signed(world: World) -> None:
    (job,) = world.ended()
    world.rounds()
    world.rounds(100_000)
    assert world.receivers.got == [("a.example.com", f"msg_{job}_cancelled")]
    ((body, headers),) = world.receivers.bodies
    told = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "job.cancelled"
    assert told["data"]["id"] == job
    message = world.message(job)
    assert (message.state, message.next_ms) == ("delivered", None)
    assert [(one.status, one.ms, one.error) for one in message.attempts] == [(204, 5, "")]


def test_a_failure_is_followed_by_another_attempt_under_the_same_id(world: World) -> None:
    (job,) = world.ended()
    world.receivers.answers["a.example.com"] = [Reply(500, 5), Reply(None, 9, "no answer")]
    world.rounds()
    assert world.message(job).state == "pending"
    world.rounds(4)
    assert len(world.receivers.got) == 1
    world.rounds(3)
    assert len(world.receivers.got) == 2
    world.rounds(299)
    assert len(world.receivers.got) == 2
    world.rounds(70)
    assert errors(world.message(job)) == ["answered 500", "no answer", ""]
    assert world.message(job).state == "delivered"
    assert {id_ for _, id_ in world.receivers.got} == {f"msg_{job}_cancelled"}
    bodies = {body for body, _ in world.receivers.bodies}
    assert len(bodies) == 1


def test_after_the_last_attempt_a_message_is_given_up(world: World) -> None:
    (job,) = world.ended()
    world.receivers.answers["a.example.com"] = [Reply(404, 5)] * 9
    for _ in range(6):
        world.rounds(1000)
    assert errors(world.message(job)) == ["answered 404"] * 3
    assert world.message(job).state == "failed"


def test_a_receiver_that_wants_no_more_gets_no_more(world: World) -> None:
    (job,) = world.ended()
    world.receivers.answers["a.example.com"] = [Reply(410, 5)]
    world.rounds()
    world.rounds(100_000)
    assert errors(world.message(job)) == ["answered 410: the receiver wants no more"]
    assert world.message(job).state == "failed"


def test_a_redirect_is_a_failure_that_says_so(world: World) -> None:
    (job,) = world.ended()
    world.receivers.answers["a.example.com"] = [Reply(302, 5)]
    world.rounds()
    assert errors(world.message(job)) == ["answered 302: redirects are not followed"]
    assert world.message(job).state == "pending"


def test_a_receiver_that_asks_for_time_gets_it(world: World) -> None:
    (job,) = world.ended()
    world.receivers.answers["a.example.com"] = [Reply(503, 5, retry_after_s=600)]
    world.rounds()
    world.rounds(590)
    assert world.message(job).state == "pending"
    world.rounds(20)
    assert world.message(job).state == "delivered"


def test_an_address_is_judged_again_at_every_delivery(world: World) -> None:
    (job,) = world.ended()
    world.ended("10.0.0.1")
    world.rounds(until=lambda: len(world.receivers.got) == 1 and world.idle())
    assert world.receivers.got == [("a.example.com", f"msg_{job}_cancelled")]
    refused = world.message("j0001")
    assert errors(refused) == [
        "the webhook cannot be called: it is not an address on the open internet"
    ]
    assert refused.state == "pending"


def test_a_message_of_a_job_that_is_gone_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = world.ended()
    monkeypatch.setattr(world.ledger, "job", lambda _: None)
    world.rounds()
    assert errors(world.message(job)) == ["the job is gone"]
    assert world.message(job).state == "failed"


def test_nobody_is_told_of_a_job_that_was_erased_once_its_message_was_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = world.ended()
    take = world.ledger.due_calls

    def take_and_erase(*args: Any) -> list[HookCall]:
        calls: list[HookCall] = take(*args)
        assert world.ledger.erase(job, "ann") is not None
        return calls

    monkeypatch.setattr(world.ledger, "due_calls", take_and_erase)
    world.rounds()
    assert world.receivers.got == []
    assert world.ledger.calls(job) == []


def test_a_fault_of_this_house_is_an_attempt_like_any_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (job,) = world.ended()

    def broken(_: str) -> tuple[str, ...]:
        raise StorageError("disk gone")

    world.secrets = broken
    world.rounds()
    assert errors(world.message(job)) == ["a fault of this house"]
    assert "disk gone" not in str(world.message(job))
    assert "cannot be sent" in caplog.text
    assert world.message(job).state == "pending"


# -- many messages -------------------------------------------------------------------
def test_a_slow_host_does_not_hold_up_the_others(world: World) -> None:
    world.receivers.closed["slow.example.com"] = threading.Event()
    world.ended("slow.example.com", 300)
    jobs = world.ended("quick.example.com", 20)
    world.rounds(until=lambda: world.receivers.calls_of("quick.example.com") == 20)
    world.receivers.closed["slow.example.com"].set()
    assert world.receivers.most["slow.example.com"] == OF_A_HOST < THREADS
    assert world.receivers.calls_of("slow.example.com") == OF_A_HOST
    assert {world.message(job).state for job in jobs} <= {"delivered", "pending"}


def test_who_names_many_slow_hosts_does_not_hold_up_the_others(world: World) -> None:
    slow = [f"slow{number}.example.com" for number in range(40)]
    for host in slow:
        world.receivers.closed[host] = threading.Event()
        world.ended(host, 10, owner="eve")
    world.ended("quick.example.com", 20, owner="ann")
    world.rounds(until=lambda: world.receivers.calls_of("quick.example.com") == 20)
    assert sum(world.receivers.calls_of(host) for host in slow) == OF_AN_OWNER < THREADS
    for host in slow:
        world.receivers.closed[host].set()


def test_a_quick_host_gets_everything(world: World) -> None:
    jobs = world.ended("quick.example.com", 100)
    world.rounds()
    assert {world.message(job).state for job in jobs} == {"delivered"}
    assert len(world.receivers.got) == 100


def test_only_so_much_is_in_hand(world: World) -> None:
    world.receivers.closed["slow.example.com"] = threading.Event()
    world.ended("slow.example.com", 300)
    world.courier.sweep()
    world.courier.sweep()
    assert world.courier._held[""] == HELD[1] < HELD[0]


def test_what_waits_too_long_for_a_thread_is_let_go_and_comes_again(world: World) -> None:
    world.courier = world.another(timeout_s=0.05)
    gate = world.receivers.closed["slow.example.com"] = threading.Event()
    jobs = world.ended("slow.example.com", 6)
    world.courier.sweep()
    assert len(world.courier._waiting) == 2
    time.sleep(0.06)
    world.courier.sweep()
    assert world.courier._waiting == []
    gate.set()
    world.rounds()
    world.rounds(1)
    assert [world.message(job).state for job in jobs] == ["delivered"] * 6
    assert len(world.receivers.got) == 6


def test_two_couriers_share_the_work(world: World) -> None:
    world.ended(count=8)
    second = world.another()
    world.courier.sweep()
    second.sweep()
    world.rounds()
    assert len(world.receivers.got) == len(set(world.receivers.got)) == 8


# -- outages -------------------------------------------------------------------------
class Away:
    """Makes a method of the ledger fail some times."""

    def __init__(self, method: Callable[..., Any], times: int) -> None:
        self.method, self.times = method, times

    def __call__(self, *args: Any) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise LedgerUnavailable("Redis is away")
        return self.method(*args)


def test_what_came_of_a_call_is_noted_when_redis_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NOTE_AGAIN_S", 0.01)
    (job,) = world.ended()
    world.ledger.called = Away(world.ledger.called, 3)
    world.rounds()
    assert world.message(job).state == "delivered"
    assert len(world.receivers.got) == 1


def test_what_could_not_be_noted_is_sent_again_under_the_same_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NOTE_AGAIN_S", 0.01)
    world.courier = world.another(timeout_s=0.01)
    (job,) = world.ended()
    world.ledger.called = Away(world.ledger.called, 100)
    world.rounds()
    world.ledger.called.times = 0
    world.rounds(1)
    assert world.receivers.got == [("a.example.com", f"msg_{job}_cancelled")] * 2
    assert world.message(job).state == "delivered"


def test_redis_away_before_a_call_is_no_attempt(world: World) -> None:
    (job,) = world.ended()
    world.ledger.job = Away(world.ledger.job, 1)
    world.rounds()
    assert world.receivers.got == []
    world.rounds(31)
    assert errors(world.message(job)) == [""]


def test_a_sweep_without_redis_says_so(world: World) -> None:
    world.ledger.due_calls = Away(world.ledger.due_calls, 1)
    with pytest.raises(LedgerUnavailable):
        world.courier.sweep()
    world.rounds()


def test_a_bug_does_not_take_a_thread_along(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (job,) = world.ended()

    def fail(_: HookCall, __: Attempt, ___: int | None) -> None:
        raise KeyError("bug")

    called = world.ledger.called
    monkeypatch.setattr(world.ledger, "called", fail)
    for _ in range(THREADS + 1):
        world.rounds(31)
    assert "bug in the courier" in caplog.text
    monkeypatch.setattr(world.ledger, "called", called)
    world.rounds(31)
    assert world.message(job).state == "delivered"


def test_leaving_ends_what_runs_and_leaves_the_rest_to_the_next(world: World) -> None:
    gate = world.receivers.closed["slow.example.com"] = threading.Event()
    jobs = world.ended("slow.example.com", 6)
    world.courier.sweep()
    leaving = threading.Thread(target=world.courier.leave)
    leaving.start()
    gate.set()
    leaving.join(5)
    assert [world.message(job).state for job in jobs].count("delivered") == OF_A_HOST
    world.courier = world.another()
    world.rounds(31)
    assert [world.message(job).state for job in jobs] == ["delivered"] * 6
    assert len(world.receivers.got) == 6


# -- what is measured ----------------------------------------------------------------
def counted(outcome: str) -> float:
    return float(metrics.WEBHOOKS.labels(outcome)._value.get())


def test_attempts_are_counted_by_what_came_of_them(world: World) -> None:
    names = ("delivered", "again", "gone", "given_up")
    before = {name: counted(name) for name in names}
    world.ended()
    world.ended("b.example.com")
    world.receivers.answers["b.example.com"] = [Reply(500, 5)] * 3
    for _ in range(3):
        world.rounds(1000)
    world.receivers.answers["c.example.com"] = [Reply(410, 5)]
    world.ended("c.example.com")
    world.rounds()
    found = {name: counted(name) - before[name] for name in names}
    assert found == {"delivered": 1, "again": 2, "gone": 1, "given_up": 1}


def test_the_age_of_what_was_never_tried_is_told(world: World) -> None:
    world.receivers.closed["slow.example.com"] = threading.Event()
    world.ended("slow.example.com", OF_A_HOST)
    world.now_ms -= 60_000
    world.ended("slow.example.com", 1)
    world.now_ms += 60_000
    world.courier.sweep()
    world.ended("slow.example.com", 6)
    world.courier.sweep()
    assert metrics.WEBHOOK_OLDEST._value.get() < 62
    world.receivers.closed["slow.example.com"].set()
    world.rounds()
    assert metrics.WEBHOOK_OLDEST._value.get() == 0


@pytest.mark.parametrize(("hosts", "messages"), [(1, 10), (1, 300), (30, 300)])
def test_messages_that_wait_for_hosts_that_hang_are_seen_all_the_time(
    world: World, monkeypatch: pytest.MonkeyPatch, hosts: int, messages: int
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: world.now_ms / 1000)
    monkeypatch.setattr(time, "time", lambda: world.now_ms / 1000)
    rounds = round(3 * world.courier._rules.lease_ms / 1000 / PERIOD_S)
    gate = threading.Event()
    for number in range(hosts):
        world.receivers.closed[f"slow{number}.example.com"] = gate
        world.ended(f"slow{number}.example.com", messages // hosts, owner=f"owner{number % 5}")
    told = [_age_told(world) for _ in range(rounds)]
    assert told == pytest.approx([PERIOD_S * number for number in range(1, rounds + 1)])
    gate.set()
    for _ in range(rounds):
        time.sleep(0.001)
        last = _age_told(world)
    assert len(set(world.receivers.got)) == messages
    assert last == 0


def _age_told(world: World) -> float:
    """Let a period pass, and do a round."""
    world.now_ms += round(PERIOD_S * 1000)
    world.courier.sweep()
    return float(metrics.WEBHOOK_OLDEST._value.get())
