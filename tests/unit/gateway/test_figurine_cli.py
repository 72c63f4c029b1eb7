"""Options of the commands for figurines and portraits, and the approval in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.client import ApiError, JobEvent
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.params import check_params, names_of
from gateway.terminal import line
from gateway.terminal.approval import read_changes
from gateway.terminal.findings import findings, seen_line

FACTS: dict[str, dict[str, Any]] = {
    "stylize.portrait": {"likeness": {"score": 81.4, "says": "The brows are off."}},
    "fusion.measure": {
        "seen": {"hair_type": "wavy", "glasses": "none", "lipstick": True}
        | {"colours": {"hair": "#5e3f2c", "lip": "#aa4455"}, "uncertain": ["hair"]},
    },
    "fusion.render": {"likeness": {"score": None, "says": "No face was found."}},
    "fusion.print": {
        "printable": True,
        "estimate": {"minutes": 195, "mass_g": 41.6, "basis": "PLA, 0.2 mm"},
    },
}
STAGE = {"id": "stylize.portrait", "title": "Cartoon portrait", "state": "done", "wait_ms": 1}
STAGE |= {"run_ms": 280, "engine": "builtin", "cached": False}


class FakeKiln:
    """A gateway whose job pauses as often as is wanted."""

    sent: ClassVar[dict[str, object]] = {}
    resumed: ClassVar[list[dict[str, object]]] = []
    refuses: ClassVar[list[str]] = []
    pauses: ClassVar[int] = 0
    cancelled: ClassVar[str] = ""

    def __init__(self, _: str, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit_figurine(self, photo: Path | None, **wishes: object) -> dict[str, Any]:
        cls = type(self)
        cls.sent = {name: value for name, value in wishes.items() if value is not None}
        cls.pauses = int(cls.sent.get("pause_after") == "portrait")
        return {"id": "j1", "photo": photo}

    submit_portrait = submit_figurine

    def job(self, _: str) -> dict[str, Any]:
        files = [{"name": name} for name in ("portrait.png", "figurine.glb")]
        return {
            "id": "j1",
            "product": "figurine",
            "state": "paused" if type(self).pauses else "succeeded",
            "stages": [STAGE],
            "artifacts": files[:1] if type(self).pauses else files,
            "facts": FACTS,
            "warnings": ["photo quality 40 of 100"],
            "created": "2026-11-21T10:15:00Z",
            "finished": None,
            "links": {"resume": "/v1/jobs/j1/resume"},
        }

    def stream(self, _: str, after: str = "", **__: object) -> Iterator[JobEvent]:
        kind = "paused" if type(self).pauses else "succeeded"
        return iter([JobEvent(f"{len(after)}-1", kind, {})])

    def resume(self, _: str, **changes: object) -> dict[str, Any]:
        cls = type(self)
        if "nose" in changes:
            raise ApiError({"code": "bad_parameter", "status": 422, "detail": "unknown 'nose'"})
        cls.resumed = [*cls.resumed, changes]
        cls.pauses = int(changes.get("pause_after") == "portrait")
        return {}

    def cancel(self, job: str) -> dict[str, Any]:
        type(self).cancelled = job
        return {}

    def download(self, job: dict[str, Any], folder: Path) -> list[Path]:
        folder.mkdir(exist_ok=True)
        paths = [folder / one["name"] for one in job["artifacts"]]
        for path in paths:
            path.write_bytes(b"x")
        return paths


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(line, "Kiln", FakeKiln)
    FakeKiln.sent, FakeKiln.resumed, FakeKiln.cancelled, FakeKiln.pauses = {}, [], "", 0
    for console in (line.out, line.err):
        monkeypatch.setattr(console, "width", 200)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me.jpg").write_bytes(b"photo")


def kiln(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), input=typed)


def test_every_parameter_has_an_option_that_says_what_it_takes() -> None:
    shown = CliRunner().invoke(cli.app, ["figurine", "--help"], env={"COLUMNS": "300"}).stdout
    others = {"from", "webhook_url", "webhook_events", "pause_after", "ttl_hours"}
    for name in {*names_of(FigurineParams)} - others:
        assert f"--{name.replace('_', '-')} " in shown, name
    for words in ("cel, pencil, watercolor", "40 to 200", "straight, wavy, curly, bald", "ginger"):
        assert words in shown


def test_what_is_said_is_sent_and_nothing_else() -> None:
    said = "--template chef --name Zoë --hair ginger --glasses round --process sla --hollow"
    more = (
        "--filaments red,#112233 --height-mm 80 --formats glb,3mf --subject 1 --webhook https://a"
    )
    result = kiln("figurine", "me.jpg", *said.split(), *more.split())
    assert result.exit_code == 0, result.output
    wishes = {
        "template": "chef",
        "name": "Zoë",
        "hair": "ginger",
        "glasses": "round",
        "process": "sla",
        "hollow": True,
        "filaments": "red,#112233",
        "height_mm": "80",
        "formats": "glb,3mf",
        "subject": "1",
    }
    assert FakeKiln.sent == wishes | {"webhook_url": "https://a"}
    read = check_params(FigurineParams, wishes)
    assert (read.height_mm, len(read.filaments), read.formats) == (80, 2, ("glb", "3mf"))


def test_a_portrait_is_asked_for_by_size_and_without_a_background() -> None:
    result = kiln("portrait", "me.jpg", "--style", "oil", "--size", "2048", "--transparent")
    assert result.exit_code == 0, result.output
    assert FakeKiln.sent == {"style": "oil", "size_px": 2048, "background": "transparent"}
    check_params(PortraitParams, dict(FakeKiln.sent))
    assert kiln("portrait", "--from", "j0").exit_code == 0
    assert FakeKiln.sent == {"photo_of": "j0"}


def test_what_was_found_out_is_printed_below_the_table() -> None:
    shown = kiln("figurine", "me.jpg").stdout
    assert "likeness of the portrait: 81 of 100. The brows are off." in shown
    assert "likeness of the figurine" not in shown  # nobody could rate it
    assert "the print passes every gate: about 3 h 15 min, 42 g (PLA, 0.2 mm)" in shown
    assert "photo quality 40 of 100" in shown


@pytest.mark.parametrize("worst", ["hair colour", "brow colour"])
def test_who_chose_a_colour_is_not_told_to_choose_one(worst: str) -> None:
    says = "The hair colour is off: choose a swatch for `hair`."
    likeness = {"score": 72.0, "worst": worst, "says": says}
    job = {"facts": {"fusion.render": {"likeness": likeness}}, "warnings": []}
    assert findings({**job, "parameters": {}}) == [f"likeness of the figurine: 72 of 100. {says}"]
    (told,) = findings({**job, "parameters": {"hair": "#d98a9e"}})
    assert told.endswith("72 of 100. You chose another colour of hair than the photo's.")


def test_a_job_without_facts_has_nothing_to_say() -> None:
    assert findings({"facts": {}, "warnings": []}) == []


def test_a_photographed_face_is_shown_nothing_as_a_change_that_is_refused() -> None:
    seen = {"hair_type": "wavy", "beard": "goatee", "colours": {"eyes": "#a0754c"}}
    job = {"facts": {"fusion.measure": {"seen": seen}}, "parameters": {"face": "drawn"}}
    assert seen_line(job) == "seen: hair_type=wavy, beard=goatee, eyes=#a0754c"
    assert seen_line({**job, "parameters": {"face": "portrait"}}) == "seen: hair_type=wavy"


def test_the_portrait_is_shown_and_the_figurine_made_when_somebody_agrees() -> None:
    result = kiln("figurine", "me.jpg", "--approve", typed="\n")
    assert result.exit_code == 0, result.output
    assert FakeKiln.sent == {"pause_after": "portrait"}
    assert FakeKiln.resumed == [{}]
    assert "The portrait: out/portrait.png" in result.stderr
    assert "seen: hair_type=wavy, glasses=none, hair=#5e3f2c" in result.stderr
    assert Path("out/figurine.glb").is_file()


def test_a_changed_style_is_shown_again_and_a_changed_body_is_not() -> None:
    typed = "style=pop\ntemplate=chef name='Zoë and Bob' hair=ginger\n"
    result = kiln("figurine", "me.jpg", "--approve", typed=typed)
    assert result.exit_code == 0, result.output
    assert FakeKiln.resumed == [
        {"style": "pop", "pause_after": "portrait"},
        {"template": "chef", "name": "Zoë and Bob", "hair": "ginger"},
    ]
    assert result.stderr.count("The portrait:") == 2


def test_what_is_no_change_or_refused_is_asked_for_again() -> None:
    result = kiln("figurine", "me.jpg", "--approve", typed="redder\nname='x\nnose=big\n\n")
    assert result.exit_code == 0, result.output
    assert FakeKiln.resumed == [{}]
    for words in ("'redder' is not name=value", "No closing quotation", "unknown 'nose'"):
        assert words in result.stderr


@pytest.mark.parametrize("typed", ["quit\n", ""])
def test_who_leaves_wants_no_figurine(typed: str) -> None:
    result = kiln("figurine", "me.jpg", "--approve", typed=typed)
    assert result.exit_code == 1
    assert FakeKiln.cancelled == "j1"
    assert FakeKiln.resumed == []


def test_a_pause_may_be_said_or_left_out() -> None:
    assert read_changes("style=pop pause_after=none") == {"style": "pop", "pause_after": "none"}
    assert read_changes("hair-type=curly") == {"hair_type": "curly"}
    assert read_changes("") == {}
