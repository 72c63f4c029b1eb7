"""The pages for people, block by block: what is a command, what it prints, what is not run.

A page is read by sybil. Tags are comments straight before a block, which no reader sees:

- ``<!-- not run: docker -->``: no test can run it; `REASONS` lists the words and what they mean;
- ``<!-- run by: tests/integration/test_backup.py -->``: that test runs it;
- ``<!-- fails -->``: it ends with an error, as the page says.

A block of ``text`` or ``json`` straight after a command is what that command prints. A ``diff`` is
applied, as a reader would do it with an editor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sybil import Document, Region, Sybil
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, RawFencedCodeBlockLexer

from tests.house import ROOT, tracked_files

COMMANDS: Final = ("sh", "python", "diff")
OUTPUTS: Final = ("text", "json")
REASONS: Final = {
    "docker": "needs a Docker daemon",
    "kubernetes": "needs a cluster",
    "gpu": "needs a graphics card, and weights that nobody may ship",
    "root": "changes the machine itself: packages, system users, services",
    "hosts": "needs several machines",
    "network": "fetches from elsewhere, or speaks to a server on the internet",
    "person": "waits for somebody who looks: a window opens, or a log is followed until Ctrl-C",
    "hours": "trains or measures for an hour and more",
}
_FENCE = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
_TAG = DirectiveInHTMLCommentLexer(directive="not run|run by|fails", arguments=r"[\w ./,-]*?")


@dataclass(frozen=True)
class Block:
    """One fence of a page.

    Attributes
    ----------
    language : str
        First word behind the fence: ``sh``, ``python``, ``text`` ...
    text : str
        What stands in it.
    line : int
        Where it begins.
    not_run, run_by : str
        Tags before it; empty where there is none.
    fails : bool
        Whether it is to end with an error.
    printed : Block or None
        Block straight behind it that shows what it prints.
    """

    language: str
    text: str
    line: int
    not_run: str = ""
    run_by: str = ""
    fails: bool = False
    printed: Block | None = None

    @property
    def is_command(self) -> bool:
        return self.language in COMMANDS

    @property
    def is_run_here(self) -> bool:
        return self.is_command and not self.not_run and not self.run_by


def pages() -> list[Path]:
    """The pages whose commands are kept: README.md, SECURITY.md, and all below docs/."""
    found = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md"]
    found += [path for path in tracked_files() if path.suffix == ".md" and "docs" in path.parts]
    return [path for path in found if ROOT / "tests" not in path.parents]


def blocks(page: Path) -> list[Block]:
    """All fences of a page, in order."""
    document = Sybil(parsers=[_regions], pattern="*.md").parse(page)
    found: list[Block] = []
    tags: dict[str, str] = {}
    end = 0
    for example in document.examples():
        region = example.region
        near = not document.text[end : region.start].strip()
        end = region.end
        if "directive" in region.lexemes:
            tags[region.lexemes["directive"]] = region.lexemes["arguments"]
            continue
        found.append(_block(region, example.line, tags))
        if near and len(found) > 1 and not tags:
            _pair(found)
        tags = {}
    return found


def _regions(document: Document) -> list[Region]:
    regions = [*_FENCE(document), *_TAG(document)]
    for region in regions:
        region.evaluator = _nothing
    fences = [(one.start, one.end) for one in regions if "info" in one.lexemes]
    return [
        one
        for one in regions
        if "info" in one.lexemes or not any(a <= one.start < b for a, b in fences)
    ]


def _nothing(_: object) -> None:
    """Sybil wants an evaluator; `tests.docs.house` runs the blocks of a page in one shell."""


def _block(region: Region, line: int, tags: dict[str, str]) -> Block:
    info = region.lexemes["info"].split()
    return Block(
        language=info[0] if info else "",
        text=str(region.lexemes["source"]),
        line=line,
        not_run=tags.get("not run", ""),
        run_by=tags.get("run by", ""),
        fails="fails" in tags,
    )


def _pair(found: list[Block]) -> None:
    *_, command, shown = found
    if command.is_command and shown.language in OUTPUTS:
        found[-2] = Block(**{**command.__dict__, "printed": shown})
