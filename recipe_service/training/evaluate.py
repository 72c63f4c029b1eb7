"""Measure the recogniser: ``python -m recipe_service.training.evaluate DIR [--negatives DIR]``.

DIR holds pictures and a split file, ``test.txt`` or else ``val.txt``: ``path, fine id, coarse id``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2

from common.errors import KilnError
from recipe_service.engines.recogniser import WEIGHTS, Recogniser
from recipe_service.training.bars import Extent, Row, measure_all, table
from recipe_service.training.dataset import DataError, Split, load_split

_SPLITS = ("test", "val")


def evaluate(
    data: Path,
    weights: Path = WEIGHTS,
    negatives: Path | None = None,
    split: str | None = None,
    extent: Extent = Extent(),  # noqa: B008  frozen
) -> list[Row]:
    """Measure every bar on a split.

    Parameters
    ----------
    data : Path
        Folder with pictures and split file.
    weights : Path
        The recogniser's weights file.
    negatives : Path, optional
        Folder of further photos without food.
    split : str, optional
        Name of the split; without it ``test`` if its file is there, else ``val``.
    extent : Extent
        How many collages and rendered scenes.

    Raises
    ------
    DataError
        The folder is not as its format says, or the weights know fewer classes.
    EngineUnavailable
        The weights file cannot be used.
    """
    cv2.setNumThreads(1)  # the figures are those of one core
    recogniser = Recogniser.load(weights)
    photos = load_split(data, split or _present_split(data))
    _check_classes(photos, recogniser, data)
    return measure_all(recogniser, photos, weights, negatives, extent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="recipe_service.training.evaluate", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with pictures and test.txt or val.txt")
    parser.add_argument("--negatives", type=Path, help="folder of photos without food")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--split", help="name of the split file, without .txt")
    arguments = parser.parse_args()
    try:
        rows = evaluate(arguments.data, arguments.weights, arguments.negatives, arguments.split)
    except DataError as error:
        parser.exit(2, f"{error}\n")
    except KilnError as error:
        parser.exit(2, f"{error.detail}. {error.advice}\n")
    print(table(rows))  # noqa: T201  the answer of the command


def _present_split(data: Path) -> str:
    for name in _SPLITS:
        if (data / f"{name}.txt").is_file():
            return name
    raise DataError(f"neither {' nor '.join(f'{n}.txt' for n in _SPLITS)} is in {data}")


def _check_classes(photos: Split, recogniser: Recogniser, data: Path) -> None:
    facts = recogniser.facts
    if not len(photos):
        raise DataError(f"the split in {data} is empty")
    fits = photos.fine.max() < len(facts.fine) and photos.coarse.max() < len(facts.coarse)
    if not fits or min(photos.fine.min(), photos.coarse.min()) < 0:
        raise DataError(
            f"{data} has class ids beyond the {len(facts.fine)} fine and "
            f"{len(facts.coarse)} coarse classes of the weights"
        )


if __name__ == "__main__":
    main()
