"""What one failure test works with: jobs it must not lose, faults, and the verdict at the end."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import redis

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Node, Plan
from common.errors import LedgerUnavailable
from common.ledger.audit import Report, audit
from common.ledger.audit_rules import commits_of
from common.ledger.records import Event, JobRecord, Limits, NewJob, NodeRecord
from common.ledger.redis_ledger import RedisLedger, connect
from gateway.client import Kiln
from tests.bench.photos import new_portrait

if TYPE_CHECKING:
    from celery import Celery

    from tests.chaos.faults import Faults
    from tests.stack import TestStack

OWNER = "local"
PATIENCE_S = 180.0
CLEAN_S = 30.0


def tiny_plan() -> Plan:
    """Fan-out and fan-in of real stages that cost a few milliseconds each."""
    ends = (("a", ()), ("b", ("a",)), ("c", ("a",)), ("d", ("b", "c")))
    return Plan(
        nodes=tuple(
            Node(id=id_, stage="gateway.finish", queue="gateway", after=after)
            for id_, after in ends
        )
    )


def until(condition: Callable[[], Any], timeout_s: float = 30, pause_s: float = 0.05) -> Any:
    """Wait for something to become true; a Redis or a gateway that is away is not yet true."""
    give_up = time.monotonic() + timeout_s
    while True:
        try:
            found = condition()
        except (redis.RedisError, LedgerUnavailable, OSError):
            found = None
        if found:
            return found
        assert time.monotonic() < give_up, f"waited {timeout_s:.0f} s in vain"
        time.sleep(pause_s)


@dataclass
class Row:
    """One line of the table."""

    number: str
    fault: str
    in_flight: int = 0
    lost: int = 0
    duplicated: int = 0
    recovery_s: float | None = None
    seconds: float = 0.0
    passed: bool = False
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Scene:
    """One test on the shared stack."""

    def __init__(self, stack: TestStack, faults: Faults, row: Row) -> None:
        self.stack = stack
        self.faults = faults
        self.row = row
        self.kiln = Kiln(stack.url)
        self.jobs: list[str] = []
        self.patience_s = PATIENCE_S
        self._struck_ms: list[int] = []

    @cached_property
    def redis(self) -> redis.Redis:
        return connect(self.stack.settings.ledger_url)

    @cached_property
    def broker(self) -> redis.Redis:
        return connect(self.stack.settings.broker_url)

    @cached_property
    def ledger(self) -> RedisLedger:
        return RedisLedger(self.redis)

    @cached_property
    def app(self) -> Celery:
        return make_app(self.stack.settings)

    # -- jobs that must not be lost -----------------------------------------------------------
    def track(self, *jobs: str) -> list[str]:
        self.jobs += jobs
        return list(jobs)

    def figurine(self, photo: bytes | None = None, **parameters: Any) -> str:
        job = self.kiln.submit_figurine(photo or new_portrait(), **parameters)["id"]
        return self.track(job)[0]

    def figurines(self, count: int) -> list[str]:
        return [self.figurine() for _ in range(count)]

    def recipe(self, count: int = 1, **parameters: Any) -> str:
        """The cheapest product: never the same list twice, so nothing is remembered."""
        grams = random.randrange(10, 9_000_000) / 100
        at_hand = [f"{grams} g rice", "2 eggs", "3 tomatoes", "1 onion"]
        job = self.kiln.submit_recipe(ingredients=at_hand, count=count, **parameters)["id"]
        return self.track(job)[0]

    def recipes(self, count: int) -> list[str]:
        return [self.recipe() for _ in range(count)]

    def tiny(self, count: int, plan: Plan | None = None, *, publish: bool = True) -> list[str]:
        """Accept jobs of four tiny stages, as the gateway does it, without HTTP."""
        plan = plan or tiny_plan()
        store, jobs = self.stack.store(), []
        for _ in range(count):
            job = f"tiny-{uuid4().hex}"
            note = store.put(OWNER, "note", "text/plain", job.encode(), internal=True)
            new = NewJob(job, OWNER, "figurine", {}, plan, (note,))
            until(
                lambda new=new: self.ledger.accept(new, Limits(max_active=100_000)).status != "busy"
            )
            self.track(job)
            jobs.append(job)
            if publish:
                with suppress(LedgerUnavailable):  # the promise stands, as in the gateway
                    canvas.publish_plan(self.app, job, plan)
        return jobs

    # -- looking ------------------------------------------------------------------------------
    def job(self, job: str) -> JobRecord:
        record = self.ledger.job(job)
        assert record is not None, f"{job} is lost"
        return record

    def node(self, job: str, node: str) -> NodeRecord:
        return next(one for one in self.job(job).nodes if one.id == node)

    def told(self, job: str, state: str) -> Counter[str]:
        """How often each stage was told to be in a state."""
        return Counter(
            event.data["stage"]
            for event in self.ledger.events(job)
            if event.type == "stage" and event.data["state"] == state
        )

    def running(self, job: str, node: str) -> NodeRecord:
        """Wait until a stage runs."""

        def look() -> NodeRecord | None:
            record = self.node(job, node)
            return record if record.state == "running" else None

        found: NodeRecord = until(look, 60, pause_s=0)
        return found

    def states(self, jobs: Iterable[str] | None = None) -> Counter[str]:
        """How many of the jobs are in which state; the lost ones are counted as such."""
        pipe = self.redis.pipeline(transaction=False)
        for job in self.jobs if jobs is None else jobs:
            pipe.hget(f"kiln:job:{job}", "state")
        return Counter(state or "lost" for state in pipe.execute())

    def unfinished(self, jobs: Iterable[str] | None = None) -> int:
        states = self.states(jobs)
        return states["queued"] + states["running"] + states["paused"]

    def wait(self, *jobs: str, timeout_s: float = 120) -> Counter[str]:
        """Wait until jobs have ended (all of them by default) and tell how."""
        wanted = jobs or tuple(self.jobs)
        until(lambda: self.unfinished(wanted) == 0, timeout_s, pause_s=0.1)
        return self.states(wanted)

    def succeed(self, *jobs: str, timeout_s: float = 120) -> None:
        """Wait until jobs have succeeded (all of them by default)."""
        ended = self.wait(*jobs, timeout_s=timeout_s)
        wanted = jobs or tuple(self.jobs)
        bad = [job for job in wanted if self.job(job).state != "succeeded"][:3]
        assert set(ended) == {"succeeded"}, {job: self.job(job).error for job in bad}

    # -- breaking -----------------------------------------------------------------------------
    def struck(self) -> None:
        """Note that a fault happens now, or from now on."""
        self._struck_ms.append(int(time.time() * 1000))

    def kill(self, name: str, number: int = signal.SIGKILL) -> list[int]:
        self.struck()
        return self.stack.kill(name, number)

    def kill_in(self, stage: str, submit: Callable[[], str]) -> str:
        """Send jobs until the worker of one is killed in the middle of a stage."""
        for _ in range(10):
            job = submit()
            pid = self.stack.worker_pid(str(self.running(job, stage).worker))
            os.kill(pid, signal.SIGSTOP)  # nothing moves while we look
            if self.node(job, stage).state == "running":
                self.struck()
                os.kill(pid, signal.SIGKILL)
                return job
            os.kill(pid, signal.SIGCONT)
            self.wait(job)
        msg = f"{stage} always ended before its worker could be stopped"
        raise AssertionError(msg)

    # -- the verdict --------------------------------------------------------------------------
    def conclude(self) -> None:
        """Heal the house; then every job has ended once, and the audit finds nothing."""
        self._struck_ms += self.faults.moments_ms() if self._struck_ms else []
        self.faults.clear()
        self.stack.settle(120)
        until(lambda: self.unfinished() == 0, self.patience_s, pause_s=0.2)
        if self.jobs:
            self._judge()
        report = self._quiet()
        assert report.clean, report.findings[:5]
        assert self.row.lost == 0
        assert self.row.duplicated == 0
        assert self._results_that_stay() == []

    def _quiet(self) -> Report:
        """Audit until it is clean: a cancelled stage may still be throwing its files away."""
        give_up = time.monotonic() + CLEAN_S
        while True:
            report = audit(self.redis, self.stack.store(), grace=timedelta(0))
            if report.clean or time.monotonic() > give_up:
                return report
            time.sleep(0.5)

    def _judge(self) -> None:
        states = self.states()
        self.row.lost = sum(states[state] for state in ("lost", "queued", "running", "paused"))
        stories = [self.ledger.events(job) for job in self.jobs]
        for story in stories:
            commits = commits_of(tuple(story))
            self.row.duplicated += sum(count - 1 for count in commits.values() if count > 1)
            self.row.duplicated += max(0, sum(event.terminal for event in story) - 1)
        if self._struck_ms:
            ends = [_time_ms(story[-1]) for story in stories if story]
            self.row.in_flight = sum(end >= min(self._struck_ms) for end in ends)
        self.row.recovery_s = _worst_recovery_s(stories, self._struck_ms)

    def _results_that_stay(self) -> list[str]:
        """Keys of Celery's results database without a TTL."""
        with connect(self.stack.settings.results_url) as results:
            return [key for key in results.scan_iter() if results.ttl(key) == -1]


