"""Whatever goes wrong: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from common.errors import LedgerUnavailable, NoFace
from gateway import cli
from gateway.client import ApiError, Damaged, Unreachable
from gateway.terminal import line
from gateway.terminal.exits import Exit
from tests.house import ROOT


def broken_by(error: BaseException, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(line, "Kiln", breaks)
    return CliRunner().invoke(cli.app, [*words, "jobs"])


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ApiError({"code": "busy", "detail": "full", "hint": "Wait."}), Exit.REFUSED, "Wait."),
        (ApiError({"code": "unauthorized"}), Exit.REFUSED, "KILN_API_KEY"),
        (Unreachable("no gateway answers at x"), Exit.UNREACHABLE, "kiln doctor"),
        (LedgerUnavailable("Redis does not answer"), Exit.UNREACHABLE, "make status"),
        (NoFace("nobody"), Exit.REFUSED, "no_face: nobody"),
        (Damaged("x arrived changed"), Exit.HERE, "kiln audit"),
        (TimeoutError("it goes on"), Exit.FAILED, "it goes on"),
        (OSError(errno.ENOSPC, "No space", "/out"), Exit.HERE, "/out: No space"),
        (OSError(errno.EACCES, "Denied", "/out"), Exit.HERE, "--out"),
        (requests.ConnectionError("x"), Exit.UNREACHABLE, "ConnectionError"),
        (KeyError("bug"), Exit.BUG, "kiln --traceback"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "Interrupted."),
    ],
)
def test_an_error_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: Exit, says: str
) -> None:
    result = broken_by(error, monkeypatch)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_a_key_that_cannot_be_sent_is_refused_and_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KILN_API_KEY", "kiln_secret\u2026")
    result = CliRunner().invoke(cli.app, ["jobs"])
    assert result.exit_code == Exit.REFUSED
    assert "unauthorized: the API key has a character" in result.stderr
    assert "kiln_secret" not in result.output


def test_where_a_fault_is_is_shown_to_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    result = broken_by(KeyError("bug"), monkeypatch, "--traceback")
    assert isinstance(result.exception, KeyError)


def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILN_GATEWAY_PORT", "many")
    result = CliRunner().invoke(cli.app, ["jobs"])
    assert result.exit_code == Exit.REFUSED
    assert "KILN_GATEWAY_PORT" in result.stderr


def test_the_version_is_printed() -> None:
    assert re.fullmatch(r"kiln \d+\.\d+\.\d+\n", CliRunner().invoke(cli.app, ["--version"]).stdout)


def test_the_table_of_exit_codes_is_the_one_of_the_docs() -> None:
    page = Path(ROOT / "docs" / "cli.md").read_text("utf-8")
    told = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE))
    assert told == {str(int(one)): one.meaning for one in Exit}


def test_every_command_is_told_in_the_docs() -> None:
    page = Path(ROOT / "docs" / "cli.md").read_text("utf-8")
    shown = CliRunner().invoke(cli.app, ["--help"], env={"COLUMNS": "120"}).stdout
    for name in re.findall(r"^│ ([a-z]+) ", shown, re.MULTILINE):
        assert f"`kiln {name}" in page, name
