"""What becomes of ``make …`` when a page is run.

`TRULY`: run as it stands, on the ports and in the folders of the test, without installing anew.
`LOOKED_AT`: would take an hour, change this machine or need a network. ``make -n`` shows what it
would do, so the target exists and its prerequisites are known; the test that runs the same thing
in earnest stands beside it. A target in neither table fails the page.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from tests.house import ROOT

TRULY: Final = ("up", "down", "restart", "status", "demo", "help")
LOOKED_AT: Final = {
    "setup": "the CI, on a fresh clone",
    "setup-dev": "the CI, on a fresh clone",
    "neural": "tests/unit/stylize run the engines, on PyTorch that setup-dev brought",
    "logs": "follows until Ctrl-C",
    "check": "this test is part of it",
    "test": "this test is part of it",
    "verify": "docs/verify.md",
    "bench": "docs/benchmark.md",
    "curves": "docs/curves.md",
    "load": "docs/load.md",
    "arrival": "docs/arrival.md",
    "eta": "docs/eta.md",
    "chaos": "docs/chaos.md; a slice of it in `make test`",
    "dashboards": "docs/dashboards.md",
    "train": "needs a data set; tests/unit/recipe run the training on a small one",
    "docs": "tests/contract/test_docs.py",
    "lock": "fetches the newest versions",
    "audit": "asks an advisory service",
    "fmt": "rewrites the sources",
    "clean": "removes the environment that runs this test",
}
STAMPS: Final = re.compile(r"^\$\(VENV\)/(\.[a-z]+):", re.MULTILINE)  # what setup has done


def write_stand_in(folder: Path) -> None:
    """Put a ``make`` into a folder that does what the tables say."""
    make = shutil.which("make")
    stamps = STAMPS.findall((ROOT / "Makefile").read_text("utf-8"))
    old = " ".join(f"-o .venv/{name}" for name in (*stamps, "bin/python"))
    lines = [
        "#!/bin/sh",
        'target=""',
        'for word in "$@"; do case "$word" in -*|*=*) ;; *) target=$word; break;; esac; done',
        'case "${target:-help}" in',
        f'  {"|".join(TRULY)}) exec {make} {old} "$@" ;;',
        f'  {"|".join(LOOKED_AT)}) exec {make} -n {old} "$@" ;;',
        '  *) echo "make $target: tests/docs/make.py does not say how to run it" >&2; exit 2 ;;',
        "esac",
        "",
    ]
    file = folder / "make"
    file.write_text("\n".join(lines), "utf-8")
    file.chmod(0o755)
