"""What ``MemoryLedger`` notes about a job and its nodes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Node
from common.ledger.erasure import Erasure
from common.ledger.outbox import Attempt
from common.ledger.protocol import RECORD_LINGER_MS
from common.ledger.records import (
    CRASH,
    JobRecord,
    JobState,
    NewJob,
    NodeRecord,
    NodeResult,
    ReadyNode,
)


@dataclass
class NodeEntry:
    """One stage of one job."""

    plan: Node
    state: str = "waiting"
    attempts: int = 0
    token: int = 0  # grows with each claim: an older holder can change nothing
    worker: str | None = None
    lease_until_ms: int = 0
    ready_ms: int | None = None
    begin_ms: int | None = None
    end_ms: int | None = None
    result: NodeResult | None = None
    republications: int = 0
    publish_after_ms: int = 0
    fatal: bool = False  # it has taken its process along

    @property
    def unsent(self) -> bool:
        """Whether it is ready again after a try of it: nobody has published it since."""
        return self.begin_ms is not None and self.publish_after_ms == self.ready_ms

    def record(self) -> NodeRecord:
        """Show this node."""
        return NodeRecord(
            id=self.plan.id,
            stage=self.plan.stage,
            state=self.state,
            attempts=self.attempts,
            ready_ms=self.ready_ms,
            begin_ms=self.begin_ms,
            end_ms=self.end_ms,
            worker=self.worker,
            result=self.result,
        )


@dataclass
class Message:
    """One message to the hook of a job."""

    event: str
    created_ms: int
    due_ms: int | None  # None: delivered, or given up
    state: str = "pending"
    tries: int = 0  # since it was written, or sent again by hand
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class JobEntry:
    """One job. What came as JSON stays a copy of its own."""

    new: NewJob
    created_ms: int
    state: JobState = JobState.QUEUED
    started_ms: int | None = None
    finished_ms: int | None = None
    photo_expired_ms: int | None = None
    artifacts_expired_ms: int | None = None
    error: dict[str, Any] | None = None
    nodes: dict[str, NodeEntry] = field(default_factory=dict)
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)  # "photo", "results": when they expire
    approved: bool = False  # somebody has answered the pause
    deadline_ms: int = 0  # when an unfinished job expires
    cancel_at_ms: int | None = None
    active_ms: int = 0  # when it was accepted, or last resumed
    promise: str = ""
    erased_ms: int | None = None
    receipt: Erasure | None = None
    messages: dict[str, Message] = field(default_factory=dict)  # to its hook, by name
    memo_keys: set[str] = field(default_factory=set)  # under which its outputs are remembered

    def __post_init__(self) -> None:
        self.deadline_ms = self.created_ms + self.new.deadline_ms
        if self.new.cancel_after_ms is not None:
            self.cancel_at_ms = self.created_ms + self.new.cancel_after_ms
        self.active_ms, self.promise = self.created_ms, self.new.promise
        first = self.new.first_token
        self.nodes = {node.id: NodeEntry(node, token=first) for node in self.new.plan.nodes}

    @property
    def forgotten_ms(self) -> float:
        """When the record itself goes: never before the job has ended."""
        if self.finished_ms is None:
            return float("inf")
        longest = max(self.new.photo_ttl_ms, self.new.result_ttl_ms)
        return self.finished_ms + longest + RECORD_LINGER_MS

    def record(self) -> JobRecord:
        """Show this job."""
        new = self.new
        return JobRecord(
            id=new.job,
            owner=new.owner,
            product=new.product,
            state=self.state,
            params=json.loads(json.dumps(new.params)),
            plan=new.plan,
            nodes=tuple(entry.record() for entry in self.nodes.values()),
            artifacts=dict(self.artifacts),
            created_ms=self.created_ms,
            started_ms=self.started_ms,
            finished_ms=self.finished_ms,
            deadline_ms=self.deadline_ms,
            photo_expired_ms=self.photo_expired_ms,
            artifacts_expired_ms=self.artifacts_expired_ms,
            results_expire_ms=self.finished_ms and self.finished_ms + new.result_ttl_ms,
            error=self.error,
            trace=new.trace,
            republications=sum(entry.republications for entry in self.nodes.values()),
            promise=self.promise,
            cancel_at_ms=self.cancel_at_ms,
            erased_ms=self.erased_ms,
            hook=new.hook,
        )


def listed(job: JobEntry, node: NodeEntry, *, lost: bool = True) -> ReadyNode:
    """Name a node to somebody who will publish it."""
    return ReadyNode(job.new.job, node.plan.id, node.plan.stage, node.plan.queue, lost)


def crash(node: NodeEntry) -> dict[str, Any]:
    """Name the error of a node whose worker is gone."""
    return {**CRASH, "stage": node.plan.id}


def member(pair: tuple[JobEntry, NodeEntry]) -> str:
    """Sort nodes as Redis does: by their names."""
    return f"{pair[0].new.job} {pair[1].plan.id}"
