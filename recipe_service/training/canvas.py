"""Canvases of phase 2: whole photos, collages, photos on a ground, and nothing at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recipe_service.engines.recogniser_graph import STRIDE
from recipe_service.training.augment import random_view
from recipe_service.training.dataset import Picture, Split
from recipe_service.training.negatives import Negatives
from recipe_service.training.placing import Rectangle, cut_to, divide

NOTHING = -1  # owner of a place without food
MIXED = -2  # a place shared by several: no lesson in it
_PURITY = 0.7  # share of a place that one owner must hold
_VISIBLE = 0.02  # of the canvas; an item overpainted to less loses its label


@dataclass(frozen=True)
class Mix:
    """Shares of the kinds of canvases; the rest are photos pasted on a ground without food."""

    whole: float = 0.3
    nothing: float = 0.12
    mosaic: float = 0.4
    empty_cells: float = 0.15  # of a mosaic


@dataclass(frozen=True)
class Canvas:
    """One picture to learn from.

    Attributes
    ----------
    picture : (S, S, 3) uint8
    fine_places : (S / 32, S / 32) int
        Fine class at every place of the map, `NOTHING` or `MIXED`.
    shown : frozenset of int
        Fine classes on it.
    whole : int
        The fine class when one photo fills it, else -1.
    """

    picture: Picture
    fine_places: npt.NDArray[np.int64]
    shown: frozenset[int]
    whole: int


class CanvasPainter:
    """Draws canvases from a split and a store of negatives.

    Parameters
    ----------
    split : Split
    negatives : Negatives
    rng : Generator
    mix : Mix
    """

    def __init__(
        self, split: Split, negatives: Negatives, rng: np.random.Generator, mix: Mix
    ) -> None:
        self._split, self._negatives, self._rng, self._mix = split, negatives, rng, mix
        coarse = [np.flatnonzero(split.coarse == c) for c in np.unique(split.coarse)]
        self._by_class = coarse

    def paint(self, side: int) -> Canvas:
        """One canvas of side x side px, of a random kind."""
        rng, mix = self._rng, self._mix
        picture = np.zeros((side, side, 3), np.uint8)
        owner = np.full((side, side), MIXED, np.int64)
        everything = (0, 0, side, side)
        chance = rng.random()
        whole = -1
        if chance < mix.whole:
            whole = self._put(picture, owner, everything)
        elif chance < mix.whole + mix.nothing:
            self._put_nothing(picture, owner, everything)
        elif chance < mix.whole + mix.nothing + mix.mosaic:
            for cell in divide(everything, int(rng.integers(2, 8)), rng):
                empty = rng.random() < mix.empty_cells
                (self._put_nothing if empty else self._put)(picture, owner, cell)
        else:
            self._put_nothing(picture, owner, everything)
            for _ in range(rng.integers(1, 6)):
                self._put(picture, owner, self._patch(side))
        shown, counts = np.unique(owner, return_counts=True)
        visible = shown[(counts >= _VISIBLE * owner.size) & (shown >= 0)]
        return Canvas(picture, _places(owner), frozenset(visible.tolist()), whole)

    def _put(self, picture: Picture, owner: npt.NDArray[np.int64], area: Rectangle) -> int:
        rng = self._rng
        number = self._any_photo()
        photo = self._split.pictures[number]
        left, top, width, height = area
        if width == height == len(picture):
            part = random_view(photo, width, rng, 0.3)
        elif rng.random() < 0.3:
            long = max(width, height)
            view = random_view(photo, long, rng, 0.4)
            x, y = (long - width) // 2, (long - height) // 2
            part = view[y : y + height, x : x + width]
        else:
            part = cut_to(photo, width, height, rng, 0.35)
        label = int(self._split.fine[number])
        picture[top : top + height, left : left + width] = part
        owner[top : top + height, left : left + width] = label
        return label

    def _put_nothing(self, picture: Picture, owner: npt.NDArray[np.int64], area: Rectangle) -> int:
        left, top, width, height = area
        part = self._negatives.draw(width, height, self._rng)
        picture[top : top + height, left : left + width] = part
        owner[top : top + height, left : left + width] = NOTHING
        return NOTHING

    def _any_photo(self) -> int:
        # Mostly by class, so that the rare ones are seen, but not so often that they are learnt
        # by heart.
        rng = self._rng
        if rng.random() < 0.6:
            members = self._by_class[rng.integers(len(self._by_class))]
            return int(members[rng.integers(len(members))])
        return int(rng.integers(len(self._split)))

    def _patch(self, side: int) -> Rectangle:
        rng = self._rng
        width = int(side * rng.uniform(0.22, 0.6))
        height = min(side, int(width * rng.uniform(0.7, 1.4)))
        left = int(rng.integers(0, side - width + 1))
        return left, int(rng.integers(0, side - height + 1)), width, height


def _places(owner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    count = len(owner) // STRIDE
    blocks = owner.reshape(count, STRIDE, count, STRIDE).transpose(0, 2, 1, 3)
    cells = blocks.reshape(count, count, STRIDE * STRIDE)
    middle = owner[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    pure = (cells == middle[:, :, None]).mean(2)
    return np.where(pure > _PURITY, middle, MIXED)
