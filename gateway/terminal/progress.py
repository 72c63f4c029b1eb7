"""How a job gets on: a live board in a terminal, plain lines elsewhere, fed by its events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from gateway.client import RESTING, ApiError, Job, JobEvent, Kiln, Unreachable
from gateway.client.refusals import FULL
from gateway.terminal.screen import in_words, mark

OVER: Final = {"done", "skipped"}  # states of a stage
NO_STREAM_S: Final = 5.0  # without a stream for so long, the job is looked at instead
BETWEEN_LOOKS_S: Final = 2.0
NO_LOOK_S: Final = 600.0  # a house that is full for longer is as good as away
_Note = Callable[[JobEvent], None]


def follow(
    kiln: Kiln, job: str, console: Console, *, quiet: bool, after: str = ""
) -> tuple[Job, str]:
    """Show how a job gets on until it has ended or paused, with a stream or without.

    Returns
    -------
    tuple
        The job, and the id of the last event.
    """
    story = _Story(_look(kiln, job), begun=bool(after))
    with _shown(story, console, quiet=quiet) as note:
        for event in _told(kiln, story, after):
            story.note(event)
            note(event)
            after = event.id or after
            if event.type == "paused" and _look(kiln, job)["state"] == "paused":
                break
    return _look(kiln, job), after


def _told(kiln: Kiln, story: _Story, after: str) -> Iterator[JobEvent]:
    """Events of a job; where every stream is taken, what has changed from look to look."""
    try:
        yield from kiln.stream(story.job, after, full_s=NO_STREAM_S)
    except ApiError as refused:
        if refused.status not in FULL:
            raise
        yield from _looked(kiln, story)


def _looked(kiln: Kiln, story: _Story) -> Iterator[JobEvent]:
    while True:
        job = _look(kiln, story.job)
        if job["eta"]:
            yield JobEvent("", "eta", {name: job[name] for name in ("queue_position", "eta")})
        for stage in job["stages"]:
            if stage["state"] != story.states.get(stage["id"]):
                yield JobEvent("", "stage", {"stage": stage["id"], "state": stage["state"]})
        if job["state"] in RESTING:
            return
        time.sleep(BETWEEN_LOOKS_S)


def _look(kiln: Kiln, job: str) -> Job:
    """Read a job; it was accepted, so a house that is full now is asked on."""
    give_up = time.monotonic() + NO_LOOK_S
    while True:
        try:
            return kiln.job(job)
        except ApiError as refused:
            if refused.status not in FULL:
                raise
            pause = max(BETWEEN_LOOKS_S, refused.retry_after_s)
            if time.monotonic() + pause > give_up:
                raise Unreachable(f"the house was too full to tell: {refused.detail}") from refused
        time.sleep(pause)


@contextmanager
def _shown(story: _Story, console: Console, *, quiet: bool) -> Iterator[_Note]:
    if quiet:
        yield lambda _: None
    elif console.is_terminal and not console.is_dumb_terminal:
        board = _Board(story, console)
        with Live(board.drawn(), console=console, transient=True, refresh_per_second=12) as live:
            yield lambda _: live.update(board.drawn())
    else:
        yield _Lines(story, console).note


class _Story:
    """What the events have told so far."""

    def __init__(self, job: Job, *, begun: bool) -> None:
        self.job = job["id"]
        self.product = job["product"]
        self.titles = {stage["id"]: stage["title"] for stage in job["stages"]}
        # from the beginning, events tell of each stage; later, the job does
        self.states = {
            stage["id"]: stage["state"] if begun and stage["state"] in OVER else "waiting"
            for stage in job["stages"]
        }
        self._ahead = ""
        self._left = ""

    def note(self, event: JobEvent) -> None:
        """Take in an event of any type."""
        if event.type == "eta":
            before, eta = event.data["queue_position"], event.data["eta"]
            self._ahead = f"{before} before you" if before else ""
            self._left = f"about {in_words(eta['p50_s'])}" if eta else ""
        elif event.type == "stage":
            self.states[event.data["stage"]] = event.data["state"]

    @property
    def done(self) -> int:
        """Stages that are over."""
        return sum(state in OVER for state in self.states.values())

    def text(self) -> str:
        """Tell who comes before, and how long it will take."""
        idle = not self.done and not any(map(_runs, self.states.values()))
        told = (self._ahead or "waiting for a worker") if idle else ""
        return ", ".join(filter(None, (told, self._left)))


def _runs(state: str) -> bool:
    return state == "running"


class _Board:
    """Every stage with its mark, and a bar below."""

    def __init__(self, story: _Story, console: Console) -> None:
        self._story = story
        self._console = console
        self._spinners: dict[str, Spinner] = {}
        self._bar = Progress(
            TextColumn("  "),
            BarColumn(28, complete_style="cyan", finished_style="green"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim"),
            console=console,
        )
        self._task = self._bar.add_task("", total=max(1, len(story.states)))

    def drawn(self) -> Group:
        """Draw how it stands now."""
        story = self._story
        self._bar.update(self._task, completed=story.done, description=story.text())
        table = Table.grid(padding=(0, 1))
        for stage, state in story.states.items():
            title = Text(story.titles.get(stage, stage), style="dim" if state == "waiting" else "")
            if _runs(state):
                spinner = self._spinners.setdefault(stage, Spinner("dots", style="cyan"))
                table.add_row(" ", spinner, title)
            else:
                table.add_row(" ", mark(state, self._console), title)
        title = Text(f"{story.product} {story.job}", style="bold", no_wrap=True)
        return Group(title, table, self._bar)


class _Lines:
    """A line for everything that has happened: for logs, pipes and screen readers."""

    def __init__(self, story: _Story, console: Console) -> None:
        self._story = story
        self._console = console
        console.print(f"{story.product} {story.job}: accepted", soft_wrap=True)

    def note(self, event: JobEvent) -> None:
        """Say what is worth a line."""
        if event.type == "stage" and event.data["state"] in {*OVER, "failed"}:
            stage, state = event.data["stage"], event.data["state"]
            count = f"{self._story.done} of {len(self._story.states)}"
            title = self._story.titles.get(stage, stage)
            self._console.print(f"  {title}: {state} ({count})", soft_wrap=True)
