from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from typer.testing import CliRunner, Result

from common.contracts.recipe import Ingredient, IngredientList, RecipeBook
from gateway import cli
from gateway.client import ApiError, JobEvent, Unreachable
from gateway.terminal import line as terminal
from gateway.terminal.exits import Exit
from gateway.terminal.recipe_card import duration
from tests.unit.gateway.dinner import LEEK, RICE, recipe

STAGE = {
    "state": "done",
    "id": "fusion.measure",
    "title": "Measure the face",
    "wait_ms": 3.2,
    "run_ms": 41.0,
}
STAGES = [
    STAGE | {"engine": "builtin", "cached": False},
    STAGE | {"id": "fusion.sculpt", "title": "Sculpt", "engine": "builtin", "cached": True},
    {"state": "done", "id": "gateway.finish", "title": "Manifest", "wait_ms": None, "run_ms": None}
    | {"engine": None, "cached": None},
]
DRAFT = {"name": "draft-0.json", "url": "/draft"}
SEEN = {"name": "ingredients.json", "url": "/seen"}
EVENTS = [
    JobEvent("1-0", "accepted", {}),
    JobEvent("2-0", "stage", {"stage": "fusion.measure", "state": "running"}),
    JobEvent("3-0", "stage", {"stage": "fusion.measure", "state": "done"}),
    JobEvent("4-0", "succeeded", {}),
]


RECEIPT = {
    "job": "j1",
    "erased_at": "2026-11-21T10:15:04.310Z",
    "erased": [{"name": "photo", "sha256": "51d0" * 16, "size": 2_345_678}],
    "kept": [{"name": "[a]", "sha256": "9f2c" * 16, "size": 7, "used_by": ["j2", "j3"]}],
    "pending": [{"name": "preview.png", "sha256": "ab12" * 16, "size": 70_000}],
}


class FakeKiln:
    """Stands for the gateway at the other end of the line."""

    url = ""
    sent: ClassVar[dict[str, object]] = {}
    waits: ClassVar[bool] = False
    resumed: ClassVar[dict[str, dict[str, object]]] = {}
    cancelled: ClassVar[str] = ""
    erased: ClassVar[str] = ""
    followed_from: ClassVar[str] = ""

    def __init__(self, url: str, **_: object) -> None:
        type(self).url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit_figurine(self, _: Path | None, **parameters: object) -> dict[str, Any]:
        if error := REFUSES.get("submit"):
            raise error
        type(self).sent = {name: value for name, value in parameters.items() if value is not None}
        return {"id": "j1"}

    def submit_portrait(self, photo: Path | None, **parameters: object) -> dict[str, Any]:
        return self.submit_figurine(photo, **parameters)

    def submit_recipe(
        self, photos: Sequence[Path], ingredients: Sequence[str], **parameters: object
    ) -> dict[str, Any]:
        if error := REFUSES.get("submit"):
            raise error
        asked = {"photos": [path.name for path in photos], "ingredients": [*ingredients]}
        sent = {name: value for name, value in parameters.items() if value is not None}
        type(self).sent = asked | sent
        type(self).waits = "pause_after" in sent
        return {"id": "j1"}

    def job(self, _: str) -> dict[str, Any]:
        job = {"id": "j1", "product": "figurine", "stages": STAGES, "artifacts": [SEEN, DRAFT]}
        job |= {"facts": {}, "created": "2026-11-21T10:15:00Z", "finished": "2026-11-21T10:15:02Z"}
        links = {"links": {"resume": "/v1/jobs/j1/resume"}, "warnings": ["not understood: xyzzy"]}
        return job | links | (JOB if not type(self).waits else JOB | {"state": "paused"})

    def stream(self, _: str, after: str = "", **__: object) -> Iterator[JobEvent]:
        if type(self).waits:
            return iter([*EVENTS[:3], JobEvent("3-1", "paused", {}), EVENTS[3]])
        type(self).followed_from = after
        return iter(EVENTS)

    def resume(self, job: str, **changes: object) -> dict[str, Any]:
        type(self).waits = False
        type(self).resumed = {job: changes}
        return {}

    def cancel(self, job: str) -> dict[str, Any]:
        type(self).cancelled = job
        return self.job(job) | {"state": "cancelled"}

    def delete(self, job: str) -> dict[str, Any]:
        if error := REFUSES.get("delete"):
            raise error
        type(self).erased = job
        return RECEIPT

    def fetch(self, artifact: dict[str, Any]) -> bytes:
        assert artifact is SEEN
        typed = Ingredient(name="eggs", quantity=2, unit="piece")
        seen = IngredientList(
            ingredients=(LEEK, RICE, typed), unsure=(LEEK,), unknown=("xyzzy",), engine="builtin"
        )
        return seen.model_dump_json().encode()

    def download(self, job: dict[str, Any], folder: Path) -> list[Path]:
        assert job["artifacts"] == [SEEN] or "ingredients" not in type(self).sent
        folder.mkdir()
        if "ingredients" in type(self).sent:
            book = RecipeBook(ingredients=(), recipes=(recipe(), recipe("[Other] dish")))
            (folder / "recipes.json").write_text(book.model_dump_json(), "utf-8")
            return [folder / "recipes.json"]
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
    monkeypatch.setattr(terminal, "Kiln", FakeKiln)
    FakeKiln.erased = ""
    FakeKiln.waits, FakeKiln.resumed, FakeKiln.cancelled, FakeKiln.sent = False, {}, "", {}
    monkeypatch.setenv("COLUMNS", "200")
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "width", 200)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "me.jpg"
    path.write_bytes(b"photo")
    return str(path)


