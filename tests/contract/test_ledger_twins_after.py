"""The two ledgers live the same random life with hooks, and with jobs that are erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from common.ledger.outbox import Attempt, HookCall
from common.ledger.records import Hook
from tests.contract.conftest import artifact
from tests.contract.test_ledger_twins import (
    JOBS,
    PHOTOS,
    PLANS,
    Twins,
    contents,
    jobs,
    live,
    picks,
    stories,
)
from tests.extent import size

if TYPE_CHECKING:
    import redis

    from common.contracts.plans import Plan

EVENTS = ("succeeded", "failed", "cancelled", "expired", "paused")
owners = st.sampled_from(("ann", "ann", "bob"))
FILES = [artifact("photo", f"photo of {job}").sha256 for job in JOBS]
FILES += [artifact(f"{name}.bin").sha256 for name in "abcd"]
FILES += [ref.sha256 for ref in PHOTOS]


class Afterlife(Twins):
    """Beside all that may happen to jobs: messages to hooks, and erasing."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self.calls: list[HookCall] = []

    @initialize(plan=st.sampled_from(PLANS[3:]))  # those that pause
    def begin_with_a_hook(self, plan: Plan) -> None:
        self.accept_with_a_hook("j3", plan, EVENTS)

    @rule(
        job=jobs, plan=st.sampled_from(PLANS), events=st.sampled_from((EVENTS, EVENTS, ("paused",)))
    )
    def accept_with_a_hook(self, job: str, plan: Plan, events: tuple[str, ...]) -> None:
        hook = Hook("https://example.org", events)
        changes: dict[str, Any] = {"photo_ttl_ms": 2000, "result_ttl_ms": 4000, "deadline_ms": 3000}
        self.both(lambda house: house.accept(job, plan, hook=hook, idempotency_key="k", **changes))

    @rule(job=jobs, owner=owners)
    def erase(self, job: str, owner: str) -> None:
        self.both(lambda house: house.ledger.erase(job, owner))

    @rule(job=jobs, other=jobs, content=contents, which=st.sets(st.sampled_from(FILES), min_size=1))
    def erase_what_is_done(self, job: str, other: str, content: str, which: set[str]) -> None:
        """The other has often made the same files, and a message is on its way."""
        for one in (other, job):
            self.work(one, "w1", 5, content)
        self.take_messages(10, 10)
        self.erase(job, "ann")
        self.send(0, "", None)
        self.deleted(job, "ann", which)

    @rule(job=jobs, owner=owners, which=st.sets(st.sampled_from(FILES)))
    def deleted(self, job: str, owner: str, which: set[str]) -> None:
        left = set(FILES) - which
        self.both(lambda house: house.ledger.deleted(job, owner, sorted(which), sorted(left)))

    @rule(lease=st.sampled_from((10, 2000)), limit=st.sampled_from((1, 10)))
    def take_messages(self, lease: int, limit: int) -> None:
        self.calls += self.both(lambda house: house.ledger.due_calls(lease, limit))

    @rule(pick=picks, error=st.sampled_from(("", "no")), again=st.sampled_from((None, 0, 1000)))
    def send(self, pick: int, error: str, again: int | None) -> None:
        if self.calls:
            call = self.calls[-1 - pick % len(self.calls)]
            attempt = Attempt(pick, None if error else 200, 1.5, error)
            self.both(lambda house: house.ledger.called(call, attempt, again))

    @rule(errors=st.lists(st.sampled_from(("", "no")), min_size=1, max_size=4))
    def deliver(self, errors: list[str]) -> None:
        """Take what is due and send it, the last of it for good."""
        before = len(self.calls)
        self.take_messages(2000, len(errors))
        for number, error in zip(range(len(self.calls) - before), errors, strict=False):
            self.send(number, error, None if number % 2 else 1000)

    @rule(job=jobs, owner=owners, event=st.sampled_from((None, *EVENTS)))
    def send_again(self, job: str, owner: str, event: str | None) -> None:
        self.both(lambda house: house.ledger.call_again(job, owner, event))

    @rule(job=jobs, name=st.sampled_from("abcd"))
    def lose_a_file(self, job: str, name: str) -> None:
        self.both(lambda house: house.ledger.forget_outputs(job, artifact(f"{name}.bin").sha256))

    @invariant()
    def both_say_the_same_afterwards(self) -> None:
        self.both(lambda house: [house.ledger.calls(job) for job in JOBS])
        self.both(lambda house: [house.ledger.unsettled("ann", [file]) for file in FILES])
        self.both(lambda house: [house.ledger.in_use("ann", [file]) for file in FILES])

    @invariant()
    def nothing_is_left_of_what_was_erased(self) -> None:
        for record in filter(None, map(self.houses[1].ledger.job, JOBS)):
            if record.erased_ms is not None:
                assert (record.params, record.artifacts, record.nodes) == ({}, {}, ())
                ((kind, told),) = stories(self.houses[1].ledger, record.id)
                assert (kind, told["error"]) == (str(record.state), None)


def test_both_ledgers_live_the_same_afterlife(client: redis.Redis) -> None:
    class Life(Afterlife):
        def __init__(self) -> None:
            super().__init__(client)

    live(Life, lives=size(40, 12))
