"""Jobs, nodes and their transitions: the half of ``MemoryLedger`` about work.

Read this to learn the rules of the ledger; ``lua/_lib.lua`` says the same to Redis. A node goes
``waiting → ready → running → done``, and from ``running`` also back to ``ready`` (its worker died
or it failed and may try again), to ``failed`` (which ends the job) or, where it is optional, to
``skipped``. When a job ends early, its unfinished nodes become ``stopped``.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.ledger.memory_entries import JobEntry, Message, NodeEntry, listed
from common.ledger.memory_files import FileBook
from common.ledger.records import (
    PAUSE_MS,
    Approval,
    Event,
    JobState,
    NodeResult,
    ReadyNode,
    Run,
)

SATISFIED = {"done", "skipped"}  # what a successor may build on
FATAL = {"crash", "hang"}  # errors that end the process and all that runs in it
LONGEST_PAUSE_MS = 60_000


class JobBook:
    """All jobs and every transition between their states. Its caller holds ``lock``."""

    def __init__(self, clock: Callable[[], int], lease_ms: int, max_attempts: int) -> None:
        self.lock = threading.Condition()  # notified with each event
        self.now = clock
        self.lease_ms = lease_ms
        self.files = FileBook()
        self.jobs: dict[str, JobEntry] = {}
        self.feed: list[Event] = []  # events of all jobs, ids growing
        self.dead: dict[str, int] = {}
        self.waits: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=200))
        self.runs: defaultdict[str, deque[Run]] = defaultdict(lambda: deque(maxlen=200))
        self._max_attempts = max_attempts
        self._last_ms = 0
        self._told = 0

    # -- finding ------------------------------------------------------------------------
    def find(self, job: str) -> JobEntry | None:
        """Find a job whose record is still kept."""
        entry = self.jobs.get(job)
        return entry if entry and self.now() < entry.forgotten_ms else None

    def nodes(self, state: str) -> Iterator[tuple[JobEntry, NodeEntry]]:
        """Find all nodes in a state."""
        for job in list(self.jobs.values()):
            for node in list(job.nodes.values()):
                if node.state == state:
                    yield job, node

    def running_beside(self, job: JobEntry | None) -> int:
        """Count the nodes of other jobs that run in this moment."""
        return sum(other is not job for other, _ in self.nodes("running"))

    def active(self) -> list[JobEntry]:
        """Find all jobs that something will happen to by itself, in the order of their turn."""
        found = [job for job in self.jobs.values() if not job.state.resting]
        return sorted(found, key=lambda job: (job.active_ms, job.new.job))

    def holder(self, job: str, node: str, token: int) -> tuple[JobEntry, NodeEntry] | None:
        """Find a node if this token holds it now: a lease that ran out holds until it is taken."""
        entry = self.find(job)
        if entry is None or node not in entry.nodes:
            return None
        found = entry.nodes[node]
        return (entry, found) if (found.state, found.token) == ("running", token) else None

    # -- transitions --------------------------------------------------------------------
    def emit(self, job: JobEntry, kind: str, data: dict[str, Any]) -> None:
        """Tell the world; ids grow even when the clock does not."""
        self._last_ms = max(self._last_ms, self.now())
        self.feed.append(Event(f"{self._last_ms}-{self._told}", job.new.job, kind, data))
        self._told += 1
        self.lock.notify_all()

    def forget_events(self, job: JobEntry) -> None:
        """Keep only that the job has ended, not why."""
        others = [event for event in self.feed if event.job != job.new.job]
        ends = [e for e in self.feed if e.job == job.new.job and e.terminal]
        ends = [replace(event, data={**event.data, "error": None}) for event in ends]
        self.feed = sorted(others + ends, key=lambda event: int(event.id.partition("-")[2]))

    def tell_hook(self, job: JobEntry, event: str) -> None:
        """Write a message to the hook of a job, if it wants this event."""
        if job.new.hook and event in job.new.hook.events:
            before = sum(message.event == event for message in job.messages.values())
            name = f"{event}_{before + 1}" if before else event
            job.messages[name] = Message(event, self.now(), self.now())

    def add_artifacts(self, job: JobEntry, artifacts: Iterable[ArtifactRef]) -> None:
        """Attach artifacts; one of the same name is replaced and its file let go."""
        for ref in artifacts:
            before = job.artifacts.get(ref.name)
            job.artifacts[ref.name] = ref
            self.files.add(job.new.owner, job.new.job, ref)
            if before and before.sha256 != ref.sha256:
                self.files.drop(job.new.owner, job.new.job, before, self.now())

    def make_ready(self, node: NodeEntry, at: int) -> None:
        """Let a node be claimed from a moment on."""
        node.state = "ready"
        node.ready_ms = node.publish_after_ms = at

    def advance(self, job: JobEntry) -> tuple[ReadyNode, ...]:
        """Make ready whatever waits only for finished nodes; the last one ends the job.

        Where nothing runs and nothing may start, a hold is the reason: the job pauses.
        """
        ready = []
        for node in job.nodes.values():
            parents = [job.nodes[parent] for parent in node.plan.after]
            held = not job.approved and any(parent.plan.hold for parent in parents)
            if (
                node.state == "waiting"
                and not held
                and SATISFIED.issuperset(parent.state for parent in parents)
            ):
                self.make_ready(node, self.now())
                ready.append(listed(job, node))
        states = {node.state for node in job.nodes.values()}
        if states <= SATISFIED:
            self.finish(job, JobState.SUCCEEDED)
        elif states.isdisjoint({"ready", "running"}):
            self.pause(job)
        return tuple(ready)

    def pause(self, job: JobEntry) -> None:
        """Wait for somebody's approval, but not for ever."""
        job.state, job.deadline_ms = JobState.PAUSED, self.now() + PAUSE_MS
        after = [node.plan.id for node in job.nodes.values() if node.plan.hold]
        self.emit(job, "paused", {"after": after})
        self.tell_hook(job, "paused")

    def resume(self, job: JobEntry, approval: Approval) -> tuple[ReadyNode, ...]:
        """Go on, after running some finished nodes anew."""
        job.new = replace(job.new, params=json.loads(json.dumps(approval.params)))
        job.state, job.approved = JobState.RUNNING, not approval.hold
        job.active_ms = self.now()
        job.deadline_ms = self.now() + job.new.deadline_ms
        if approval.promise:
            self.files.drop_promise(job.new.job, job.promise, self.now())
            self.files.keep_promise(job.new.job, approval.promise)
            job.promise = approval.promise
        again = sorted(approval.again & job.nodes.keys())
        for node_id in again:
            token = job.nodes[node_id].token
            job.nodes[node_id] = NodeEntry(job.nodes[node_id].plan, token=token)
        self.emit(job, "resumed", {"again": again} if again else {})
        return self.advance(job)

    def settle(
        self,
        job: JobEntry,
        node: NodeEntry,
        artifacts: tuple[ArtifactRef, ...],
        result: NodeResult,
    ) -> None:
        """Note what a node has made; its successors come by ``advance``."""
        self.add_artifacts(job, artifacts)
        node.state, node.end_ms = "done", self.now()
        node.result = NodeResult.model_validate_json(result.model_dump_json())
        began, ready = node.begin_ms or 0, node.ready_ms or 0
        if not result.cached:
            run = Run(node.end_ms - began, self.running_beside(job))
            self.runs[node.plan.stage].appendleft(run)
        data: dict[str, Any] = {"stage": node.plan.id, "state": "done"}
        data |= {"cached": result.cached, "engine": result.engine}
        data |= {"wait_ms": began - ready, "run_ms": node.end_ms - began}
        names = [ref.name for ref in artifacts if not ref.internal]
        self.emit(job, "stage", data | ({"artifacts": names} if names else {}))

    def give_up(
        self, job: JobEntry, node: NodeEntry, error: dict[str, Any]
    ) -> tuple[str, tuple[ReadyNode, ...]]:
        """End a node that will not be tried again: skip an optional one, else fail the job."""
        node.state = "skipped" if node.plan.optional else "failed"
        node.end_ms = self.now()
        data = {"stage": node.plan.id, "state": node.state, "reason": error["code"]}
        self.emit(job, "stage", data)
        if node.plan.optional:
            return "skipped", self.advance(job)
        self.finish(job, JobState.FAILED, error)
        return "failed", ()

    def try_again(
        self, job: JobEntry, node: NodeEntry, delay_ms: int, error: dict[str, Any]
    ) -> tuple[str, tuple[ReadyNode, ...]]:
        """Put a node back in the queue, or write a dead letter after its last attempt."""
        node.fatal = node.fatal or error["code"] in FATAL
        if node.attempts < self._max_attempts:
            self.make_ready(node, self.now() + delay_ms)
            data = {"stage": node.plan.id, "state": "retrying", "reason": error["code"]}
            self.emit(job, "stage", data)
            return "again", ()
        self.dead[job.new.job] = self.now()
        state, ready = self.give_up(job, node, error)
        return ("dead" if state == "failed" else state), ready

    def redo(self, job: JobEntry, node: NodeEntry, not_before: int) -> str:
        """Run a node once more, for no fault of its own: a file that it put was deleted."""
        node.attempts -= 1
        delay_ms = max(0, not_before - self.now())
        return self.try_again(job, node, delay_ms, {"code": "storage"})[0]

    def reclaim(
        self, job: JobEntry, node: NodeEntry, error: dict[str, Any]
    ) -> tuple[str, tuple[ReadyNode, ...]]:
        """Take a claim away from a worker that is gone; also tells what is to be published."""
        status, ready = self.try_again(job, node, 0, error)
        if status != "again":
            return status, ready
        self.note_republished(node)
        return status, (listed(job, node),)

    def note_republished(self, node: NodeEntry) -> None:
        """Somebody is about to publish this ready node again; the pause doubles to a minute."""
        node.republications += 1
        pause = min(LONGEST_PAUSE_MS, 2500 * 2**node.republications)
        node.publish_after_ms = self.now() + pause

    def finish(self, job: JobEntry, state: JobState, error: dict[str, Any] | None = None) -> None:
        """End a job: the only way, so exactly one terminal event and nothing left to run."""
        now = self.now()
        for node in job.nodes.values():
            if node.state == "running":
                node.end_ms = now
            if node.state in {"waiting", "ready", "running"}:
                node.state = "stopped"
        job.state, job.finished_ms, job.error = state, now, error
        self.files.drop_promise(job.new.job, job.promise, now)
        job.due = {"photo": now + job.new.photo_ttl_ms, "results": now + job.new.result_ttl_ms}
        total_ms = now - job.created_ms
        told = {"error": error, "product": job.new.product, "total_ms": total_ms}
        self.emit(job, state, {"state": str(state), **told})
        self.tell_hook(job, state)
