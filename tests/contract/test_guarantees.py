"""The page of promises is true: each names tests that exist, and every failure test is on it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

from tests.contract.test_chaos import marks
from tests.house import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
PROOF = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROWS = re.compile(r"\brows? ((?:L?\d+[a-z]?,?\s*)+)")
LINE = re.compile(r"^\| (L?\d+[a-z]?) \| (.+) \| `([\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)


def text() -> str:
    return PAGE.read_text("utf-8")


def promises() -> list[str]:
    """The sentences with their proofs: one a bullet."""
    before, _, _ = text().partition("## When something fails")
    bullets = re.split(r"^- ", before, flags=re.MULTILINE)[1:]
    return [bullet.partition("\n\n")[0] for bullet in bullets]


@cache
def named_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return frozenset(node.name for node in found if not _given_up(node))


def _given_up(node: ast.FunctionDef) -> bool:
    """Whether a test is always skipped, or expected to fail: that proves nothing."""
    marked = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(re.match(r"pytest\.mark\.(skip\b|xfail)", mark) for mark in marked)


def test_every_test_that_is_named_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in PROOF.findall(text())
        if not (ROOT / "tests" / path).is_file() or name not in named_in(ROOT / "tests" / path)
    ]
    assert missing == []


def test_every_promise_names_its_proof() -> None:
    assert len(promises()) > 40
    assert [one for one in promises() if not PROOF.search(one) and not ROWS.search(one)] == []


def test_no_test_proves_two_promises() -> None:
    named = Counter(PROOF.findall(text()))
    assert [test for test, count in named.items() if count > 1] == []


def test_the_table_has_every_failure_test_under_its_number() -> None:
    on_the_page = {(row, what, name) for row, what, _, name in LINE.findall(text())}
    there = {(str(args[0]), args[1], name) for name, args, _ in marks()}
    assert on_the_page == there


def test_every_row_of_the_table_proves_a_promise_and_no_promise_points_elsewhere() -> None:
    rows = {row for row, *_ in LINE.findall(text())}
    named = {
        row
        for one in promises()
        for group in ROWS.findall(one)
        for row in re.findall(r"L?\d+[a-z]?", group)
    }
    assert named == rows


def test_the_page_says_how_to_run_its_tests() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("test", "chaos", "verify"):
        assert f"`make {target}`" in text()
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_promise_is_a_sentence() -> None:
    for one in promises():
        words = PROOF.sub("", one).strip()
        assert words[0].isupper(), one
        assert "." in words or ":" in words, one
