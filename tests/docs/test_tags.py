"""No command is on a page that nobody runs, unless the page says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.make import LOOKED_AT, TRULY
from tests.docs.pages import REASONS, Block, blocks, pages
from tests.house import ROOT

pytestmark = pytest.mark.docs_slice  # takes no time
LOOKS_LIKE_A_COMMAND = re.compile(
    r"^\s*(\$ |sudo |(\.venv/bin/)?(kiln|python|pip|pytest) |make |curl |docker |kubectl |git )",
    re.MULTILINE,
)
ALL = [(page, block) for page in pages() for block in blocks(page)]


def _where(value: object) -> str | None:
    if isinstance(value, Path):
        return str(value.relative_to(ROOT))
    return str(value.line) if isinstance(value, Block) else None


def test_there_are_pages_with_commands() -> None:
    assert len({page for page, block in ALL if block.is_run_here}) > 10


@pytest.mark.parametrize(("page", "block"), ALL, ids=_where)
def test_each_block_says_what_it_is(page: Path, block: Block) -> None:
    assert block.language, f"{page}:{block.line}: a fence without a language"
    if not block.is_command:
        assert not LOOKS_LIKE_A_COMMAND.search(block.text) or block.language in {"text", "yaml"}
    if block.not_run:
        assert block.not_run in REASONS
    if block.run_by:
        assert (ROOT / block.run_by).is_file()
        assert page.name in (ROOT / block.run_by).read_text("utf-8")


def test_no_command_hides_in_an_indented_block() -> None:
    hidden = [
        f"{page.relative_to(ROOT)}: {line.strip()}"
        for page in pages()
        for line in _outside_fences(page)
        if line.startswith("    ") and LOOKS_LIKE_A_COMMAND.match(line)
    ]
    assert hidden == []


def test_every_target_of_the_makefile_is_in_one_table() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):.*##", makefile, re.MULTILINE))
    assert targets == {*TRULY, *LOOKED_AT}
    assert not set(TRULY) & LOOKED_AT.keys()


def _outside_fences(page: Path) -> list[str]:
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return text.splitlines()


def test_every_link_to_a_heading_finds_it() -> None:
    lost = []
    for page in pages():
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8")):
            if "://" not in target:
                file = page.parent / target if target else page
                if anchor not in _slugs(file):
                    lost.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert lost == []


def _slugs(page: Path) -> set[str]:
    """Names that a heading gets where Markdown is shown: small letters, no marks, hyphens."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