def _kiln(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), input=typed)


def test_the_photo_of_an_earlier_job_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeKiln, "jobs", lambda *_, **__: iter([{"id": "j1"}]), raising=False)
    out = str(tmp_path / "out")
    assert _kiln("figurine", "--from", "j0", "--style", "oil", "--out", out).exit_code == 0
    assert FakeKiln.sent == {"style": "oil", "photo_of": "j0"}
    assert _kiln("figurine", "--from", "last", "--out", f"{out}-2").exit_code == 0
    assert FakeKiln.sent == {"photo_of": "j1"}


def test_a_figurine_is_made_and_its_files_are_listed(photo: str, tmp_path: Path) -> None:
    result = _kiln("figurine", photo, "--out", str(tmp_path / "out"), "--style", "oil")
    assert result.exit_code == 0
    assert FakeKiln.sent == {"style": "oil"}
    assert "✓ figurine j1 succeeded in 2.0 s" in result.stdout
    assert "! not understood: xyzzy" in result.stdout
    assert "figurine.stl" in result.stdout
    assert "2.0 MB" in result.stdout


def test_json_is_the_job_and_nothing_else(photo: str, tmp_path: Path) -> None:
    result = _kiln("figurine", photo, "--out", str(tmp_path / "out"), "--json")
    assert json.loads(result.stdout)["id"] == "j1"


