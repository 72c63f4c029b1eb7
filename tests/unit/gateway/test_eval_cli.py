"""``kiln eval``: a job of the house, or two files; a report for people and for programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Self

import pytest
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.terminal import line, rating
from gateway.terminal.exits import Exit

LIKE = {"score": 88.4, "terms": {"eyes": 0.7, "nose": 0.3}, "worst": "nose", "says": "The nose."}
GATE = {"name": "wall", "title": "Thinnest wall", "measured": 0.5, "unit": "mm"}
GATE |= {"relation": "at least", "limit": 0.8, "passed": False, "required": True, "fix": "Thicken."}
CERTIFICATE = {"process": "fdm", "size_mm": [46.3, 44.1, 100], "volume_cm3": 68.02, "passed": False}
CERTIFICATE |= {"gates": [GATE, GATE | {"passed": True, "fix": ""}]}
QUALITY = {"score": 62, "advice": "Move closer.", "terms": {"size": 0.4, "light": 1.0}}
FACTS = {
    "fusion.measure": {"quality": QUALITY},
    "fusion.render": {"likeness": LIKE},
    "stylize.portrait": {"likeness": LIKE | {"score": None, "says": "No face."}},
}


JOB = {"product": "figurine", "state": "succeeded", "error": None, "facts": FACTS}
JOB |= {"artifacts": [{"name": "certificate.json"}]}


class FakeKiln:
    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def job(self, job: str) -> dict[str, Any]:
        return JOB | {"id": job}

    def fetch(self, _: object) -> bytes:
        return json.dumps(CERTIFICATE).encode()


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(line, "Kiln", FakeKiln)
    monkeypatch.setattr(line.out, "width", 100)
    monkeypatch.chdir(tmp_path)
    for name in ("me.jpg", "figurine.glb", "portrait.png"):
        Path(name).write_bytes(b"x")


def answers(monkeypatch: pytest.MonkeyPatch, **said: Any) -> list[str]:
    """Let the services answer; returns who was asked."""
    asked = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        service = command[2].partition(".")[0]
        asked.append(service)
        text = said[service] if isinstance(said[service], str) else json.dumps(said[service])
        return subprocess.CompletedProcess(command, 1, text, "first\nlast line")

    monkeypatch.setattr(rating.subprocess, "run", run)
    return asked


def kiln(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["eval", *words])


def test_a_job_is_rated_by_what_it_has_found_out() -> None:
    result = kiln("j1", "--json")
    said = json.loads(result.stdout)
    assert said["quality"] == QUALITY
    assert said["likeness"]["figurine"] == LIKE
    assert said["likeness"]["portrait"]["score"] is None
    assert said["certificate"] == CERTIFICATE
    assert (said["job"], said["original"], said["avatar"]) == ("j1", None, None)
    assert result.exit_code == Exit.FAILED  # the certificate says no


def test_people_get_bars_and_advice() -> None:
    shown = kiln("j1").stdout
    for words in (
        "Photo 62 of 100",
        "Move closer.",
        "Likeness of the figurine 88 of 100",
        "nose  ━━━━━━──────────────  30",
        "No face.",
        "✗ 1 of 2 gates for fdm, 46 x 44 x 100 mm, 68 cm³",
        "Thinnest wall: 0.5 mm, has to be at least 0.8 mm. Thicken.",
    ):
        assert words in shown, words
    assert "light" not in shown  # nothing to talk about


def test_a_figurine_is_rated_by_who_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, fusion_service={"quality": QUALITY, "likeness": LIKE})
    result = kiln("--original", "me.jpg", "--avatar", "figurine.glb", "--output", "report.json")
    assert (result.exit_code, asked) == (Exit.FINE, ["fusion_service"])
    report = json.loads(Path("report.json").read_text())
    assert report["likeness"] == {"portrait": None, "figurine": LIKE}
    assert (report["original"], report["avatar"]) == ("me.jpg", "figurine.glb")
    assert report["certificate"] is None


def test_what_was_rated_is_told_even_where_the_report_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(monkeypatch, fusion_service={"quality": QUALITY, "likeness": LIKE})
    result = kiln("--original", "me.jpg", "--avatar", "figurine.glb", "--output", "no/report.json")
    assert result.exit_code == Exit.HERE
    assert "Likeness of the figurine" in result.stdout
    assert "no/report.json" in result.stderr


def test_a_portrait_is_rated_by_who_draws_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(
        monkeypatch, fusion_service={"quality": QUALITY}, stylize_service={"likeness": LIKE}
    )
    result = kiln("--original", "me.jpg", "--avatar", "portrait.png", "--json")
    assert asked == ["fusion_service", "stylize_service"]
    assert json.loads(result.stdout)["likeness"] == {"portrait": LIKE, "figurine": None}


@pytest.mark.parametrize(("least", "code"), [("88", Exit.FINE), ("89", Exit.FAILED)])
def test_scripts_can_ask_for_a_likeness(
    monkeypatch: pytest.MonkeyPatch, least: str, code: Exit
) -> None:
    answers(monkeypatch, fusion_service={"quality": QUALITY, "likeness": LIKE})
    words = ("--original", "me.jpg", "--avatar", "figurine.glb", "--at-least", least)
    assert kiln(*words).exit_code == code


@pytest.mark.parametrize("asked", [(), ("--at-least", "80"), ("--json",)])
def test_a_job_without_a_result_is_not_good_enough(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    drawn = {"stylize.portrait": {"likeness": LIKE}}  # before it went wrong
    error = {"code": "name_does_not_fit", "detail": "no sign for it", "hint": "Shorten it."}
    failed = {"state": "failed", "error": error, "facts": drawn, "artifacts": []}
    monkeypatch.setattr(FakeKiln, "job", lambda _, job: JOB | failed | {"id": job})
    result = kiln("j1", *asked)
    assert result.exit_code == Exit.FAILED
    assert ("no sign for it" in result.stderr) == (asked != ("--json",))


@pytest.mark.parametrize("asked", [(), ("--at-least", "80")])
def test_where_nothing_is_rated_that_is_said(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    dinner = {"product": "recipe", "facts": {"recipe.rank": {}}, "artifacts": []}
    monkeypatch.setattr(FakeKiln, "job", lambda _, job: JOB | dinner | {"id": job})
    result = kiln("j1", *asked)
    assert result.exit_code == Exit.FAILED
    assert "nothing to rate" in result.stderr


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"error": {"code": "no_face", "detail": "nobody [x]", "hint": "Turn."}}, "nobody [x]"),
        ("Segmentation fault", "last line"),
    ],
)
def test_what_cannot_be_rated_is_told(
    monkeypatch: pytest.MonkeyPatch, said: Any, says: str
) -> None:
    answers(monkeypatch, fusion_service=said)
    result = kiln("--original", "me.jpg", "--avatar", "figurine.glb")
    assert (result.exit_code, says in result.stderr) == (Exit.REFUSED, True)


def test_a_machine_without_the_services_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating.importlib.util, "find_spec", lambda _: None)
    result = kiln("--original", "me.jpg", "--avatar", "figurine.glb")
    assert (result.exit_code, "fusion service" in result.stderr) == (Exit.REFUSED, True)


@pytest.mark.parametrize(
    "words", [(), ("j1", "--avatar", "figurine.glb"), ("--original", "me.jpg")]
)
def test_a_job_or_two_files_are_needed(words: tuple[str, ...]) -> None:
    result = kiln(*words)
    assert result.exit_code == Exit.REFUSED
    assert "--original" in result.stderr
