"""What the gateway answers, for editors and type checkers: plain dictionaries, as they came.

A test compares them with the views of ``gateway.domain``: nothing is missing, nothing invented.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import requests

JobState = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled", "expired"]
Product = Literal["figurine", "portrait", "recipe"]


class Error(TypedDict):
    """Why a job has no result."""

    code: str
    detail: str
    hint: str
    stage: str | None


class Stage(TypedDict):
    """One stage of a job."""

    id: str
    title: str
    state: Literal["waiting", "ready", "running", "done", "failed", "skipped", "stopped"]
    attempts: int
    wait_ms: int | None
    run_ms: int | None
    engine: str | None
    cached: bool | None
    error: Error | None


class Artifact(TypedDict):
    """One file made for a job."""

    name: str
    url: str
    size: int
    sha256: str
    media_type: str
    purpose: str


class Eta(TypedDict):
    """When a job will end or pause, as far as anybody can know; seconds from ``at``."""

    p50_s: float
    p90_s: float
    at: str


class JobSummary(TypedDict):
    """A job as the list shows it. Moments are ISO 8601 in UTC."""

    id: str
    product: Product
    state: JobState
    created: str
    started: str | None
    finished: str | None
    progress: int
    running: list[str]
    error: Error | None
    links: dict[str, str]


class Job(JobSummary):
    """A job, whole."""

    queue_position: int | None
    eta: Eta | None
    parameters: dict[str, Any]
    stages: list[Stage]
    artifacts: list[Artifact]
    facts: dict[str, dict[str, Any]]
    warnings: list[str]
    expires_at: str | None
    artifacts_expired_at: str | None


class ErasedFile(TypedDict):
    """A file of an erased job."""

    name: str
    sha256: str
    size: int


class KeptFile(ErasedFile):
    """A file of an erased job that other jobs of yours have too."""

    used_by: list[str]


class ErasureReceipt(TypedDict):
    """What was erased, and what was not."""

    job: str
    erased_at: str
    erased: list[ErasedFile]
    kept: list[KeptFile]
    pending: list[ErasedFile]


class TimelineStage(TypedDict):
    """One bar of the waterfall; all times in ms after the job was accepted."""

    id: str
    title: str
    state: str
    after: list[str]
    worker: str | None
    attempts: int
    cached: bool | None
    ready_ms: int | None
    begin_ms: int | None
    end_ms: int | None
    wait_ms: int | None
    run_ms: int | None
    domain_ms: float | None


class Timeline(TypedDict):
    """Where the time of a job went."""

    job: str
    state: JobState
    total_ms: int | None
    parallel: bool
    critical_path: list[str]
    critical_path_ms: int
    overhead_ms: int | None
    workers: list[str]
    stages: list[TimelineStage]


class Attempt(TypedDict):
    """One attempt to deliver a webhook."""

    at: str
    status: int | None
    ms: int
    error: str | None


class Message(TypedDict):
    """One webhook, and how its delivery goes."""

    id: str
    event: Literal["succeeded", "failed", "cancelled", "expired", "paused"]
    state: Literal["pending", "delivered", "failed"]
    created: str
    next: str | None
    attempts: list[Attempt]


class DeliveryLog(TypedDict):
    """Webhook of a job and its messages."""

    webhook_url: str | None
    events: list[str]
    messages: list[Message]


JobRef = str | JobSummary | Job


def id_of(job: JobRef) -> str:
    """Id of a job that is named by its id, or by an answer that shows it."""
    return job if isinstance(job, str) else job["id"]


def as_job(response: requests.Response) -> Job:
    """Read a job from an answer."""
    job: Job = response.json()
    return job
