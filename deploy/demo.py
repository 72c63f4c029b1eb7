"""``make demo``: a photo becomes a figurine, a list or photo of food becomes recipes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from common.contracts import stages
from common.settings import Settings
from deploy.stack import Stack, StackError

INGREDIENTS: Final = "3 leeks, 500 g potatoes, 6 eggs, 200 g feta, spinach, 1 lemon"
COUNT: Final = 3
FIGURINE_FILES: Final = tuple(
    output.name
    for stage in stages.STAGES
    if stage.service != "recipe"
    for output in stage.writes
    if not output.internal
)
RECIPE_FILES: Final = tuple(
    output.name
    for output in (
        stages.INGREDIENTS,
        stages.RECIPES,
        stages.RECIPES_TEXT,
        *stages.RECIPE_PAGES[:COUNT],
        *stages.RECIPE_COOKS[:COUNT],
        stages.MANIFEST,
    )
)

_AFTERWARDS: Final = """
Look at {folder}/preview.png, then at {folder}/recipes/recipe-1.html in a browser.
`make demo PHOTO=me.jpg` takes a photo of yours; `make up` starts Kiln to stay, with a page at
{url}/"""


def demo(photo: Path, food: Path | None, ingredients: str, settings: Settings) -> int:
    """Start the stack if need be, make both products, stop it again if it was started here.

    Parameters
    ----------
    photo
        A portrait.
    food
        A photo of food, if there is one.
    ingredients
        What is at hand; a list of ours where there is neither this nor ``food``.
    settings
        Of the stack; the files go to its ``out_dir``, the recipes into ``recipes`` in there.

    Returns 0 only when every file of both products is there.
    """
    stack = Stack(settings)
    try:
        if not stack.is_up():
            _say("Starting Kiln, which takes some ten seconds ...")
        started = stack.up()
        try:
            _say(f"A figurine of {photo}, then {COUNT} recipes.")
            status = make_figurine(photo, settings.out_dir)
            status = make_recipes(food, ingredients, settings.out_dir / "recipes") or status
        finally:
            if started:
                stack.down()
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        if stack.is_up():
            sys.stderr.write(
                "Some of it runs: `make demo` once more waits on, `make down` stops.\n"
            )
        return 1
    if status == 0:
        _say(_AFTERWARDS.format(folder=_near(settings.out_dir), url=settings.gateway_url))
    return status


def make_figurine(photo: Path, folder: Path) -> int:
    """Call ``kiln figurine`` as a person would; check what came."""
    return _make(["figurine", str(photo)], folder, FIGURINE_FILES)


def make_recipes(food: Path | None, ingredients: str, folder: Path) -> int:
    """Call ``kiln recipe`` as a person would; check what came."""
    asked = [str(food)] if food else []
    if listed := ingredients or ("" if food else INGREDIENTS):
        asked.append(f"--ingredients={listed}")
    return _make(["recipe", *asked, f"--count={COUNT}"], folder, RECIPE_FILES)


def _make(command: Sequence[str], folder: Path, files: Iterable[str]) -> int:
    for name in files:
        (folder / name).unlink(missing_ok=True)
    kiln = str(Path(sys.executable).parent / "kiln")
    result = subprocess.run([kiln, *command, "--out", str(_near(folder))], check=False)  # noqa: S603  ours
    if result.returncode:
        return result.returncode
    missing = [name for name in files if not _is_filled(folder / name)]
    if missing:
        sys.stderr.write(f"not in {folder}: {', '.join(missing)}\n")
        return 1
    return 0


def _near(folder: Path) -> Path:
    """Name a folder as briefly as a person at this terminal would."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # before what `kiln` prints


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def main() -> int:
    """Read the command line of ``make demo``; an empty value is none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photo", type=Path)
    parser.add_argument("--food", default="")
    parser.add_argument("--ingredients", default="")
    said = parser.parse_args()
    food = Path(said.food) if said.food else None
    return demo(said.photo, food, said.ingredients.strip(), Settings())


if __name__ == "__main__":
    sys.exit(main())
