from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from common import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)


def _logger() -> logging.Logger:
    """Configure the process and give a logger; the handler writes to this test's stderr."""
    logs.configure("INFO", "fusion")
    return logging.getLogger("here")


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    _logger().warning("two\nlines of %s", "Zoë")
    (line,) = _lines(capsys)
    assert line["message"] == "two\nlines of Zoë"
    assert (line["level"], line["service"], line["logger"]) == ("WARNING", "fusion", "here")


def test_the_time_is_utc_whatever_the_machine_thinks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _logger().info("now")
    (line,) = _lines(capsys)
    age = datetime.now(UTC) - datetime.fromisoformat(line["time"])
    assert abs(age.total_seconds()) < 60


def test_ids_are_on_the_lines_inside_the_block_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = _logger()
    with logs.bound(job="j1"), logs.bound(stage="fusion.sculpt"):
        log.info("inside")
    log.info("outside")
    inside, outside = _lines(capsys)
    assert (inside["job"], inside["stage"]) == ("j1", "fusion.sculpt")
    assert "job" not in outside


def test_ids_are_gone_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), logs.bound(job="j1"):
        raise ValueError("inside")
    _logger().info("outside")
    assert "job" not in _lines(capsys)[0]


def test_a_traceback_is_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        int("the cause")
    except ValueError:
        _logger().exception("failed")
    (line,) = _lines(capsys)
    assert "the cause" in line["traceback"]


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    _logger().debug("too much")
    assert _lines(capsys) == []


def test_warnings_go_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    _logger()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old call", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert "old call" in _lines(capsys)[0]["message"]


def test_what_is_no_json_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.bound(where=sys):
        _logger().info("x")
    assert "module 'sys'" in _lines(capsys)[0]["where"]
