"""The workers of a house as a discrete-event simulation: queues, slots, known run times.

A queue is served in the order of arrival, but for stages that begin a job: they come last.
"""

from __future__ import annotations

import heapq
import operator
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from common.contracts.plans import Node, Plan
from common.ledger.records import JobRecord, JobState, NodeRecord, Run, Standing

Draw = Callable[[str], float]  # seconds a stage runs


@dataclass
class Job:
    plan: Plan
    accepted_s: float
    state: dict[str, str] = field(default_factory=dict)
    ready_s: dict[str, float] = field(default_factory=dict)
    begin_s: dict[str, float] = field(default_factory=dict)
    end_s: float | None = None


class Floor:
    """Jobs that come at given times and go through the queues; stops wherever one looks."""

    def __init__(self, slots: dict[str, int], run_s: Draw) -> None:
        self.now_s = 0.0
        self.jobs: list[Job] = []
        self.slots = slots
        self.history: defaultdict[str, deque[Run]] = defaultdict(lambda: deque(maxlen=200))
        self._run_s = run_s
        self._free = dict(slots)
        self._queues: defaultdict[str, deque[tuple[Job, Node]]] = defaultdict(deque)
        self._begins: defaultdict[str, deque[tuple[Job, Node]]] = defaultdict(deque)
        self._ends: list[tuple[float, int, Job, Node]] = []
        self._number = 0

    @property
    def running(self) -> int:
        """Stages that run in this moment."""
        return len(self._ends)

    def accept(self, plan: Plan) -> Job:
        job = Job(plan, self.now_s, {node.id: "waiting" for node in plan.nodes})
        self.jobs.append(job)
        self._advance(job)
        self._start()
        return job

    def until(self, moment_s: float) -> None:
        """Let time pass up to a moment."""
        while self._ends and self._ends[0][0] <= moment_s:
            self._one_end()
        self.now_s = max(self.now_s, moment_s)

    def finish(self) -> None:
        while self._ends:
            self._one_end()

    def _one_end(self) -> None:
        self.now_s, _, job, node = heapq.heappop(self._ends)
        self._free[node.queue] += 1
        job.state[node.id] = "done"
        run = Run(1000 * (self.now_s - job.begin_s[node.id]), self._beside(job))
        self.history[node.stage].appendleft(run)
        self._advance(job)
        self._start()

    def _advance(self, job: Job) -> None:
        for node in job.plan.nodes:
            if job.state[node.id] == "waiting" and all(
                job.state[one] == "done" for one in node.after
            ):
                job.state[node.id], job.ready_s[node.id] = "ready", self.now_s
                (self._queues if node.after else self._begins)[node.queue].append((job, node))
        if set(job.state.values()) == {"done"}:
            job.end_s = self.now_s

    def _start(self) -> None:
        for queue in self.slots:
            while self._free[queue] and (first := self._queues[queue] or self._begins[queue]):
                job, node = first.popleft()
                self._free[queue] -= 1
                job.state[node.id], job.begin_s[node.id] = "running", self.now_s
                self._number += 1
                end = self.now_s + self._run_s(node.stage)
                heapq.heappush(self._ends, (end, self._number, job, node))

    # -- as the ledger would tell it ----------------------------------------------------------
    def record(self, job: Job) -> JobRecord:
        return JobRecord(
            id="j", owner="local", product="figurine", state=JobState.RUNNING, params={},
            plan=job.plan, nodes=tuple(self._node(job, node) for node in job.plan.nodes),
            artifacts={}, created_ms=_ms(job.accepted_s), started_ms=None, finished_ms=None,
            deadline_ms=0, photo_expired_ms=None, artifacts_expired_ms=None,
            results_expire_ms=None, error=None, trace="",
        )  # fmt: skip

    def _node(self, job: Job, node: Node) -> NodeRecord:
        state = job.state[node.id]
        ready, begin = job.ready_s.get(node.id), job.begin_s.get(node.id)
        return NodeRecord(
            node.id, node.stage, state, 1, ready if ready is None else _ms(ready),
            begin if begin is None else _ms(begin), None, None, None,
        )  # fmt: skip

    def standing(self, job: Job, known: dict[str, tuple[Run, ...]] | None = None) -> Standing:
        active = [one for one in self.jobs if one.end_s is None]
        place = next(n for n, one in enumerate(active) if one is job)  # jobs may be equal
        opened = Counter(
            node.stage for one in active for node in one.plan.nodes if one.state[node.id] != "done"
        )
        runs = {stage: tuple(runs) for stage, runs in self.history.items()}
        return Standing(
            _ms(self.now_s), place, len(active), dict(opened), self._beside(job),
            runs if known is None else known, self.slots,
            {queue: len(self._waiting(queue)) for queue in self.slots}, self._ahead(job),
        )  # fmt: skip

    def _beside(self, job: Job) -> int:
        return sum(one is not job for _, _, one, _ in self._ends)

    def _waiting(self, queue: str) -> list[tuple[float, Job]]:
        """Stages in a queue, in the order of arrival."""
        both = (*self._queues[queue], *self._begins[queue])
        waiting = [(job.ready_s[node.id], job) for job, node in both]
        return sorted(waiting, key=operator.itemgetter(0))

    def _ahead(self, job: Job) -> dict[str, int]:
        """Stages in each queue that came before the first of this job."""
        found = {}
        for queue in self.slots:
            mine = [place for place, (_, one) in enumerate(self._waiting(queue)) if one is job]
            found |= {queue: mine[0]} if mine else {}
        return found


def _ms(seconds: float) -> int:
    return round(seconds * 1000) + 1_000_000
