"""Photos of groceries for tests: real ones from a data folder, never twice the same pixels."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

STORE = Path(__file__).resolve().parents[2] / "shared" / "data" / "grocery_store"
PRODUCE = ("Fruit", "Vegetables")  # a table, not a shelf of cartons

RGB = npt.NDArray[np.uint8]


def have_groceries() -> bool:
    """Whether the data set lies beside the project."""
    return (STORE / "val.txt").exists()


def grocery_photo(*names: str) -> bytes:
    """A photo of some groceries side by side, by the folders of the data set: ``Vegetables/Leek``.

    The test is skipped where the folder is missing.
    """
    if not have_groceries():
        pytest.skip("no val.txt: the folder shared/data/grocery_store is not beside the project")
    return _table([next(path for path in _listed() if name in path) for name in names], 512)


def four_kinds(rng: random.Random) -> list[str]:
    """Names of four photos of produce."""
    return rng.sample([path for path in _listed() if path.split("/")[1] in PRODUCE], 4)


def new_grocery_photo(names: Sequence[str], rng: random.Random, side: int = 1024) -> bytes:
    """A table with the four, in other pixels each time."""
    return _table(names, side // 2, rng)


@cache
def _listed() -> tuple[str, ...]:
    lines = (STORE / "val.txt").read_text("utf-8").splitlines()
    return tuple(line.split(",", maxsplit=1)[0] for line in lines)


def _table(paths: Sequence[str], side: int, rng: random.Random | None = None) -> bytes:
    """Photos in one row, or four of them in two rows, each ``side`` pixels wide and high."""
    tiles = [_tile(STORE / path, side, rng) for path in paths]
    rows = [tiles[:2], tiles[2:]] if len(tiles) == 4 else [tiles]
    table = np.concatenate([np.concatenate(row, 1) for row in rows], 0)
    _, data = cv2.imencode(".jpg", table, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return bytes(data)


def _tile(path: Path, side: int, rng: random.Random | None) -> RGB:
    picture = cv2.imread(str(path))
    assert picture is not None, path
    if rng is not None:  # a few pixels off the edges: no two photos are alike
        x, y = rng.randrange(24), rng.randrange(24)
        picture = picture[y : y + 324, x : x + 324]
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
