"""``kiln jobs``, ``job``, ``fetch``: what became of a wish, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.client import ApiError
from gateway.terminal import completion, line
from gateway.terminal.exits import Exit
from gateway.terminal.screen import ago, in_words, took

NOW = datetime.now(UTC)
IDS = [f"{number:x}" * 32 for number in range(10, 15)]
NO_FACE = {"code": "no_face", "detail": "nobody [here]", "hint": "Turn around.", "stage": None}
FILE = {
    "name": "figurine.stl",
    "url": "/x",
    "size": 4,
    "sha256": "0" * 64,
    "media_type": "model/stl",
    "purpose": "to print",
}


def job(number: int, state: str = "succeeded", **more: Any) -> dict[str, Any]:
    created = NOW - timedelta(minutes=number)
    ended = created + timedelta(seconds=4.2)
    return {
        "id": IDS[number],
        "product": "recipe" if number % 2 else "figurine",
        "state": state,
        "created": created.isoformat(),
        "finished": ended.isoformat() if state in {"succeeded", "failed"} else None,
        "progress": 62,
        "running": ["fusion.sculpt"] if state == "running" else [],
        "error": NO_FACE if state == "failed" else None,
        "links": {"resume": f"/v1/jobs/{IDS[number]}/resume"},
        **more,
    }


JOBS = [job(0), job(1, "running"), job(2, "failed"), job(3, "paused"), job(4)]
STAGES = [
    {"id": "fusion.measure", "title": "Measure the face", "state": "done", "wait_ms": 3}
    | {"run_ms": 41, "engine": "builtin", "cached": False, "attempts": 1, "error": None},
    {"id": "fusion.sculpt", "title": "Sculpt", "state": "done", "wait_ms": 0, "run_ms": 0}
    | {"engine": "builtin", "cached": True, "attempts": 1, "error": None},
    {"id": "fusion.paint", "title": "Paint", "state": "running", "wait_ms": 2, "run_ms": None}
    | {"engine": None, "cached": None, "attempts": 1, "error": None},
]
WHOLE: dict[str, Any] = {
    "queue_position": None,
    "eta": None,
    "parameters": {"style": "oil", "template": "default", "plan": 2, "hollow": True},
    "stages": STAGES,
    "artifacts": [FILE, FILE | {"name": "preview.png", "purpose": "to look at"}],
    "facts": {},
    "warnings": ["not sure"],
    "expires_at": (NOW + timedelta(days=20)).isoformat(),
    "artifacts_expired_at": None,
}
TIMELINE = {
    "total_ms": 100,
    "stages": [
        {"id": "fusion.measure", "ready_ms": 0, "begin_ms": 25, "end_ms": 100, "cached": False}
    ],
}


class FakeKiln:
    """A house with five jobs."""

    jobs_: ClassVar[list[dict[str, Any]]] = []
    whole: ClassVar[dict[str, Any]] = {}
    wanted: ClassVar[list[str]] = []

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def jobs(self, *_: object, limit: int, **__: object) -> Iterator[dict[str, Any]]:
        return iter(self.jobs_[:limit])

    def job_page(
        self, state: str | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        start = int(cursor or 0)
        fitting = [one for one in self.jobs_ if state in {None, one["state"]}]
        more = start + limit < len(fitting)
        return {
            "jobs": fitting[start : start + limit],
            "next": str(start + limit) if more else None,
        }

    def job(self, job_id: str) -> dict[str, Any]:
        found = [one for one in self.jobs_ if one["id"] == job_id]
        if not found:
            raise ApiError({"code": "not_found", "status": 404, "detail": f"no job {job_id}"})
        return found[0] | self.whole

    def timeline(self, _: str) -> dict[str, Any]:
        return TIMELINE

    def download(
        self, _: dict[str, Any], folder: Path, only: list[str], progress: Any
    ) -> list[Path]:
        type(self).wanted = only
        folder.mkdir(exist_ok=True)
        for name in only:
            (folder / name).write_bytes(b"file")
            progress(name, 4)
        return [folder / name for name in only]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(line, "Kiln", FakeKiln)
    monkeypatch.setattr(completion, "Kiln", FakeKiln)
    FakeKiln.jobs_, FakeKiln.whole, FakeKiln.wanted = JOBS, WHOLE, []
    for console in (line.out, line.err):
        monkeypatch.setattr(console, "width", 120)
    monkeypatch.chdir(tmp_path)


def kiln(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


# -- jobs -----------------------------------------------------------------------------------
def test_jobs_are_listed_with_what_matters_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.out, "width", 80)
    shown = kiln("jobs").stdout
    rows = {one: next(row for row in shown.splitlines() if one in row) for one in IDS}
    assert all(word in rows[IDS[0]] for word in ("✓", "figurine", "succeeded", "4.2 s"))
    assert "62 % sculpt" in rows[IDS[1]]
    assert "no_face" in rows[IDS[2]]
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--state", "failed"], [2]),
        (["--product", "recipe"], [1, 3]),
        (["--limit", "2"], [0, 1]),
        (["-n", "2", "--after", "2"], [2, 3]),
        (["--product", "figurine", "-n", "2"], [0, 2]),
    ],
)
def test_jobs_are_chosen(options: list[str], found: list[int]) -> None:
    assert kiln("jobs", "-q", *options).stdout.split() == [IDS[number] for number in found]


def test_the_next_page_is_told() -> None:
    result = kiln("jobs", "-n", "2")
    assert "kiln jobs --after 2" in result.stderr
    said = json.loads(kiln("jobs", "-n", "2", "--json").stdout)
    assert ([one["id"] for one in said["jobs"]], said["next"]) == (IDS[:2], "2")
    assert json.loads(kiln("jobs", "--json").stdout)["next"] is None


def test_no_job_is_missed_between_pages_of_one_product() -> None:
    first = json.loads(kiln("jobs", "--json", "--product", "figurine", "-n", "1").stdout)
    rest = kiln("jobs", "-q", "--product", "figurine", "--after", first["next"]).stdout.split()
    assert [first["jobs"][0]["id"], *rest] == [IDS[0], IDS[2], IDS[4]]


def test_a_new_house_says_how_to_begin() -> None:
    FakeKiln.jobs_ = []
    assert "kiln figurine PHOTO" in kiln("jobs").stdout
    assert kiln("jobs", "--state", "failed").stdout.strip() == "No such jobs."


def test_a_state_that_there_is_not_is_refused() -> None:
    result = kiln("jobs", "--state", "lost")
    assert result.exit_code == Exit.REFUSED
    assert "succeeded" in result.stderr


# -- job ------------------------------------------------------------------------------------
@pytest.mark.parametrize("said", ["last", IDS[0], IDS[0][:6]])
def test_a_job_is_named_in_full_by_its_beginning_or_as_the_last(said: str) -> None:
    assert json.loads(kiln("job", said, "--json").stdout)["id"] == IDS[0]


def test_a_beginning_of_two_jobs_is_not_enough() -> None:
    FakeKiln.jobs_ = [job(0), job(0) | {"id": "aaaa" + "b" * 28}]
    result = kiln("job", "aaaa")
    assert (result.exit_code, "2 jobs begin with aaaa" in result.stderr) == (Exit.REFUSED, True)


def test_a_job_that_is_unknown_is_told_with_where_to_look() -> None:
    result = kiln("job", "f" * 32)
    assert result.exit_code == Exit.REFUSED
    assert "not_found: no job" in result.stderr
    assert "kiln jobs" in result.stderr


def test_a_job_is_shown_with_its_stages_files_and_what_differs_from_the_usual() -> None:
    shown = kiln("job", "last").stdout
    for words in (
        "figurine aaaaaaaa",
        "succeeded in 4.2 s",
        "style=oil, hollow",
        "✓ Measure the face",
        "41 ms",
        "remembered",
        "▸ Paint",
        "┄┄┄┄┄┄┄┄━━━━━━━━━━━━━━━━━━━━━━━━",
        "! not sure",
        "figurine.stl",
        "to print",
        "20 days more",
        f"kiln fetch {IDS[0]}",
    ):
        assert words in shown, words
    assert "template=default" not in shown


def test_a_narrow_terminal_gets_no_waterfall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.out, "width", 80)
    shown = kiln("job", "last").stdout
    assert "━" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_job_that_failed_says_why() -> None:
    result = kiln("job", IDS[2])
    assert result.exit_code == Exit.FINE  # it was shown
    assert "no_face: nobody [here]" in result.stderr
    assert "Turn around." in result.stderr


# -- fetch ----------------------------------------------------------------------------------
def test_all_files_are_fetched_or_those_that_are_named(tmp_path: Path) -> None:
    shown = kiln("fetch", "last", "--out", "here").stdout
    assert FakeKiln.wanted == ["figurine.stl", "preview.png"]
    assert "here/figurine.stl" in shown
    assert "to print" in shown
    kiln("fetch", "last", "*.png", "-o", str(tmp_path / "there"))
    assert FakeKiln.wanted == ["preview.png"]


def test_fetched_files_are_told_to_programs() -> None:
    said = json.loads(kiln("fetch", "last", "*.stl", "--json").stdout)
    assert said["job"] == IDS[0]
    assert said["files"] == [
        {"path": "out/figurine.stl", "name": "figurine.stl", "size": 4, "sha256": "0" * 64}
    ]


@pytest.mark.parametrize(
    ("number", "whole", "says"),
    [
        (0, {}, "has no big.obj; there is figurine.stl, preview.png"),
        (1, {"artifacts": []}, "kiln watch"),
        (2, {"artifacts": []}, "tells why"),
        (0, {"artifacts": [], "artifacts_expired_at": NOW.isoformat()}, "have expired"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_reason(
    number: int, whole: dict[str, Any], says: str
) -> None:
    FakeKiln.whole = WHOLE | whole
    result = kiln("fetch", IDS[number], "big.obj")
    assert (result.exit_code, says in result.stderr) == (Exit.REFUSED, True), result.stderr


# -- the shell ------------------------------------------------------------------------------
def proposed(words: str) -> list[str]:
    shown = CliRunner().invoke(
        cli.app,
        env={
            "_KILN_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        prog_name="kiln",
    )
    return shown.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("kiln fetc", ["fetch"]),
        ("kiln job ", IDS),
        ("kiln watch bbbb", [IDS[1]]),
        ("kiln figurine --style p", ["pencil", "pop", "pixel"]),
        ("kiln figurine --formats glb,", ["glb,stl", "glb,3mf", "glb,usdz"]),
        ("kiln recipe --diet vega", ["vegan"]),
        ("kiln jobs --state can", ["cancelled"]),
    ],
)
def test_the_shell_proposes_what_there_is(words: str, found: list[str]) -> None:
    assert proposed(words) == found


def test_the_shell_proposes_colours_by_name() -> None:
    assert "ginger" in proposed("kiln figurine --hair ")


def test_the_shell_proposes_nothing_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(FakeKiln, "job_page", away)
    assert proposed("kiln job ") == []


# -- words ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2, "just now"), (30, "30 s ago"), (600, "10 min ago"), (7200, "2.0 h ago")],
)
def test_moments_are_told_as_people_do(seconds: float, words: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_long_times_are_days_and_short_ones_milliseconds() -> None:
    assert in_words(864_000) == "10 days"
    assert [took(one) for one in (None, 0, 812.4, 4210, 120_000)] == [
        "",
        "0 ms",
        "812 ms",
        "4.2 s",
        "2 min",
    ]
