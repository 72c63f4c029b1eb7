"""One job on a page: what was asked for, where its time went, what there is of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from gateway.client import Job
from gateway.client.shapes import Timeline, TimelineStage
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.recipes import RecipeParams
from gateway.terminal.line import headline, told
from gateway.terminal.screen import ago, in_words, mark, moment, took

BAR_FROM: Final = 96  # columns, from which there is room for a waterfall
BAR: Final = 32
_HOUSE_KEPT: Final = {"plan", "source"}  # parameters that nobody asked for
_PARAMS: Final[dict[str, type[BaseModel]]] = {
    "figurine": FigurineParams,
    "portrait": PortraitParams,
    "recipe": RecipeParams,
}


def job_page(
    job: Job, timeline: Timeline | None, lines: Sequence[str], console: Console
) -> RenderableType:
    """Lay out one job for a terminal of any width."""
    parts: list[RenderableType] = [headline(job), _facts(job), Text()]
    parts += [_stages(job, timeline, console)]
    if lines or job["warnings"]:
        parts += [Text(), told(lines, job["warnings"])]
    if job["artifacts"]:
        parts += [Text(), _files(job)]
    parts += [Text(), Text(_next(job), style="dim", overflow="fold")]
    return Group(*parts)


def _facts(job: Job) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, text in _told(job):
        table.add_row(f"  {name}", text)
    return table


def _told(job: Job) -> Iterator[tuple[str, str]]:
    created = moment(job["created"])
    if created:
        yield "accepted", f"{created.astimezone():%Y-%m-%d %H:%M:%S}, {ago(created)}"
    if job["queue_position"]:
        yield "before it", f"{job['queue_position']} jobs"
    if job["eta"]:
        yield "ends", f"in about {in_words(job['eta']['p50_s'])}"
    expires, gone = moment(job["expires_at"]), moment(job["artifacts_expired_at"])
    if gone:
        yield "files", f"expired {ago(gone)}"
    elif expires and expires > datetime.now(UTC):
        left = expires - datetime.now(UTC)
        yield "kept", f"{in_words((left + timedelta(seconds=1)).total_seconds())} more"
    asked = ", ".join(_said(name, value) for name, value in _asked(job))
    if asked:
        yield "asked for", asked


def _asked(job: Job) -> Iterator[tuple[str, object]]:
    """Parameters that differ from what everybody gets."""
    model = _PARAMS.get(job["product"])
    usual = model.model_construct().model_dump(mode="json") if model else {}
    for name, value in job["parameters"].items():
        if name not in _HOUSE_KEPT and value != usual.get(name):
            yield name, value


def _said(name: str, value: object) -> str:
    if isinstance(value, bool):
        return name if value else f"no {name}"
    said = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{name}={said}"


def _stages(job: Job, timeline: Timeline | None, console: Console) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  stage", no_wrap=True)
    for name in ("waited", "ran"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("by", no_wrap=True)
    bars = {one["id"]: one for one in timeline["stages"]} if timeline else {}
    wide = console.width >= BAR_FROM and timeline is not None and timeline["total_ms"]
    if wide:
        table.add_column("", no_wrap=True)
    for stage in job["stages"]:
        title = Text("  ").append_text(mark(stage["state"])).append(f" {stage['title']}")
        times = ("", "") if stage["cached"] else (took(stage["wait_ms"]), took(stage["run_ms"]))
        row: list[RenderableType] = [title, *times, Text(_by(stage["engine"], stage["cached"]))]
        if wide and timeline and stage["id"] in bars:
            row.append(_bar(bars[stage["id"]], timeline["total_ms"] or 1, console))
        table.add_row(*row)
    return table


def _by(engine: str | None, cached: bool | None) -> str:
    return "remembered" if cached else engine or ""


def _bar(stage: TimelineStage, total_ms: int, console: Console) -> Text:
    """Draw when a stage waited and ran, on the scale of the whole job."""
    if stage["begin_ms"] is None or stage["end_ms"] is None:
        return Text()
    ready = stage["begin_ms"] if stage["ready_ms"] is None else stage["ready_ms"]
    marks = [min(BAR, round(BAR * at / total_ms)) for at in (ready, stage["begin_ms"])]
    end = max(marks[1] + 1, min(BAR, round(BAR * stage["end_ms"] / total_ms)))
    waits, runs = ("┄", "━") if console.encoding.startswith("utf") else ("-", "#")
    bar = Text(" " * marks[0]).append(waits * (marks[1] - marks[0]), style="dim")
    return bar.append(runs * (end - marks[1]), style="dim" if stage["cached"] else "cyan")


def _files(job: Job) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(style="dim", no_wrap=True, overflow="ellipsis")
    for one in job["artifacts"]:
        table.add_row(f"  {one['name']}", decimal(one["size"]), Text(one["purpose"]))
    return table


def _next(job: Job) -> str:
    """Say what one can do now."""
    if job["state"] in {"queued", "running"}:
        return f"  kiln watch {job['id']}\n  kiln cancel {job['id']}"
    if job["state"] == "paused":
        return f"  kiln resume {job['id']}\n  kiln cancel {job['id']}"
    if job["artifacts"]:
        return f"  kiln fetch {job['id']}"
    return f"  kiln delete {job['id']}"