def _worst_recovery_s(stories: list[list[Event]], struck_ms: list[int]) -> float | None:
    """Find how long a stage that a fault interrupted waited, or how long no job moved at all."""
    if not struck_ms:
        return None
    waits = [wait for story in stories for wait in _interruptions_ms(story, struck_ms)]
    return max([*waits, *_silences_ms(stories, min(struck_ms))], default=0) / 1000


def _interruptions_ms(story: list[Event], struck_ms: list[int]) -> list[int]:
    """From the last fault during a try of a stage to its next try."""
    began: dict[str, int] = {}
    found = []
    for event in story:
        if event.type == "stage" and event.data["state"] == "running":
            stage, at = event.data["stage"], _time_ms(event)
            if stage in began:
                between = [struck for struck in struck_ms if began[stage] <= struck <= at]
                found += [at - max(between)] if between else []
            began[stage] = at
    return found


def _silences_ms(stories: list[list[Event]], since_ms: int) -> list[int]:
    """Gaps between any two events after a fault, while a job was unfinished."""
    told = sorted(((_time_ms(one), one) for story in stories for one in story), key=_first)
    unfinished, last, found = 0, since_ms, []
    for at, event in told:
        if at > last and unfinished:
            found.append(at - last)
        last = max(last, at)
        unfinished += (event.type == "accepted") - event.terminal
    return found


def _first(pair: tuple[int, Event]) -> int:
    return pair[0]


def _time_ms(event: Event) -> int:
    return int(event.id.partition("-")[0])
