"""A clone of the project in a folder of its own, with a stack: what somebody has who reads a page.

In the folder lie ``me.jpg`` (the astronaut), and photos of food where the data set is at hand. The
addresses of the pages (``http://127.0.0.1:8000``) are those of the test's own stack here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.settings import Settings
from deploy.stack import Stack, free_ports
from tests.docs.make import write_stand_in
from tests.docs.pages import Block
from tests.groceries import grocery_photo, have_groceries
from tests.house import ROOT, tracked_files
from tests.stack import MODELS

PAGE_URL: Final = "http://127.0.0.1:8000"
FOOD: Final = {
    "table.jpg": ("Vegetables/Leek", "Vegetables/Carrots", "Fruit/Lemon"),
    "fridge.jpg": ("Vegetables/Tomato", "Vegetables/Zucchini"),
    "leek.jpg": ("Vegetables/Leek",),
}
PATIENCE_S: Final = 240
# An answer that refuses fails the page, unless the page says that it does.
_CURL: Final = '#!/bin/sh\nexec {curl} --silent --show-error --fail-with-body "$@"\n'


@dataclass
class House:
    """A clone, its settings, and a shell that remembers variables and folder."""

    folder: Path
    settings: dict[str, object]
    url: str
    _state: Path = field(init=False)

    def __post_init__(self) -> None:
        self._state = self.folder.parent / "state.sh"

    def forget(self) -> None:
        """Open a new terminal: variables and folder are those of the beginning."""
        self._state.unlink(missing_ok=True)

    def run(self, block: Block) -> subprocess.CompletedProcess[str]:
        """Run a block as somebody would who types it, and answers each question with Enter."""
        code = self._command(block)
        result = subprocess.run(
            ["bash", "-c", _SHELL.format(state=self._state, folder=self.folder) + code],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # JSON stands alone; else as in a terminal, what is told among what is answered
            stderr=subprocess.PIPE if _wants_json(block) else subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        result.stdout = self._as_on_the_page(result.stdout)
        result.stderr = self._as_on_the_page(result.stderr or "")
        return result

    def environment(self) -> dict[str, str]:
        """Environment of somebody who has just come: no KILN_ setting but those of the test."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("KILN_", "VIRTUAL"))}
        own = {f"KILN_{name.upper()}": str(value) for name, value in self.settings.items()}
        venv = str(Path(sys.executable).parent)
        folders = [one for one in os.environ["PATH"].split(os.pathsep) if one != venv]
        tools = str(self.folder.parent / "tools")
        return {
            **inherited,
            **own,
            "PATH": os.pathsep.join([tools, *folders]),
            "PYTHONPATH": str(self.folder),  # the clone's code, not that of the environment
            "COLUMNS": "100",
            "PYTHONUNBUFFERED": "1",
        }

    def _command(self, block: Block) -> str:
        text = block.text.replace("Kiln()", f'Kiln("{PAGE_URL}")').replace(PAGE_URL, self.url)
        if block.language == "sh":
            return text
        file = self.folder / "page.py" if block.language == "python" else self.folder / "page.diff"
        file.write_text(text, "utf-8")
        return {"python": ".venv/bin/python page.py", "diff": "git apply --recount page.diff"}[
            block.language
        ]

    def _as_on_the_page(self, text: str) -> str:
        text = text.replace(self.url, PAGE_URL)
        for folder in (str(self.settings["data_dir"]), str(self.folder)):
            text = text.replace(folder, "…/" + Path(folder).name)
        return text


_SHELL: Final = """\
set -euo pipefail
if [ -f "{state}" ]; then . "{state}"; fi
set -a
exec < <(yes "")
trap 'export -p >"{state}"; echo "cd \\"$PWD\\"" >>"{state}"' EXIT
"""


def _wants_json(block: Block) -> bool:
    return block.printed is not None and block.printed.language == "json"


@contextmanager
def house(*, running: bool) -> Iterator[House]:
    """Open a house for one page, or for several that change nothing in it; nothing is left."""
    with tempfile.TemporaryDirectory(prefix="kiln-") as root:
        clone = Path(root) / "kiln"
        _clone(clone)
        _tools(Path(root) / "tools")
        settings: dict[str, object] = {
            "data_dir": Path(root) / "data",
            "models_dir": MODELS,
            "prometheus": "off",
            **free_ports(),
        }
        opened = House(clone, settings, f"http://127.0.0.1:{settings['gateway_port']}")
        try:
            if running:
                _deploy(opened, "up")
            yield opened
        finally:
            for socket in Path(root).rglob("run/supervisor.sock"):  # a page may have started two
                Stack(Settings(data_dir=socket.parent.parent)).down()


def have_food() -> bool:
    """Whether there are photos of food to put beside ``me.jpg``."""
    return have_groceries()


def _clone(target: Path) -> None:
    for path in tracked_files():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    for name in (".venv", "node_modules"):
        if (ROOT / name).exists():
            (target / name).symlink_to(ROOT / name)
    vendor = Path("gateway/web/vendor")  # fetched at setup, so git does not know it
    if (ROOT / vendor).exists() and not (target / vendor).exists():
        (target / vendor).symlink_to(ROOT / vendor)
    shutil.copy(ROOT / "tests" / "data" / "astronaut.jpg", target / "me.jpg")
    if have_food():
        for name, food in FOOD.items():
            (target / name).write_bytes(grocery_photo(*food))


def _tools(folder: Path) -> None:
    folder.mkdir()
    write_stand_in(folder)
    curl = folder / "curl"
    curl.write_text(_CURL.format(curl=shutil.which("curl")), "utf-8")
    curl.chmod(0o755)


def _deploy(opened: House, what: str) -> None:
    block = Block("sh", f".venv/bin/python -m deploy {what}\n", 0)
    result = opened.run(block)
    assert result.returncode == 0, result.stdout + result.stderr
