"""How a job gets on: a board in a terminal, lines in a pipe, nothing for programs; and Ctrl-C."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Self

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.client import JobEvent, Unreachable
from gateway.terminal import line
from gateway.terminal.exits import Exit
from gateway.terminal.progress import follow

STAGES = [
    {"id": "fusion.measure", "title": "Measure the face", "state": "waiting"},
    {"id": "fusion.sculpt", "title": "Sculpt", "state": "waiting"},
    {"id": "fusion.ar", "title": "File for AR", "state": "skipped"},
]
ETA = {"queue_position": 0, "eta": {"p50_s": 3.2, "p90_s": 9}}
EVENTS = [
    JobEvent("", "eta", ETA),
    JobEvent("1-0", "stage", {"stage": "fusion.measure", "state": "running"}),
    JobEvent("2-0", "stage", {"stage": "fusion.measure", "state": "done"}),
    JobEvent("3-0", "stage", {"stage": "fusion.sculpt", "state": "failed"}),
    JobEvent("4-0", "failed", {}),
]


class House:
    """One job that tells its story, or is interrupted in it."""

    breaks: BaseException | None = None

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def job(self, _: str) -> Any:
        return {"id": "j1", "product": "figurine", "state": "running", "stages": STAGES}

    def stream(self, *_: str) -> Iterator[JobEvent]:
        yield from EVENTS
        if self.breaks is not None:
            raise self.breaks


def told(*, terminal: bool, quiet: bool = False, after: str = "") -> str:
    console = Console(
        file=io.StringIO(), force_terminal=terminal, width=80, color_system=None, highlight=False
    )
    job, last = follow(House(), "j1", console, quiet=quiet, after=after)  # type: ignore[arg-type]
    assert (job["id"], last) == ("j1", "4-0")
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_terminal_shows_every_stage_and_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = told(terminal=True)
    for words in ("figurine j1", "Measure the face", "Sculpt", "about 3 s", "/3"):
        assert words in shown, words


def test_a_pipe_gets_a_line_for_each_stage_that_is_over() -> None:
    assert told(terminal=False).splitlines() == [
        "figurine j1: accepted",
        "  Measure the face: done (1 of 3)",
        "  Sculpt: failed (1 of 3)",
    ]


def test_who_follows_again_sees_what_was_done_before() -> None:
    assert "(2 of 3)" in told(terminal=False, after="0-1")


def test_programs_are_told_nothing_on_the_way() -> None:
    assert told(terminal=True, quiet=True) == ""


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> type[House]:
    monkeypatch.setattr(line, "Kiln", House)
    monkeypatch.setattr(line.err, "width", 200)
    return House


def watch() -> Result:
    return CliRunner().invoke(cli.app, ["watch", "j1"])


def test_ctrl_c_says_how_to_go_on(house: type[House], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "breaks", KeyboardInterrupt())
    result = watch()
    assert result.exit_code == Exit.INTERRUPTED
    for words in ("The job goes on", "kiln watch j1", "kiln cancel j1"):
        assert words in result.stderr


def test_a_lost_connection_says_that_the_job_is_not_lost(
    house: type[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "breaks", Unreachable("lost the event stream of j1"))
    result = watch()
    assert result.exit_code == Exit.UNREACHABLE
    for words in ("The job goes on", "kiln watch j1", "lost the event stream"):
        assert words in result.stderr
