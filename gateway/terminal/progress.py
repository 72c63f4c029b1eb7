"""A progress bar in the terminal, fed by the events of a job."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.client import JobEvent, Kiln

OVER: Final = {"done", "skipped"}  # states of a stage


def follow(
    kiln: Kiln, job: str, console: Console, *, quiet: bool, after: str = ""
) -> tuple[dict[str, Any], str]:
    """Show how a job gets on until it has ended or paused.

    Returns
    -------
    tuple
        The job, and the id of the last event.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    view = kiln.job(job)
    story = _Story({stage["id"]: stage["title"] for stage in view["stages"]})
    done = sum(stage["state"] in OVER for stage in view["stages"]) if after else 0
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task(story.text(), total=len(view["stages"]), completed=done)
        for event in kiln.stream(job, after):
            story.note(event)
            advance = int(event.type == "stage" and event.data["state"] in OVER)
            progress.update(task, description=story.text(), advance=advance)
            after = event.id or after
            if event.type == "paused" and kiln.job(job)["state"] == "paused":
                break
    return kiln.job(job), after


class _Story:
    """What the events have told so far, in a line."""

    def __init__(self, titles: dict[str, str]) -> None:
        self._titles = titles
        self._running: dict[str, str] = {}
        self._ahead = ""
        self._left = ""

    def note(self, event: JobEvent) -> None:
        """Take in an event of any type."""
        if event.type == "eta":
            before, eta = event.data["queue_position"], event.data["eta"]
            self._ahead = f"{before} before you" if before else ""
            self._left = f"about {in_words(eta['p50_s'])}" if eta else ""
        elif event.type == "stage" and event.data["state"] == "running":
            stage = event.data["stage"]
            self._running[stage] = self._titles.get(stage, stage)
        elif event.type == "stage":
            self._running.pop(event.data["stage"], None)

    def text(self) -> str:
        """Tell what runs, or who comes before, and how long it will take."""
        running = ", ".join(dict.fromkeys(self._running.values()))
        waiting = self._ahead or "waiting for a worker"
        return ", ".join(filter(None, (running or waiting, self._left)))


def in_words(seconds: float) -> str:
    """Say how long, no more precisely than anybody can know."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