@pytest.mark.parametrize("command", ["figurine", "watch"])
def test_a_job_that_failed_says_why_and_exits_1(
    photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setitem(globals(), "JOB", FAILED)
    result = _kiln(command, photo if command == "figurine" else "j1")
    assert result.exit_code == Exit.FAILED
    assert "no_face: nobody in [the photo]" in result.stderr
    assert "Turn around." in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_job_that_failed_is_printed_as_json_too(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "JOB", FAILED)
    result = _kiln("figurine", photo, "--json")
    assert result.exit_code == Exit.FAILED
    assert json.loads(result.stdout)["error"]["code"] == "no_face"


def test_a_photo_that_is_refused_exits_2_with_the_reason(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ApiError({"code": "bad_parameter", "status": 422, "detail": "style: not [red]"})
    monkeypatch.setitem(REFUSES, "submit", refusal)
    result = _kiln("figurine", photo)
    assert result.exit_code == Exit.REFUSED
    assert "bad_parameter: style: not [red]" in result.stderr


def test_without_a_gateway_the_exit_code_is_3_and_the_hint_is_how_to_start_it(
    photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REFUSES, "submit", Unreachable("no gateway at http://x"))
    result = _kiln("figurine", photo)
    assert result.exit_code == Exit.UNREACHABLE
    assert "make up" in result.stderr


def test_a_photo_that_is_not_there_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    result = _kiln("figurine", str(tmp_path / "nobody.jpg"))
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


@pytest.mark.parametrize("command", ["figurine", "portrait"])
def test_a_photo_is_asked_for_in_words_of_the_terminal(command: str) -> None:
    result = _kiln(command)
    assert (result.exit_code, FakeKiln.sent) == (Exit.REFUSED, {})
    assert "--from JOB" in result.stderr


@pytest.mark.parametrize("command", ["figurine", "portrait", "recipe", "batch"])
def test_a_file_where_the_folder_shall_be_is_told_before_a_job_is_made(
    command: str, photo: str
) -> None:
    result = _kiln(command, photo, "--out", photo)
    assert (result.exit_code, FakeKiln.sent) == (Exit.REFUSED, {})
    assert "is a file" in result.stderr


@pytest.mark.parametrize("command", ["figurine", "portrait", "recipe", "batch", "fetch"])
def test_a_folder_that_cannot_be_made_is_told_before_a_job_is_made(
    command: str, photo: str, tmp_path: Path
) -> None:
    away = tmp_path / "stick"
    away.symlink_to(tmp_path / "pulled out")
    for folder in (f"{photo}/sub/out", str(away), "n" * 300):
        result = _kiln(command, photo, "--out", folder)
        assert (result.exit_code, FakeKiln.sent) == (Exit.REFUSED, {})
        assert "--out" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_folder_that_may_not_be_written_is_told_before_a_job_is_made(
    photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != tmp_path)  # root may do all
    result = _kiln("figurine", photo, "--out", str(tmp_path / "new" / "out"))
    assert (result.exit_code, FakeKiln.sent) == (Exit.REFUSED, {})
    assert "you may not write" in result.stderr


@pytest.mark.parametrize("url", ["localhost:8000", "kiln.example.org"])
def test_an_address_without_http_is_told_apart_from_a_house_that_sleeps(url: str) -> None:
    result = CliRunner().invoke(cli.app, ["jobs"], env={"KILN_URL": url})
    assert result.exit_code == Exit.REFUSED
    assert "http://" in result.stderr
    assert "make up" not in result.stderr


@pytest.mark.parametrize("code", ["job_not_paused", "job_not_cancellable"])
def test_hints_name_commands_where_the_api_names_calls(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = {"code": code, "status": 409, "detail": "it has failed", "hint": "GET the job."}
    monkeypatch.setitem(REFUSES, "delete", ApiError(refusal))
    result = _kiln("delete", "j1", "--yes")
    assert "`kiln job JOB`" in result.stderr
    assert "GET" not in result.stderr


def test_the_gateway_is_this_machine_s_unless_told_otherwise() -> None:
    _kiln("watch", "j1")
    assert FakeKiln.url == "http://127.0.0.1:8000"
    _kiln("watch", "j1", "--url", "http://kiln:80")
    assert FakeKiln.url == "http://kiln:80"
    CliRunner().invoke(cli.app, ["watch", "j1"], env={"KILN_URL": "https://kiln.test"})
    assert FakeKiln.url == "https://kiln.test"


# -- recipes ------------------------------------------------------------------------------


def test_a_recipe_is_printed_as_a_person_would_read_it(photo: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    result = _kiln(
        "recipe", photo, "--ingredients", "2 leeks, rice", "--diet", "vegan", "--out", out
    )
    assert result.exit_code == 0, result.stderr
    assert FakeKiln.sent == {
        "photos": ["me.jpg"],
        "ingredients": ["2 leeks, rice"],
        "diet": ["vegan"],
    }
    lines = [line.strip() for line in result.stdout.splitlines()]
    for line in (
        "Leek rice",
        "serves 2 · 20 min (5 min preparing, 15 min cooking)",
        "200 g rice",
        "2 leeks, sliced",
        "100 g feta  (to buy)",
        "1. Slice the leeks.",
        "To buy      feta",
        "Suits       vegetarian, nut-free",
        "also: [Other] dish  20 min",
        "! not understood: xyzzy",
    ):
        assert line in lines
    assert "412 kcal, 11 g protein" in result.stdout
    assert "recipes.json" in result.stdout


def test_recipes_need_no_photo(tmp_path: Path) -> None:
    result = _kiln("recipe", "--ingredients", "rice", "--out", str(tmp_path / "out"), "--json")
    assert FakeKiln.sent == {"photos": [], "ingredients": ["rice"]}
    assert json.loads(result.stdout)["id"] == "j1"


@pytest.mark.parametrize(
    ("typed", "changes"),
    [("leek, eggs\n", ["leek, eggs"]), ("\n", None), ("leek, rice, 2 eggs\n", None)],
)
def test_the_list_is_shown_and_corrected_before_cooking(
    photo: str, tmp_path: Path, typed: str, changes: list[str] | None
) -> None:
    result = _kiln("recipe", photo, "--review", "--out", str(tmp_path / "out"), typed=typed)
    assert result.exit_code == 0
    assert FakeKiln.resumed == {"j1": {"ingredients": changes}}
    assert FakeKiln.followed_from == "3-1"
    for words in ("leek  70%", "2 eggs", "perhaps: leek", "not understood: xyzzy"):
        assert words in result.stderr
    assert "Leek rice" in result.stdout


def test_who_leaves_the_review_wants_no_dinner(photo: str) -> None:
    result = _kiln("recipe", photo, "--review", typed="")
    assert result.exit_code == 1
    assert FakeKiln.cancelled == "j1"
    assert FakeKiln.resumed == {}


def test_a_job_that_waits_for_somebody_exits_4() -> None:
    FakeKiln.waits = True
    result = _kiln("watch", "j1")
    assert result.exit_code == Exit.PAUSED
    assert "kiln resume j1" in result.stderr


def test_a_job_that_waits_goes_on_as_somebody_says() -> None:
    FakeKiln.waits = True
    result = _kiln("resume", "j1", "ingredients=2 leeks, rice", "max-minutes=30")
    assert result.exit_code == Exit.FINE, result.output
    assert FakeKiln.resumed == {"j1": {"ingredients": "2 leeks, rice", "max_minutes": "30"}}
    assert "kiln fetch j1" in result.stderr


def test_a_change_that_is_none_is_refused_before_anything_is_sent() -> None:
    FakeKiln.waits = True
    result = _kiln("resume", "j1", "redder")
    assert (result.exit_code, "'redder' is not" in result.stderr) == (Exit.REFUSED, True)
    assert FakeKiln.resumed == {}


def test_a_list_that_is_refused_exits_2(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = ApiError({"code": "no_ingredients", "status": 422, "detail": "nothing was sent"})
    monkeypatch.setitem(REFUSES, "submit", refusal)
    result = _kiln("recipe")
    assert result.exit_code == Exit.REFUSED
    assert "no_ingredients: nothing was sent" in result.stderr


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (5, "5 min"), (60, "1 h"), (95.4, "1 h 35 min")]
)
def test_durations_are_printed_as_in_a_cookbook(minutes: float, text: str) -> None:
    assert duration(minutes) == text


# -- cancel, delete -------------------------------------------------------------------------
def test_a_job_is_cancelled() -> None:
    result = _kiln("cancel", "j1")
    assert (result.exit_code, FakeKiln.cancelled) == (0, "j1")
    assert "figurine j1 cancelled" in result.stdout


def test_a_job_is_erased_and_the_receipt_is_printed() -> None:
    result = _kiln("delete", "j1", "--yes")
    assert (result.exit_code, FakeKiln.erased) == (0, "j1")
    lines = result.stdout.splitlines()
    for words in (
        ("photo", "2.3 MB", "erased", "51d0"),
        ("preview.png", "70.0 kB", "within minutes"),
        ("[a]", "7 bytes", "kept for j2, j3"),
    ):
        assert any(all(word in line for word in words) for line in lines), words


def test_a_job_is_erased_only_when_somebody_says_yes() -> None:
    assert _kiln("delete", "j1", typed="n\n").exit_code == 1
    assert FakeKiln.erased == ""
    assert _kiln("delete", "j1", typed="y\n").exit_code == 0
    assert FakeKiln.erased == "j1"


def test_the_receipt_comes_as_json_too() -> None:
    result = _kiln("delete", "j1", "--yes", "--json")
    assert json.loads(result.stdout) == RECEIPT


def test_a_job_that_is_unknown_is_not_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = ApiError({"code": "not_found", "status": 404, "detail": "there is no job j1"})
    monkeypatch.setitem(REFUSES, "delete", unknown)
    result = _kiln("delete", "j1", "--yes")
    assert (result.exit_code, "there is no job" in result.stderr) == (Exit.REFUSED, True)
