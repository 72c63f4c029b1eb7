"""A job as its owner sees it: from the ledger's record to the JSON of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from common.contracts.stages import BY_NAME, PURPOSES
from common.ledger.records import JobRecord, JobState, NodeRecord, Standing
from gateway.domain.eta import estimate
from gateway.domain.files import files_to_keep, public_files
from gateway.domain.manifest import shown
from gateway.domain.warning import warnings_of


class ErrorView(BaseModel):
    """Why a job has no result."""

    code: str = Field(description="Stable, for programs")
    detail: str = Field(description="What happened, for people")
    hint: str = Field(description="What to do about it")
    stage: str | None = Field(None, description="Stage that failed")


class StageView(BaseModel):
    """One stage of a job."""

    id: str
    title: str
    state: str = Field(description="waiting, ready, running, done, failed, skipped or stopped")
    attempts: int
    wait_ms: int | None = Field(None, description="From ready to begun")
    run_ms: int | None = Field(None, description="From begun to ended")
    engine: str | None = Field(None, description="The engine that ran")
    cached: bool | None = Field(None, description="Whether the output was remembered, not made")
    error: ErrorView | None = None


class ArtifactView(BaseModel):
    """One file made for a job."""

    name: str
    url: str
    size: int = Field(description="Bytes")
    sha256: str
    media_type: str
    purpose: str


class EtaView(BaseModel):
    """When a job will end or pause, as far as anybody can know."""

    p50_s: float = Field(description="Seconds from `at`; half of all jobs are as fast")
    p90_s: float = Field(description="Seconds from `at`; nine jobs of ten are as fast")
    at: datetime = Field(description="When this was estimated")


class ProgressView(BaseModel):
    """What an event named ``eta`` tells."""

    queue_position: int
    eta: EtaView | None


class JobSummary(BaseModel):
    """A job as the list shows it."""

    id: str
    product: str
    state: JobState
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    progress: int = Field(description="Percent of the stages that are finished", ge=0, le=100)
    running: list[str] = Field(description="Ids of the stages that run now")
    error: ErrorView | None = None
    links: dict[str, str]


class JobView(JobSummary):
    """A job, whole."""

    queue_position: int | None = Field(
        None, description="Unfinished jobs that came before this one; none where nothing is awaited"
    )
    eta: EtaView | None = Field(
        None, description="None where nothing is awaited, or no worker is there to do it"
    )
    parameters: dict[str, Any]
    stages: list[StageView]
    artifacts: list[ArtifactView]
    facts: dict[str, dict[str, Any]] = Field(
        description="What each finished stage has to say, by the id of the stage"
    )
    warnings: list[str] = Field(description="What could be better, for people")
    expires_at: datetime | None = Field(None, description="When the artifacts will be deleted")
    artifacts_expired_at: datetime | None = None


class JobList(BaseModel):
    """One page of jobs, newest first."""

    jobs: list[JobSummary]
    next: str | None = Field(None, description="Cursor of the next page")


def summary(record: JobRecord) -> JobSummary:
    """Show a job in a line."""
    return JobSummary(**_summary_fields(record))


def job_view(record: JobRecord, standing: Standing | None = None) -> JobView:
    """Show a job in full; an unfinished one with what its ``standing`` tells."""
    return JobView(
        **_summary_fields(record),
        queue_position=standing and standing.position,
        eta=standing and eta_view(record, standing),
        parameters=shown(record.params),
        stages=[_stage_view(record, node) for node in record.nodes],
        artifacts=_artifact_views(record),
        facts={node.id: node.result.facts for node in record.nodes if node.result},
        warnings=warnings_of(record),
        expires_at=moment(record.results_expire_ms),
        artifacts_expired_at=moment(record.artifacts_expired_ms),
    )


def eta_view(record: JobRecord, standing: Standing) -> EtaView | None:
    """Estimate when a job will end or pause."""
    found = estimate(record, standing)
    if found is None:
        return None
    at = datetime.fromtimestamp(standing.now_ms / 1000, UTC)
    return EtaView(p50_s=found.p50_s, p90_s=found.p90_s, at=at)


def progress_of(record: JobRecord, standing: Standing) -> ProgressView:
    """Show where an unfinished job stands."""
    return ProgressView(queue_position=standing.position, eta=eta_view(record, standing))


def _summary_fields(record: JobRecord) -> dict[str, Any]:
    finished = sum(node.state in {"done", "skipped"} for node in record.nodes)
    return {
        "id": record.id,
        "product": record.product,
        "state": record.state,
        "created": moment(record.created_ms),
        "started": moment(record.started_ms),
        "finished": moment(record.finished_ms),
        "progress": 100 * finished // max(len(record.nodes), 1),
        "running": [node.id for node in record.nodes if node.state == "running"],
        "error": ErrorView.model_validate(record.error) if record.error else None,
        "links": links(record),
    }


def links(record: JobRecord) -> dict[str, str]:
    """Say where to go from a job."""
    self = job_url(record.id)
    found = {"self": self, "events": f"{self}/events", "timeline": f"{self}/timeline"}
    if record.state is JobState.PAUSED:
        found |= {"resume": f"{self}/resume"}
    if files_to_keep(record):
        found |= {"zip": f"{self}/artifacts.zip"}
    if record.hook is not None:
        found |= {"webhooks": f"{self}/webhooks"}
    return found if record.state.terminal else found | {"cancel": f"{self}/cancel"}


def job_url(job: str) -> str:
    """Path of a job."""
    return f"/v1/jobs/{job}"


def moment(milliseconds: int | None) -> datetime | None:
    """Milliseconds since the epoch as a moment in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _stage_view(record: JobRecord, node: NodeRecord) -> StageView:
    failed_here = record.error is not None and record.error.get("stage") == node.id
    return StageView(
        id=node.id,
        title=title_of(node.stage),
        state=node.state,
        attempts=node.attempts,
        wait_ms=span(node.ready_ms, node.begin_ms),
        run_ms=span(node.begin_ms, node.end_ms),
        engine=node.result.engine if node.result else None,
        cached=node.result.cached if node.result else None,
        error=ErrorView.model_validate(record.error) if failed_here else None,
    )


def title_of(stage: str) -> str:
    """Title of a stage; its name when an older or newer version of the house made the job."""
    return BY_NAME[stage].title if stage in BY_NAME else stage


def span(begin: int | None, end: int | None) -> int | None:
    """Milliseconds between two moments; None unless both are there and in order.

    After a failed attempt a stage is ready again, later than it began.
    """
    return end - begin if begin is not None and end is not None and end >= begin else None


def _artifact_views(record: JobRecord) -> list[ArtifactView]:
    return [
        ArtifactView(
            name=ref.name,
            url=f"{job_url(record.id)}/artifacts/{ref.name}",
            size=ref.size,
            sha256=ref.sha256,
            media_type=ref.media_type,
            purpose=PURPOSES.get(ref.name, ""),
        )
        for ref in public_files(record)
    ]
