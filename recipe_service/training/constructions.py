"""Collages for calibration and evaluation: generator and seeds, the same for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from recipe_service.training.dataset import Picture, Split
from recipe_service.training.placing import Rectangle, cut_to, divide
from recipe_service.training.scenes import scene

SIDE: Final = 384  # px
MOSAIC_SEED: Final = 7
PASTED_SEED: Final = 8
SCENE_SEED: Final = 9_000  # of grounds and food-free scenes; training renders with other seeds
_TRIES: Final = 60  # to find a free spot


@dataclass(frozen=True)
class Labelled:
    """Pictures with the coarse classes on them, (N, classes) bool."""

    pictures: list[Picture]
    truth: npt.NDArray[np.bool_]


def singles(split: Split, classes: int) -> Labelled:
    """Take the photos as they are, one class each."""
    truth = np.zeros((len(split), classes), np.bool_)
    truth[np.arange(len(split)), split.coarse] = True
    return Labelled(split.pictures, truth)


def mosaics(split: Split, classes: int, count: int) -> Labelled:
    """Fill squares with parts of 2, 3, 4, 5, 2 ... photos of different classes."""
    rng = np.random.default_rng(MOSAIC_SEED)
    pictures, truth = [], np.zeros((count, classes), np.bool_)
    for number in range(count):
        picture = np.zeros((SIDE, SIDE, 3), np.uint8)
        photos = _different(split, 2 + number % 4, rng)
        cells = divide((0, 0, SIDE, SIDE), len(photos), rng)
        for photo, cell in zip(photos, cells, strict=True):
            _lay(picture, split.pictures[photo], cell, rng)
            truth[number, split.coarse[photo]] = True
        pictures.append(picture)
    return Labelled(pictures, truth)


def pasted(split: Split, classes: int, count: int) -> Labelled:
    """Lay parts of 2 to 5 photos on rendered scenes without food, side by side."""
    rng = np.random.default_rng(PASTED_SEED)
    grounds = food_free(max(1, count // 4), SCENE_SEED + 1)
    pictures, truth = [], np.zeros((count, classes), np.bool_)
    for number in range(count):
        ground = grounds[rng.integers(len(grounds))]
        picture = cut_to(ground, SIDE, SIDE, rng, 0.7)
        taken: list[Rectangle] = []
        for photo in _different(split, 2 + number % 4, rng):
            spot = _free_spot(taken, rng)
            if spot is not None:
                taken.append(spot)
                _lay(picture, split.pictures[photo], spot, rng)
                truth[number, split.coarse[photo]] = True
        pictures.append(picture)
    return Labelled(pictures, truth)


def food_free(count: int, seed: int = SCENE_SEED) -> list[Picture]:
    """Render scenes without food that training has not seen."""
    rng = np.random.default_rng(seed)
    return [scene(256, rng) for _ in range(count)]


def _different(split: Split, count: int, rng: np.random.Generator) -> list[int]:
    present = np.unique(split.coarse)
    chosen = rng.choice(present, min(count, len(present)), replace=False)
    return [int(rng.choice(np.flatnonzero(split.coarse == c))) for c in chosen]


def _lay(picture: Picture, photo: Picture, area: Rectangle, rng: np.random.Generator) -> None:
    left, top, width, height = area
    part = cut_to(photo, width, height, rng)
    picture[top : top + height, left : left + width] = part


def _free_spot(taken: list[Rectangle], rng: np.random.Generator) -> Rectangle | None:
    for _ in range(_TRIES):
        width = int(SIDE * rng.uniform(0.24, 0.45))
        height = int(width * rng.uniform(0.8, 1.25))
        if height >= SIDE:
            continue
        left, top = int(rng.integers(0, SIDE - width)), int(rng.integers(0, SIDE - height))
        if not any(_overlap((left, top, width, height), other) for other in taken):
            return left, top, width, height
    return None


def _overlap(a: Rectangle, b: Rectangle) -> bool:
    apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1]
    return not (apart or b[1] + b[3] <= a[1])
