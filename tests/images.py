"""The Dockerfile as data; ``python -m tests.images [TARGET ...]`` proves its lists of packages.

That takes minutes and the network: for each target a fresh environment gets what its list says
and what the Dockerfile copies, and imports what the image starts.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.stack import MODELS

ROOT: Final = Path(__file__).resolve().parents[1]
DOCKERFILE: Final = ROOT / "deploy" / "docker" / "Dockerfile"
TARGETS: Final = ("gateway", "sse", "flower", "stylize", "stylize-neural", "fusion", "recipe")
# What else is started from an image (compose.yaml, Kubernetes) than its CMD.
ALSO: Final = {
    "gateway": ("gateway.wsgi", "gateway.worker", "gateway.reconciler", "gateway.courier",
                "gateway.cli"),
    "sse": ("gunicorn.workers.ggevent",),
    "flower": ("flower.command",),
    "stylize": ("stylize_service.wsgi",),
    "fusion": ("fusion_service.wsgi", "vtkmodules.vtkRenderingOpenGL2", "pxr.Usd"),
    "recipe": ("recipe_service.wsgi",),
}  # fmt: skip


@dataclass
class Stage:
    """One FROM and what follows it: instructions in order, as (word, rest)."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """What follows each instruction of a kind."""
        return [rest for name, rest in self.instructions if name == word]

    def command(self, word: str = "CMD") -> list[str]:
        """The words of an instruction in exec form; of a HEALTHCHECK, those behind its CMD."""
        text = self.all(word)[-1]
        return [str(one) for one in json.loads(text[text.index("[") :])]


def stages(text: str | None = None) -> dict[str, Stage]:
    """Read a Dockerfile."""
    found: dict[str, Stage] = {}
    stage: Stage | None = None
    text = text or DOCKERFILE.read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = Stage(name, base)
            found[name] = stage
        elif word and stage:
            stage.instructions.append((word, rest.strip()))
    return found


def lineage(name: str) -> list[Stage]:
    """A stage and what it is built on, the nearest first."""
    known, found = stages(), []
    while name in known:
        found.append(known[name])
        name = known[name].base
    return found


def copied(target: str) -> list[str]:
    """What a target takes from this repository."""
    words = [shlex.split(rest) for one in lineage(f"{target}-built") for rest in one.all("COPY")]
    return [source for line in words for source in line[:-1]]


def requirements(target: str) -> list[Path]:
    """Lists of packages of a target, the last first."""
    return [ROOT / one for one in copied(target) if one.endswith(".txt")]


def modules(target: str) -> list[str]:
    """What an image starts, as modules to import."""
    words = stages()[target].command()
    named = [
        word.partition(":")[0] for word in words if re.fullmatch(r"\w+\.(worker|wsgi)(:\w+)?", word)
    ]
    return [*named, *ALSO.get(target, ())]


def main() -> int:
    """Prove each target; 0 when all of them import what they start."""
    wanted = sys.argv[1:] or [one for one in TARGETS if one != "stylize-neural"]
    failed = [target for target in wanted if not _proved(target)]
    print(f"failed: {failed}" if failed else "all images import what they start")  # noqa: T201
    return bool(failed)


def _proved(target: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="kiln-image-") as folder:
        app, venv = Path(folder) / "app", Path(folder) / "venv"
        app.mkdir()
        for name in copied(target):
            source = ROOT / name
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "training")
                shutil.copytree(source, app / name, ignore=ignore)
            elif source.suffix != ".txt":
                shutil.copy2(source, app / name)
        python = str(venv / "bin" / "python")
        pip = (python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
        lists = [word for one in reversed(requirements(target)) for word in ("-r", str(one))]
        probe = "import importlib, sys; [importlib.import_module(m) for m in sys.argv[1:]]"
        steps = (
            (sys.executable, "-m", "venv", str(venv)),
            (*pip, "--require-hashes", *lists),
            (*pip, "--no-deps", "--no-build-isolation", "-e", "."),
            (python, "-c", probe, *modules(target)),
            (str(venv / "bin" / stages()[target].command()[0]), "--help"),
        )
        told = {**os.environ, "KILN_MODELS_DIR": str(MODELS), "KILN_DATA_DIR": folder}
        for step in steps:
            ended = subprocess.run(
                step, cwd=app, env=told, capture_output=True, text=True, check=False
            )
            if ended.returncode:
                print(f"{target}: {shlex.join(step)}\n{ended.stdout[-500:]}{ended.stderr[-2000:]}")  # noqa: T201
                return False
        size = sum(file.lstat().st_size for file in Path(folder).rglob("*") if file.is_file())
        print(f"{target}: {size / 1e6:.0f} MB, imports {', '.join(modules(target))}")  # noqa: T201
    return True


if __name__ == "__main__":
    sys.exit(main())
