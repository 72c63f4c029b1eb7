"""``kiln batch``: a line for each photo, one exit code, and how to go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from typer.testing import CliRunner, Result

from gateway import cli
from gateway.client import ApiError, Made
from gateway.terminal import line
from gateway.terminal.exits import Exit

JOB: Any = {"id": "j1", "state": "succeeded", "error": None}
REFUSED = ApiError({"code": "bad_photo", "detail": "no [photo]", "hint": "Send one."})


class House:
    asked: ClassVar[dict[str, Any]] = {}
    breaks: ClassVar[bool] = False

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def batch(self, orders: list[Path], **asked: Any) -> Iterator[Made]:
        type(self).asked = asked
        for order in orders:
            if order.stem == "ben":
                yield Made(order, "ben", None, REFUSED)
            else:
                yield Made(order, order.stem, JOB, None, [asked["folder"] / order.stem / "a.glb"])
        if self.breaks:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> type[House]:
    monkeypatch.setattr(line, "Kiln", House)
    return House


def kiln(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["batch", *words])


def test_each_photo_gets_a_line_and_the_worst_decides() -> None:
    result = kiln("anna.jpg", "ben.jpg", "-o", "team", "-w", "style=pop", "-w", "height-mm=80")
    assert result.stdout.splitlines() == [
        "✓ team/anna",
        "✗ ben: no [photo]",
        "1 of 2 have a result; --again makes the others anew.",
    ]
    assert result.exit_code == Exit.FAILED
    wanted = {"style": "pop", "height_mm": "80", "folder": Path("team"), "product": "figurine"}
    assert House.asked == wanted | {"at_once": 4, "again": False}


def test_all_that_have_a_result_are_fine() -> None:
    assert kiln("anna.jpg").exit_code == Exit.FINE


def test_programs_get_a_list() -> None:
    said = json.loads(kiln("anna.jpg", "ben.jpg", "--json").stdout)
    assert [one["name"] for one in said] == ["anna", "ben"]
    assert (said[0]["job"], said[0]["files"]) == ("j1", ["out/anna/a.glb"])
    assert (said[1]["job"], said[1]["why"]) == (None, "no [photo]")


def test_ctrl_c_says_how_to_go_on(house: type[House], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "breaks", True)
    result = kiln("anna.jpg")
    assert result.exit_code == Exit.INTERRUPTED
    assert "The same command again" in result.stderr


def test_a_wish_has_a_name_and_a_value() -> None:
    result = kiln("anna.jpg", "-w", "pop")
    assert (result.exit_code, "NAME=VALUE" in result.stderr) == (Exit.REFUSED, True)


def test_a_folder_is_no_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "team").mkdir()
    monkeypatch.chdir(tmp_path)  # a longer name would be cut into lines
    result = kiln("anna.jpg", "team")
    assert (result.exit_code, result.stdout) == (Exit.REFUSED, "")
    assert "'team' is a directory" in result.stderr
