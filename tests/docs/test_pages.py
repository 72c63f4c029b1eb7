"""Every page is run as somebody would who reads it, from top to bottom.

One page, one clone, one shell: variables and folders live on from block to block. Pages that start
or change the house have one of their own; the others share one. What is not run says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docs.expected import json_differs, text_differs
from tests.docs.house import FOOD, House, have_food, house
from tests.docs.pages import Block, blocks, pages
from tests.house import ROOT
from tests.stack import require_stack

# half a minute of `make test`, on one house; `make verify` runs all pages
SLICE: Final = (
    "docs/tutorial/first-recipe.md",
    "docs/how-to/recipes-elsewhere.md",
)
OWN_HOUSE: Final = re.compile(
    r"\bmake (up|down|restart|demo)\b|-m deploy (up|down|restart)|git apply|cat >+ *[\w/]+\.py"
)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


RUN: Final = [page for page in pages() if any(one.is_run_here for one in blocks(page))]


@pytest.fixture(scope="module")
def shared() -> Iterator[House]:
    with house(running=True) as opened:
        yield opened


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page, id=_name(page), marks=[pytest.mark.docs_slice] if _name(page) in SLICE else []
        )
        for page in RUN
    ],
)
def test_the_page_does_what_it_says(page: Path, request: pytest.FixtureRequest) -> None:
    require_stack()
    found = blocks(page)
    code = "\n".join(one.text for one in found if one.is_run_here)
    if any(photo in code for photo in FOOD) and not have_food():
        pytest.skip(
            "photos of food: the folder shared/data/grocery_store is not beside the project"
        )
    if OWN_HOUSE.search(code):
        with house(running=False) as opened:
            _run(found, page, opened)
    else:
        opened = request.getfixturevalue("shared")
        opened.forget()
        _run(found, page, opened)


def _run(found: list[Block], page: Path, opened: House) -> None:
    for block in found:
        if block.is_run_here:
            wrong = _wrong(block, opened)
            assert not wrong, f"{_name(page)}:{block.line}\n{block.text}\n{wrong}"


def _wrong(block: Block, opened: House) -> str:
    result = opened.run(block)
    came = result.stdout + result.stderr
    if bool(result.returncode) != block.fails:
        return f"ended with {result.returncode}:\n{came}"
    if block.printed is None:
        return ""
    if block.printed.language == "json":
        return json_differs(block.printed.text, result.stdout)
    return text_differs(block.printed.text, came)
