"""How a job gets on: a board in a terminal, lines in a pipe, nothing for programs; and Ctrl-C."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.client import ApiError, JobEvent, Unreachable
from gateway.terminal import line, progress
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

    def stream(self, *_: str, **__: object) -> Iterator[JobEvent]:
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


class FullHouse(House):
    """Every stream is taken; the job gets on from look to look."""

    refuses: ApiError
    looks: ClassVar[list[dict[str, Any] | ApiError]] = []

    def job(self, _: str) -> Any:
        cls = type(self)
        seen = cls.looks.pop(0) if len(cls.looks) > 1 else cls.looks[0]
        if isinstance(seen, ApiError):
            raise seen
        return seen

    def stream(self, *_: str, **__: object) -> Iterator[JobEvent]:
        raise type(self).refuses
        yield

    def download(self, *_: object) -> list[Path]:
        return []


def refusal(status: int) -> ApiError:
    code = {429: "rate_limited", 503: "busy", 404: "not_found"}[status]
    return ApiError({"code": code, "status": status, "detail": "not now"})


def seen(state: str, measured: str, sculpted: str = "waiting") -> dict[str, Any]:
    stages = [STAGES[0] | {"state": measured}, STAGES[1] | {"state": sculpted}]
    return {
        "id": "j1",
        "product": "figurine",
        "state": state,
        "stages": stages,
        "warnings": [],
        "artifacts": [],
        "facts": {},
        "links": {},
        "error": None,
    } | ETA


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> type[FullHouse]:
    monkeypatch.setattr(line, "Kiln", FullHouse)
    monkeypatch.setattr(line.err, "width", 200)
    monkeypatch.setattr(progress, "BETWEEN_LOOKS_S", 0.0)
    monkeypatch.setattr(FullHouse, "refuses", refusal(429), raising=False)
    return FullHouse


@pytest.mark.parametrize("status", [429, 503])
def test_a_job_is_looked_at_where_every_stream_is_taken(
    full: type[FullHouse], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(full, "refuses", refusal(status), raising=False)
    full.looks = [
        seen("queued", "waiting"),
        seen("running", "done", "running"),
        refusal(status),  # even a look may have to wait
        seen("succeeded", "done", "done"),
    ]
    result = watch()
    assert result.exit_code == Exit.FINE, result.output
    told = [text.strip() for text in result.stderr.splitlines()]
    assert told[:3] == [
        "figurine j1: accepted",
        "Measure the face: done (1 of 2)",
        "Sculpt: done (2 of 2)",
    ]


def test_a_job_without_a_stream_still_waits_for_somebody(full: type[FullHouse]) -> None:
    full.looks = [seen("running", "running"), seen("paused", "done")]
    assert watch().exit_code == Exit.PAUSED


def test_a_job_that_is_not_there_is_not_looked_for(
    full: type[FullHouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    full.looks = [seen("running", "running"), refusal(404)]
    monkeypatch.setattr(full, "refuses", refusal(404), raising=False)
    assert watch().exit_code == Exit.REFUSED


def test_a_house_that_stays_full_does_not_lose_the_job(
    full: type[FullHouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "NO_LOOK_S", -1.0)
    full.looks = [refusal(503)]
    result = watch()
    assert result.exit_code == Exit.UNREACHABLE
    assert "kiln watch j1" in result.stderr
