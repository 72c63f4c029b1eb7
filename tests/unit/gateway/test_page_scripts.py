"""The scripts of the page: small, and their words are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from common.contracts.looks import PHOTOGRAPHED
from tests.house import ROOT

WEB = ROOT / "gateway" / "web"
SCRIPTS = [path for path in sorted(WEB.rglob("*.js")) if "vendor" not in path.parts]
LONGEST, WIDEST = 250, 120
ENGLISH = "\n".join(path.read_text("utf-8") for path in (WEB / "words").glob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(WEB)))
def test_a_script_is_short_and_narrow(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    if path.parent.name == "words":
        return  # as long as what there is to say
    assert len(lines) <= LONGEST
    # a regular expression cannot be broken
    assert [line for line in lines if len(line) > WIDEST and "= /" not in line] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(WEB)))
def test_every_word_that_a_script_says_is_known(path: Path) -> None:
    said = re.findall(r"\bt\(\"([a-z0-9_.]+)\"", path.read_text("utf-8"))
    assert [word for word in said if f'"{word}"' not in ENGLISH] == []


def test_every_script_that_is_imported_is_there() -> None:
    for path in SCRIPTS:
        for name in re.findall(r"from \"(\.[^\"]+)\"", path.read_text("utf-8")):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"


def test_the_page_offers_no_look_that_a_photographed_face_refuses() -> None:
    script = (WEB / "figurine" / "wish.js").read_text("utf-8")
    (drawn,) = re.findall(r"const DRAWN = \[(.+)\]", script)
    assert set(re.findall(r"\w+", drawn)) == PHOTOGRAPHED


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [*SCRIPTS, WEB / "index.html", WEB / "kiln.css"]:
        text = re.sub(r"http://(www\.w3\.org/2000/svg|127\.0\.0\.1)", "", path.read_text("utf-8"))
        assert not re.search(r"https?://", text), path
