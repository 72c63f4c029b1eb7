"""The chaos suite covers every failure on the list, and its table says what happened."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos.__main__ import page
from tests.house import ROOT

FAILURES = range(1, 35)


def marks() -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Name, arguments and keywords of ``@pytest.mark.fault`` of every test."""
    for path in sorted((ROOT / "tests" / "chaos").glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                (mark,) = [d for d in node.decorator_list if _is_fault(d)]
                assert isinstance(mark, ast.Call)
                keywords = {str(k.arg): ast.literal_eval(k.value) for k in mark.keywords}
                yield node.name, [ast.literal_eval(arg) for arg in mark.args], keywords


def _is_fault(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault"


def test_every_failure_on_the_list_has_its_test() -> None:
    numbers = {args[0] for _, args, _ in marks()}
    assert set(FAILURES) <= numbers


def test_no_two_tests_share_a_line_of_the_table() -> None:
    numbers = [args[0] for _, args, _ in marks()]
    assert len(numbers) == len(set(numbers))
    assert all(isinstance(args[1], str) and set(kw) == {"seconds"} for _, args, kw in marks())


ROW = {
    "number": "7",
    "fault": "Redis stops",
    "in_flight": 12,
    "lost": 0,
    "duplicated": 0,
    "recovery_s": 3.25,
    "seconds": 20.0,
    "passed": True,
    "note": "",
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "| 7 | Redis stops | 12 | 0 | 0 | 3.2 | passed |"),
        ({"lost": 1, "passed": False}, "| 7 | Redis stops | 12 | 1 | 0 | 3.2 | **failed** |"),
        (
            {"recovery_s": None, "note": "5 refused"},
            "| 7 | Redis stops | 12 | 0 | 0 | - | passed (5 refused) |",
        ),
    ],
)
def test_a_line_tells_fault_losses_and_recovery(changes: dict[str, Any], line: str) -> None:
    assert line in page([ROW | changes], 60, small=False)


def test_the_page_adds_up_and_says_which_numbers_it_used() -> None:
    text = page([ROW, ROW | {"lost": 2, "passed": False}], 60, small=True)
    assert "24 jobs in flight, 2 lost, 0 doubled, 1 of 2 tests passed." in text
    assert "small numbers" in text
