"""What goes into the ledger and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.errors import KilnError, StageCrashed

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PAUSE_MS = DAY_MS  # a pause that nobody answers for so long ends the job


def error_body(error: KilnError, stage: str | None = None) -> dict[str, Any]:
    """Shape of a job's error, in its record and in its terminal event."""
    return {"code": error.code, "detail": error.detail, "hint": error.advice, "stage": stage}


# The errors that the ledger itself finds. CRASH gets its stage where it happens.
CRASH = error_body(StageCrashed("a worker died while it ran this stage"))
DEADLINE = {
    "code": "deadline",
    "detail": "the job did not end before its deadline",
    "hint": "Send the job again.",
    "stage": None,
}
CANCEL_AFTER = {
    "code": "cancel_after",
    "detail": "the job did not end within the time that it was given",
    "hint": "Send the job again, with more time.",
    "stage": None,
}


class JobState(StrEnum):
    """States of a job; the last four are terminal and never change."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def terminal(self) -> bool:
        """Whether nothing will happen to the job any more."""
        return self not in {JobState.QUEUED, JobState.RUNNING, JobState.PAUSED}

    @property
    def resting(self) -> bool:
        """Whether nothing will happen to the job by itself."""
        return self.terminal or self is JobState.PAUSED


class NodeResult(BaseModel):
    """The fixed envelope every stage commits."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    engine: str
    cached: bool = False
    facts: dict[str, Any] = {}
    domain_ms: float = 0.0  # inside the domain function, without reading and storing


