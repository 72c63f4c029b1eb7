"""Where the time of a job went: a waterfall, the critical path, and what came on top."""

from __future__ import annotations

from itertools import pairwise

from pydantic import BaseModel, Field

from common.ledger.records import JobRecord, JobState, NodeRecord
from gateway.domain.views import span, title_of


class TimelineStage(BaseModel):
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
    domain_ms: float | None = Field(description="Inside the domain function, without reading")


class Timeline(BaseModel):
    """The waterfall of a job."""

    job: str
    state: JobState
    total_ms: int | None = Field(description="From accepted to ended")
    parallel: bool = Field(description="Whether any two stages ran at the same time")
    critical_path: list[str] = Field(description="The chain of stages with the longest run time")
    critical_path_ms: int
    overhead_ms: int | None = Field(description="Total minus critical path: queues and hops")
    workers: list[str]
    stages: list[TimelineStage]


def build_timeline(record: JobRecord) -> Timeline:
    """Build the waterfall of a job, also of one that still runs."""
    total = span(record.created_ms, record.finished_ms)
    path, path_ms = critical_path(record)
    return Timeline(
        job=record.id,
        state=record.state,
        total_ms=total,
        parallel=_overlapping(record.nodes),
        critical_path=path,
        critical_path_ms=path_ms,
        overhead_ms=None if total is None else total - path_ms,
        workers=sorted({node.worker for node in record.nodes if node.worker}),
        stages=[_bar(record, node) for node in record.nodes],
    )


def critical_path(record: JobRecord) -> tuple[list[str], int]:
    """Find the chain along the plan's edges whose run times add up to most.

    Returns
    -------
    tuple
        Node ids from first to last, and their run time in ms.
    """
    run_ms = {node.id: span(node.begin_ms, node.end_ms) or 0 for node in record.nodes}
    best: dict[str, tuple[int, list[str]]] = {}
    for node in record.plan.nodes:  # parents come first
        before = max((best[parent] for parent in node.after), default=(0, []))
        best[node.id] = (before[0] + run_ms[node.id], [*before[1], node.id])
    longest, path = max(best.values(), default=(0, []))
    return path, longest


def _overlapping(nodes: tuple[NodeRecord, ...]) -> bool:
    spans = sorted(
        (node.begin_ms, node.end_ms)
        for node in nodes
        if node.begin_ms is not None and node.end_ms is not None and node.end_ms > node.begin_ms
    )
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def _bar(record: JobRecord, node: NodeRecord) -> TimelineStage:
    after = next(list(planned.after) for planned in record.plan.nodes if planned.id == node.id)
    return TimelineStage(
        id=node.id,
        title=title_of(node.stage),
        state=node.state,
        after=after,
        worker=node.worker,
        attempts=node.attempts,
        cached=node.result.cached if node.result else None,
        ready_ms=span(record.created_ms, node.ready_ms),
        begin_ms=span(record.created_ms, node.begin_ms),
        end_ms=span(record.created_ms, node.end_ms),
        wait_ms=span(node.ready_ms, node.begin_ms),
        run_ms=span(node.begin_ms, node.end_ms),
        domain_ms=node.result.domain_ms if node.result and not node.result.cached else None,
    )
