"""The demo is done only when every file of both products is there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from common.contracts.stages import STAGES
from deploy import demo


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Calls of a ``kiln`` that writes every file but those named in ``LOST``."""
    calls: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> SimpleNamespace:
        assert not check
        calls.append(command[1:])
        folder = Path(command[-1])
        folder.mkdir(parents=True, exist_ok=True)
        made = demo.FIGURINE_FILES if command[1] == "figurine" else demo.RECIPE_FILES
        for name in set(made) - LOST:
            (folder / name).write_text("x")
        return SimpleNamespace(returncode=STATUS.get(command[1], 0))

    monkeypatch.setattr(subprocess, "run", run)
    return calls


LOST: set[str] = set()
STATUS: dict[str, int] = {}


def test_each_product_has_its_own_files() -> None:
    written = {out.name: stage.service for stage in STAGES for out in stage.writes}
    assert {written[name] for name in demo.FIGURINE_FILES} == {"stylize", "fusion", "gateway"}
    assert {written[name] for name in demo.RECIPE_FILES} == {"recipe", "gateway"}
    assert "recipe-3.html" in demo.RECIPE_FILES
    assert "recipe-4.html" not in demo.RECIPE_FILES


def test_recipes_are_made_of_a_list_of_ours_a_list_or_a_photo(
    tmp_path: Path, said: list[list[str]]
) -> None:
    for food, listed in ((None, ""), (None, "rice"), (Path("t.jpg"), ""), (Path("t.jpg"), "rice")):
        assert demo.make_recipes(food, listed, tmp_path) == 0
    assert [call[1:-3] for call in said] == [
        [f"--ingredients={demo.INGREDIENTS}"],
        ["--ingredients=rice"],
        ["t.jpg"],
        ["t.jpg", "--ingredients=rice"],
    ]


def test_a_file_of_an_earlier_demo_does_not_count(
    tmp_path: Path, said: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.make_recipes(None, "", tmp_path) == 0
    monkeypatch.setitem(globals(), "LOST", {"recipe-2.cook"})
    assert demo.make_recipes(None, "", tmp_path) == 1
    assert demo.make_figurine(Path("me.jpg"), tmp_path) == 0


def test_what_kiln_exits_with_is_what_the_demo_exits_with(
    tmp_path: Path, said: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STATUS, "recipe", 3)
    assert demo.make_recipes(None, "", tmp_path) == 3