class MemoHit(BaseModel):
    """A remembered stage output: what a commit would have stored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    artifacts: tuple[ArtifactRef, ...]
    result: NodeResult
    key: str = ""  # under which it was found


@dataclass(frozen=True)
class Hook:
    """Where somebody wants to be told how a job ends, and of which events."""

    url: str
    events: tuple[str, ...]  # types of events, such as succeeded


@dataclass(frozen=True)
class Limits:
    """What a new job must stay within; None for no limit."""

    max_active: int  # unfinished jobs of the house
    max_active_of_owner: int | None = None
    max_depth: int | None = None  # ready stages in any queue that the job needs
    max_bytes: int | None = None  # all files of the house
    max_bytes_of_owner: int | None = None


@dataclass(frozen=True)
class NewJob:
    """Everything the ledger must know before a 202 may be sent."""

    job: str
    owner: str
    product: str
    params: dict[str, Any]
    plan: Plan
    inputs: tuple[ArtifactRef, ...]
    trace: str = ""
    idempotency_key: str | None = None
    fingerprint: str = ""  # of the request, to tell a replay from a misuse of the key
    deadline_ms: int = HOUR_MS
    photo_ttl_ms: int = DAY_MS
    result_ttl_ms: int = 30 * DAY_MS
    memoised: dict[str, MemoHit] | None = None  # by node id: the whole job is known already
    promise: str = ""  # sha256 of the file that outlives the ledger (see ``gateway.promises``)
    first_token: int = 0  # of claims: above those that a lost ledger gave for the same job
    cancel_after_ms: int | None = None  # the job is cancelled when it has not ended by then
    hook: Hook | None = None


@dataclass(frozen=True)
class Accepted:
    """Answer to ``accept``: accepted, replayed, conflict, stale, or the limit that was met.

    Limits are ``busy`` (the house), ``deep`` (a queue), ``too_many`` (the owner's unfinished
    jobs), ``no_room`` (the house's files) and ``quota`` (the owner's files).
    """

    status: str
    job: str = ""
    active: int = 0  # what was counted against the limit


@dataclass(frozen=True)
class Claim:
    """The right to run one node once: the token fences off every other holder."""

    job: str
    node: str
    token: int
    attempt: int
    wait_ms: float
    owner: str
    params: dict[str, Any]
    trace: str
    artifacts: dict[str, ArtifactRef]


@dataclass(frozen=True)
class Refusal:
    """Why a claim was not given: unknown, ended, not_ready, done, held or alone."""

    status: str


@dataclass(frozen=True)
class ReadyNode:
    """A node whose parents are all finished."""

    job: str
    id: str
    stage: str
    queue: str
    lost: bool = True


@dataclass(frozen=True)
class Committed:
    """Answer to ``commit`` and ``recall``: committed, hit, miss, duplicate or lost."""

    status: str
    successors: tuple[ReadyNode, ...] = ()


@dataclass(frozen=True)
class Approval:
    """What somebody decided about a paused job."""

    params: dict[str, Any]  # all of them, changed or not
    again: frozenset[str] = frozenset()  # finished nodes to run anew, with all that build on them
    hold: bool = False  # pause at the same place once more
    promise: str = ""  # sha256 of the file that takes the place of the job's promise


@dataclass(frozen=True)
class Resumed:
    """Answer to ``resume``: resumed, not_paused or unknown; and what to publish."""

    status: str
    ready: tuple[ReadyNode, ...] = ()


@dataclass(frozen=True)
class Reaped:
    """What one sweep over deadlines and leases found."""

    expired: int
    dead: int
    again: tuple[ReadyNode, ...]
    cancelled: int = 0  # jobs that had been given less time than they needed


class Run(NamedTuple):
    """How long a stage ran, and how many stages of other jobs ran in the house when it ended.

    Who shares the cores with others takes longer: a quiet hour alone teaches nothing about a crowd.
    """

    ms: float
    beside: int | None = None  # None of a version that did not note it


@dataclass(frozen=True)
class Standing:
    """Where an unfinished job stands, and what the house is busy with, in one moment."""

    now_ms: int
    position: int  # unfinished jobs that were accepted (or resumed) before this one
    active: int  # unfinished jobs of the house, this one included
    open: dict[str, int]  # unfinished stages of all these jobs, by stage
    running: int  # stages of other jobs that run in this moment
    runs: dict[str, tuple[Run, ...]]  # by stage: its last 200, latest first
    slots: dict[str, int]  # by queue of the job: stages that its warm workers run at once
    ready: dict[str, int]  # by the same queues: stages that wait there for a worker
    ahead: dict[str, int]  # of these, by queues where a stage of the job waits: before the first


@dataclass(frozen=True)
class Event:
    """One entry of a job's stream; ``id`` resumes the stream without a gap."""

    id: str
    job: str
    type: str
    data: dict[str, Any]

    @property
    def terminal(self) -> bool:
        """Whether this event ends the stream."""
        return self.type in {"succeeded", "failed", "cancelled", "expired"}

    @property
    def resting(self) -> bool:
        """Whether nothing more comes by itself."""
        return self.terminal or self.type == "paused"


@dataclass(frozen=True)
class NodeRecord:
    """One stage of a job, as the ledger knows it. Times are ms since the epoch."""

    id: str
    stage: str
    state: str  # waiting ready running done failed skipped stopped
    attempts: int
    ready_ms: int | None
    begin_ms: int | None
    end_ms: int | None
    worker: str | None
    result: NodeResult | None


@dataclass(frozen=True)
class JobRecord:
    """A job as the ledger knows it. Times are ms since the epoch."""

    id: str
    owner: str
    product: str
    state: JobState
    params: dict[str, Any]
    plan: Plan
    nodes: tuple[NodeRecord, ...]
    artifacts: dict[str, ArtifactRef]
    created_ms: int
    started_ms: int | None
    finished_ms: int | None
    deadline_ms: int
    photo_expired_ms: int | None
    artifacts_expired_ms: int | None
    results_expire_ms: int | None
    error: dict[str, Any] | None
    trace: str
    republications: int = 0
    promise: str = ""  # sha256 of the file that outlives the ledger
    cancel_at_ms: int | None = None  # when it is cancelled unless it has ended
    erased_ms: int | None = None
    hook: Hook | None = None
