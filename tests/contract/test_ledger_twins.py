"""The two ledgers live the same random life and must tell the same story at every moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from common.contracts.plans import Plan
from common.errors import KilnError, NoFace, StageHung, StorageError
from common.ledger.audit import audit
from common.ledger.protocol import PROMISES
from common.ledger.records import Approval, Claim, Committed, Limits, NodeResult
from tests.contract.conftest import DIAMOND, HELD, House, artifact, memory_house, node, redis_house
from tests.contract.ledger_view import differing, in_memory, in_redis, let_pass, slow_clock
from tests.extent import size

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from common.ledger.protocol import Ledger

pytestmark = pytest.mark.contract

JOBS = ("j1", "j2", "j3", "j4", "j5", "j6")
WORKERS = ("w1", "w2")
PLANS = (
    DIAMOND,
    Plan(nodes=(node("a"), node("b"), node("d", "a", "b"))),
    Plan(nodes=(node("a"), node("b", "a", optional=True), node("c", optional=True))),
    HELD,
    Plan(nodes=(node("a", hold=True, optional=True), node("b"), node("c", "a", "b"))),
)
# what a test may run into: two jobs, one of an owner, some ready stages, a few files of 7 bytes
LIMITS = (
    Limits(9),
    Limits(9),
    Limits(2),
    Limits(4, max_active_of_owner=1),
    Limits(4, max_depth=2),
    Limits(4, max_bytes=28),
    Limits(4, max_bytes_of_owner=14),
)
jobs, workers = st.sampled_from(JOBS), st.sampled_from(WORKERS)
picks = st.integers(0, 5)
contents = st.sampled_from(("", "other"))  # of the files that a stage makes
ends = st.sampled_from((NoFace("no face"), StorageError("disk full"), StageHung("it hangs")))
# two names of which one is a pattern of neither, and one file that jobs share
PHOTOS = (artifact("photo", "a photo", internal=True), artifact("photo-2", internal=True))


class Twins(RuleBasedStateMachine):
    """Every rule asks both ledgers the same and compares their answers."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__()
        client.flushdb()
        self.client = client
        self.twin = memory_house()
        self.houses = [self.twin, slow_redis_house(client)]
        self.claims: list[Claim] = []
        self.steps = 0
        self.trashed: list[tuple[str, str]] = []

    def both(self, ask: Callable[[House], Any]) -> Any:
        in_memory, in_redis = (ask(house) for house in self.houses)
        assert in_memory == in_redis
        return in_memory

    def both_with_a_claim(self, pick: int, ask: Callable[[Ledger, Claim], Any]) -> None:
        """Ask with a claim that was once given, often one that was lost long ago."""
        if self.claims:
            claim = self.claims[-1 - pick % len(self.claims)]
            self.both(lambda house: ask(house.ledger, claim))

    @initialize(plan=st.sampled_from(PLANS), other=st.sampled_from(PLANS))
    def begin(self, plan: Plan, other: Plan) -> None:
        """No life is empty."""
        for job, of_it in (("j1", plan), ("j2", other)):
            self.accept(
                job, "ann", of_it, key=None, limits=Limits(9), cancel_after=5000, shared=True
            )

    # -- what may happen --------------------------------------------------------------------
    @rule(
        job=jobs,
        owner=st.sampled_from(("ann", "ann", "bob")),
        plan=st.sampled_from(PLANS),
        key=st.sampled_from((None, "k")),
        limits=st.sampled_from(LIMITS),
        cancel_after=st.sampled_from((None, None, 0, 1000)),
        shared=st.booleans(),
        again=st.booleans(),
    )
    def accept(
        self,
        job: str,
        owner: str,
        plan: Plan,
        *,
        key: str | None,
        limits: Limits,
        cancel_after: int | None,
        shared: bool,
        again: bool = False,
    ) -> None:
        job = job if again else self.unknown(job)
        self.promised(job)
        changes: dict[str, Any] = {"deadline_ms": 3000, "photo_ttl_ms": 2000, "result_ttl_ms": 4000}
        changes |= {"cancel_after_ms": cancel_after, "promise": promise_of(job)}
        changes |= {"inputs": PHOTOS} if shared else {}
        self.both(
            lambda house: house.accept(
                job, plan, limits=limits, owner=owner, idempotency_key=key, **changes
            )
        )

    @rule(job=jobs, plan=st.sampled_from(PLANS), limits=st.sampled_from(LIMITS))
    def accept_what_is_known(self, job: str, plan: Plan, limits: Limits) -> None:
        job = self.unknown(job)
        keys = [one.id for one in plan.nodes]
        hits = self.both(lambda house: house.ledger.memos("ann", keys))
        if all(hits):
            known: dict[str, Any] = {
                "memoised": dict(zip(keys, hits, strict=True)),
                "promise": promise_of(job),
            }
            self.both(lambda house: house.accept(job, plan, limits=limits, **known))

    @rule(done=jobs, job=jobs, limits=st.sampled_from(LIMITS))
    def accept_what_was_done(self, done: str, job: str, limits: Limits) -> None:
        self.work(done, "w1", 5)
        record = self.twin.ledger.job(done)
        self.accept_what_is_known(job, record.plan if record else PLANS[0], limits)

    def unknown(self, job: str) -> str:
        """Name a job that there is not yet, as long as there is one."""
        return next((one for one in JOBS if self.twin.ledger.job(one) is None), job)

    def promised(self, *content: str) -> None:
        """Note the intent to write the file of a promise, as the gateway does."""
        hashes = [promise_of(one) for one in content]
        self.both(lambda house: house.ledger.discard(PROMISES, hashes))

    @rule(
        job=jobs,
        which=st.sampled_from("abcd"),
        worker=workers,
        again=st.booleans(),
        alone=st.booleans(),
    )
    def claim(self, job: str, which: str, worker: str, *, again: bool, alone: bool = True) -> None:
        how = {"again": again, "alone": alone}
        answer = self.both(lambda house: house.ledger.claim(job, which, worker, **how))
        if isinstance(answer, Claim):
            self.claims.append(answer)

    @rule(worker=workers)
    def claim_whatever_is_ready(self, worker: str) -> None:
        for job in JOBS:
            record = self.houses[0].ledger.job(job)
            for one in record.nodes if record else ():
                if one.state == "ready":
                    self.claim(job, one.id, worker, again=False)

    @rule(job=jobs, worker=workers, most=st.integers(1, 5), content=contents)
    def work(self, job: str, worker: str, most: int, content: str = "") -> None:
        """Do some stages of a job one after the other, as it goes in most lives."""
        for _ in range(most):
            record = self.twin.ledger.job(job)
            ready = [one.id for one in record.nodes if one.state == "ready"] if record else []
            if ready:
                self.claim(job, ready[-1], worker, again=False)
                self.commit(0, content)

    @rule(job=jobs, error=ends, most=st.integers(1, 3))
    def try_in_vain(self, job: str, error: KilnError, most: int) -> None:
        """Fail with a stage as long as it is given again."""
        for _ in range(most):
            record = self.twin.ledger.job(job)
            ready = [one.id for one in record.nodes if one.state == "ready"] if record else []
            if ready:
                self.claim(job, ready[0], "w1", again=False)
                self.fail(0, error, 0)

    @rule(worker=workers)
    def die(self, worker: str) -> None:
        """Take stages, and never be heard of again."""
        self.claim_whatever_is_ready(worker)
        self.time_passes(60)
        self.reap(100, leases=True)

    @rule(worker=workers, counts=st.booleans())
    def stop(self, worker: str, *, counts: bool) -> None:
        """Take stages, and give them back."""
        self.claim_whatever_is_ready(worker)
        self.release(worker, counts=counts)

    @rule(again=st.frozensets(st.sampled_from("abc"), max_size=2), hold=st.booleans())
    def approve(self, again: frozenset[str], *, hold: bool) -> None:
        """Let whatever pauses go on, if only to do the same once more."""
        for job in JOBS:
            self.work(job, "w1", 1)
            self.resume(job, "ann", again, hold)
            self.work(job, "w1", 1)

    @rule(missing=st.integers(0, 2))
    def publish_what_waits(self, missing: int) -> None:
        self.time_passes(1000)
        self.publish_again(missing, 2000, 9)

    @rule(job=jobs, worker=workers)
    def remember(self, job: str, worker: str) -> None:
        """Take what is known for the stages of a job that are ready."""
        record = self.twin.ledger.job(job)
        for one in record.nodes if record else ():
            if one.state == "ready":
                self.claim(job, one.id, worker, again=False)
                self.recall(0)

    @rule(pick=picks, content=contents)
    def commit(self, pick: int, content: str) -> None:
        result = NodeResult(engine="builtin", facts={"n": pick})

        def commit(ledger: Ledger, claim: Claim) -> Committed:
            files = [artifact(f"{claim.node}.bin", content), artifact("log", internal=True)]
            return ledger.commit(claim, files, result, claim.node)

        self.both_with_a_claim(pick, commit)

    @rule(pick=picks, error=ends, delay=st.sampled_from((0, 30)))
    def fail(self, pick: int, error: KilnError, delay: int) -> None:
        self.both_with_a_claim(pick, lambda ledger, claim: ledger.fail(claim, error, delay))

    @rule(pick=picks)
    def recall(self, pick: int) -> None:
        self.both_with_a_claim(pick, lambda ledger, claim: ledger.recall(claim, claim.node))

    @rule(pick=picks, content=st.sampled_from(("", "early")))
    def announce(self, pick: int, content: str) -> None:
        def announce(ledger: Ledger, claim: Claim) -> bool:
            return ledger.announce(claim, artifact(f"{claim.node}.bin", content))

        self.both_with_a_claim(pick, announce)

    @rule(pick=picks)
    def heartbeat(self, pick: int) -> None:
        self.both_with_a_claim(pick, lambda ledger, claim: ledger.heartbeat(claim))

    @rule(
        job=jobs,
        owner=st.sampled_from(("ann", "ann", "bob")),
        again=st.frozensets(st.sampled_from("abcdx")),
        hold=st.booleans(),
    )
    def resume(self, job: str, owner: str, again: frozenset[str], hold: bool) -> None:
        record = self.houses[0].ledger.job(job)
        again = frozenset(record.plan.closure(set(again))) if record else again
        self.promised(f"{job} again")
        promise = promise_of(f"{job} again") if again else ""
        approval = Approval({"height_mm": 60, "name": "Ann"}, again, hold, promise)
        self.both(lambda house: house.ledger.resume(job, owner, approval))

    @rule(pick=picks)
    def report(self, pick: int) -> None:
        self.both_with_a_claim(
            pick, lambda ledger, claim: ledger.report(claim, {"text": "Zoë", "n": pick})
        )

    @rule(job=jobs, owner=st.sampled_from(("ann", "ann", "bob")))
    def cancel(self, job: str, owner: str) -> None:
        self.both(lambda house: house.ledger.cancel(job, owner))

    @rule(worker=workers, counts=st.booleans())
    def release(self, worker: str, *, counts: bool) -> None:
        self.both(lambda house: house.ledger.release(worker, counts=counts))

    @rule(limit=st.sampled_from((1, 100)), leases=st.booleans())
    def reap(self, limit: int, *, leases: bool) -> None:
        self.both(lambda house: house.ledger.reap(limit, leases=leases))

    @rule(worker=workers, queue=st.sampled_from(("red", "blue")), slots=st.integers(0, 3))
    def come_and_go(self, worker: str, queue: str, slots: int) -> None:
        if slots:
            self.both(lambda house: house.ledger.worker_up(queue, worker, slots))
        else:
            self.both(lambda house: house.ledger.worker_down(queue, worker))

    @rule(
        missing=st.integers(0, 3),
        patience=st.sampled_from((0, 2000)),
        limit=st.sampled_from((1, 9)),
    )
    def publish_again(self, missing: int, patience: int, limit: int) -> None:
        self.both(lambda house: house.ledger.overdue("red", missing, patience, limit))

    @rule(who=workers, ttl=st.sampled_from((50, 5000)))
    def lead(self, who: str, ttl: int) -> None:
        self.both(lambda house: house.ledger.lead("reconciler", who, ttl))

    @rule(milliseconds=st.sampled_from((10, 40, 60, 60, 1000, 3000, 40_000, 700_000)))
    def time_passes(self, milliseconds: int) -> None:
        for house in self.houses:
            house.later(milliseconds)
        let_pass(self.client, milliseconds)

    @rule(grace=st.sampled_from((0, 100)), limit=st.sampled_from((1, 100)))
    def clean_up(self, grace: int, limit: int) -> None:
        self.both(lambda house: house.ledger.expire(limit))
        self.trashed += self.both(lambda house: house.ledger.trash(grace, limit))

    @rule(counter=st.sampled_from(("open", "open_jobs", "bytes")), by=st.sampled_from((-1, 5)))
    def lose_count(self, counter: str, by: int) -> None:
        fields = self.client.hkeys(f"kiln:{counter}")
        for field in [*fields[:1], "nobody"] if by > 0 else fields[:1]:
            self.client.hincrby(f"kiln:{counter}", field, by)
        off = len(fields[:1]) + (by > 0)
        assert self.houses[1].ledger.recount() == off

    @rule(owner=st.sampled_from(("ann", "bob")), name=st.sampled_from("xyz"))
    def count_what_nobody_has(self, owner: str, name: str) -> None:
        for counter, field in (
            (f"files:{owner}", artifact(name).sha256),
            ("bytes", owner),
            ("bytes", "*"),
        ):
            self.client.hincrby(f"kiln:{counter}", field, 7)
        assert self.houses[1].ledger.recount() == 1

    @rule(owner=st.sampled_from(("ann", "bob")))
    def lose_what_is_of_an_owner(self, owner: str) -> None:
        """An upgrade, or whoever wrote by hand: nothing that is counted is there."""
        mine = self.client.zcard(f"kiln:active_of:{owner}")
        self.client.delete(f"kiln:active_of:{owner}")
        assert self.houses[1].ledger.recount() == mine

    @rule(owner=st.sampled_from(("ann", "bob", PROMISES)), name=st.sampled_from("xyz"))
    def throw_away(self, owner: str, name: str) -> None:
        self.both(lambda house: house.ledger.discard(owner, [artifact(name).sha256]))

    @rule(pick=picks, gone=st.booleans())
    def say_how_deleting_went(self, pick: int, *, gone: bool) -> None:
        if self.trashed:
            file = self.trashed[-1 - pick % len(self.trashed)]
            self.both(lambda house: house.ledger.emptied(*file, gone=gone))

    # -- what must be true at every moment --------------------------------------------------
    @invariant()
    def redis_holds_what_its_twin_knows(self) -> None:
        known, held = in_memory(self.twin.ledger), in_redis(self.client)
        assert known == held, differing(known, held)

    @invariant()
    def both_tell_the_same(self) -> None:
        self.both(lambda house: [house.ledger.job(job) for job in JOBS])
        self.both(lambda house: [stories(house.ledger, job) for job in JOBS])
        self.steps += 1
        if self.steps % 5 == 0:  # what only looks need not look each time
            self.look()

    def look(self) -> None:
        self.both(lambda house: house.ledger.census(("red", "blue")))
        self.both(lambda house: house.ledger.dead_letters())
        self.both(lambda house: house.ledger.waits_ms("red"))
        self.both(lambda house: [house.ledger.standing(job) for job in JOBS])
        self.both(lambda house: house.ledger.outlook(("red", "blue")))
        self.both(lambda house: house.ledger.outlook(("red", "blue"), runs=False))
        self.both(lambda house: [house.ledger.bytes_of(who) for who in (None, "ann", "bob")])
        self.both(lambda house: house.ledger.slots(("red", "blue")))
        self.both(lambda house: house.ledger.workers(("red", "blue")))
        self.both(lambda house: [one.id for one in house.ledger.jobs("ann", None, 10)])
        self.both(lambda house: house.ledger.memos("ann", list("abcd")))

    def teardown(self) -> None:
        self.look()
        found = audit(self.client, AnyFile(), check_hashes=False)  # type: ignore[arg-type]
        assert found.clean, found.findings
        assert self.houses[1].ledger.recount() == 0

    @invariant()
    def a_promise_is_kept_until_its_job_ends(self) -> None:
        records = [record for record in map(self.houses[1].ledger.job, JOBS) if record]
        kept = {f"kiln:refs:{PROMISES}:{one.promise}" for one in records if not one.state.terminal}
        kept -= {f"kiln:refs:{PROMISES}:"}
        assert set(self.client.keys(f"kiln:refs:{PROMISES}:*")) == kept
        thrown_away = set(self.client.zrange("kiln:trash", 0, -1))
        assert thrown_away.isdisjoint(f"{PROMISES} {key[-64:]}" for key in kept)

    @invariant()
    def a_job_ends_once_and_a_node_is_committed_once(self) -> None:
        ledger = self.houses[1].ledger
        for record in filter(None, map(ledger.job, JOBS)):
            events = ledger.events(record.id)
            terminal = [event.type for event in events if event.terminal]
            assert terminal == ([str(record.state)] if record.state.terminal else [])
            assert not terminal or events[-1].terminal
            done: list[str] = []
            for event in events:
                if event.data.get("state") == "done":
                    done.append(event.data["stage"])
                elif event.type == "resumed":
                    done = [one for one in done if one not in event.data.get("again", ())]
            assert sorted(done) == sorted(one.id for one in record.nodes if one.state == "done")
            if record.state.terminal:
                states = {one.state for one in record.nodes}
                assert states <= {"done", "skipped", "failed", "stopped"}


class AnyFile:
    """A store in which every file lies that one looks for, as the audit asks it."""

    def files(self) -> list[Any]:
        return []

    def has(self, _path: str) -> bool:
        return True

    def stream(self, *_: Any) -> None:
        """A file that one may begin to read."""


def slow_redis_house(client: redis.Redis) -> House:
    """Build a house whose Redis forgets nothing before its clock is moved."""
    house = redis_house(client)
    slow_clock(house.ledger, client)
    return house


def promise_of(content: str) -> str:
    return artifact("promise", content).sha256


def stories(ledger: Ledger, job: str) -> list[tuple[str, dict[str, Any]]]:
    """Events without their ids: those are the store's own."""
    return [(event.type, event.data) for event in ledger.events(job)]


def test_both_ledgers_live_the_same_life(client: redis.Redis) -> None:
    class Life(Twins):
        def __init__(self) -> None:
            super().__init__(client)

    live(Life, lives=size(60, 20))


def live(machine: type[RuleBasedStateMachine], lives: int) -> None:
    """Run a machine for some lives of 80 steps, the same ones each time."""
    few = settings(
        max_examples=lives,
        stateful_step_count=80,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)
