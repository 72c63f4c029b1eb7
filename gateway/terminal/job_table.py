"""The list of jobs as a table: whole ids, because people copy them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Column, Table
from rich.text import Text

from gateway.client import JobSummary
from gateway.terminal.screen import ago, mark, moment, style_of, took


def job_table(jobs: Iterable[JobSummary]) -> Table:
    """Show jobs, a line each; 80 columns are enough."""
    table = Table(
        Column("", no_wrap=True, width=1),
        Column("job", no_wrap=True, min_width=32),
        Column("product", no_wrap=True),
        Column("state", no_wrap=True),
        Column("begun", no_wrap=True),
        Column("", no_wrap=True, overflow="ellipsis"),
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="dim",
    )
    for one in jobs:
        state = Text(one["state"], style=style_of(one["state"]))
        begun = ago(moment(one["created"])).removesuffix(" ago")
        table.add_row(mark(one["state"]), one["id"], one["product"], state, begun, _more(one))
    return table


def _more(job: JobSummary) -> Text:
    """How long it took, how far it is, or why it failed."""
    if job["error"]:
        return Text(job["error"]["code"], style="red")
    if job["state"] in {"queued", "running", "paused"}:
        stage = ", ".join(one.rpartition(".")[2] for one in job["running"])
        return Text(f"{job['progress']} %{f' {stage}' if stage else ''}", style="cyan")
    began, ended = moment(job["created"]), moment(job["finished"])
    return Text(took((ended - began).total_seconds() * 1000) if began and ended else "", "dim")
