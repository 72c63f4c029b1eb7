from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.client import ApiError, JobEvent, Unreachable

STAGE = {"id": "fusion.measure", "title": "Measure the face", "wait_ms": 3.2, "run_ms": 41.0}
STAGES = [
    STAGE | {"engine": "builtin", "cached": False},
    STAGE | {"id": "fusion.sculpt", "title": "Sculpt", "engine": "builtin", "cached": True},
    {"id": "gateway.finish", "title": "Manifest", "wait_ms": None, "run_ms": None}
    | {"engine": None, "cached": None},
]
EVENTS = [
    JobEvent("1-0", "accepted", {}),
    JobEvent("2-0", "stage", {"stage": "fusion.measure", "state": "running"}),
    JobEvent("3-0", "stage", {"stage": "fusion.measure", "state": "done"}),
    JobEvent("4-0", "succeeded", {}),
]


class FakeKiln:
    """Stands for the gateway at the other end of the line."""

    url = ""
    sent: dict[str, object]

    def __init__(self, url: str) -> None:
        type(self).url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit_figurine(self, _: Path, **parameters: object) -> dict[str, Any]:
        if error := REFUSES.get("submit"):
            raise error
        type(self).sent = {name: value for name, value in parameters.items() if value is not None}
        return {"id": "j1"}

    def job(self, _: str) -> dict[str, Any]:
        return {"id": "j1", "product": "figurine", "stages": STAGES, "artifacts": []} | JOB

    def stream(self, _: str) -> Iterator[JobEvent]:
        return iter(EVENTS)

    def download(self, _: dict[str, Any], folder: Path) -> list[Path]:
        folder.mkdir()
        (folder / "figurine.stl").write_bytes(b"x" * 2_000_000)
        return [folder / "figurine.stl"]


REFUSES: dict[str, Exception] = {}
JOB: dict[str, Any] = {"state": "succeeded", "error": None}
FAILED = {
    "state": "failed",
    "error": {"code": "no_face", "detail": "nobody in [the photo]", "hint": "Turn around."},
}


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "Kiln", FakeKiln)
    monkeypatch.setenv("COLUMNS", "200")
    for console in (cli.out, cli.err):
        monkeypatch.setattr(console, "width", 200)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "me.jpg"
    path.write_bytes(b"photo")
    return str(path)


def _kiln(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def test_a_figurine_is_made_and_its_files_are_listed(photo: str, tmp_path: Path) -> None:
    result = _kiln("figurine", photo, "--out", str(tmp_path / "out"), "--style", "oil")
    assert result.exit_code == 0
    assert FakeKiln.sent == {"style": "oil"}
    assert "figurine j1: succeeded" in result.stdout
    assert "figurine.stl" in result.stdout
    assert "2.0 MB" in result.stdout


def test_the_table_tells_what_each_stage_took_and_what_was_remembered(photo: str) -> None:
    rows = _kiln("watch", "j1").stdout.splitlines()
    (measure,) = [row for row in rows if "Measure the face" in row]
    assert [cell.strip() for cell in measure.strip("│").split("│")][1:] == [
        "3",
        "41",
        "builtin",
        "no",
    ]
    assert any("Sculpt" in row and "yes" in row for row in rows)


def test_json_is_the_job_and_nothing_else(photo: str, tmp_path: Path) -> None:
    result = _kiln("figurine", photo, "--out", str(tmp_path / "out"), "--json")
    assert json.loads(result.stdout)["id"] == "j1"


@pytest.mark.parametrize("command", ["figurine", "watch"])
def test_a_job_that_failed_says_why_and_exits_1(
    photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setitem(globals(), "JOB", FAILED)
    result = _kiln(command, photo if command == "figurine" else "j1")
    assert result.exit_code == cli.EXIT_FAILED
    assert "no_face: nobody in [the photo]" in result.stderr
    assert "Turn around." in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_job_that_failed_is_printed_as_json_too(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "JOB", FAILED)
    result = _kiln("figurine", photo, "--json")
    assert result.exit_code == cli.EXIT_FAILED
    assert json.loads(result.stdout)["error"]["code"] == "no_face"


def test_a_photo_that_is_refused_exits_2_with_the_reason(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ApiError({"code": "bad_parameter", "status": 422, "detail": "style: not [red]"})
    monkeypatch.setitem(REFUSES, "submit", refusal)
    result = _kiln("figurine", photo)
    assert result.exit_code == cli.EXIT_REFUSED
    assert "bad_parameter: style: not [red]" in result.stderr


def test_without_a_gateway_the_exit_code_is_3_and_the_hint_is_how_to_start_it(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REFUSES, "submit", Unreachable("no gateway at http://x"))
    result = _kiln("figurine", photo)
    assert result.exit_code == cli.EXIT_UNREACHABLE
    assert "make up" in result.stderr


def test_a_photo_that_is_not_there_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    result = _kiln("figurine", str(tmp_path / "nobody.jpg"))
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_the_gateway_is_this_machine_s_unless_told_otherwise() -> None:
    _kiln("watch", "j1")
    assert FakeKiln.url == "http://127.0.0.1:8000"
    _kiln("watch", "j1", "--url", "http://kiln:80")
    assert FakeKiln.url == "http://kiln:80"
