"""How much the face in a picture looks like the one in the photo, and what differs most.

A measure of landmarks and colours, no claim about what people see: it falls when a proportion or
a colour moves away from the photo's, and it is 100 when none does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from common.vision.look import Lab, Look

# term: its weight, and by how much its proportions differ from one person to the next (standard
# deviation over the few portraits at hand): off by one such spread costs a third of a term
SHAPES: dict[str, tuple[float, dict[str, float]]] = {
    "face": (1.0, {"face height": 0.037, "jaw width": 0.013, "chin": 0.017}),
    "eyes": (1.0, {"eye opening": 0.014, "eye width": 0.007, "eye distance": 0.007,
                   "eye slant": 0.006}),
    "brows": (0.7, {"brow height": 0.012, "brow slant": 0.009, "brow arch": 0.005}),
    "nose": (0.5, {"nose width": 0.025, "nose length": 0.012}),
    "mouth": (1.0, {"mouth width": 0.06, "mouth opening": 0.04, "mouth height": 0.016,
                    "smile": 0.02, "lip thickness": 0.005}),
}  # fmt: skip
# term: the colour it is about, its weight, and the difference in Lab that costs as much
COLOURS: dict[str, tuple[str, float, float]] = {
    "skin colour": ("skin", 1.0, 14.0),
    "hair colour": ("hair", 1.0, 18.0),
    "brow colour": ("brows", 0.4, 24.0),
    "lip colour": ("lips", 0.5, 18.0),
}
LIGHTNESS_WEIGHT = 0.7  # light and shade change lightness more than hue
COLOURLESS = 8.0  # chroma that no part of a pencil drawing reaches
GOOD = 0.6  # a worst term above it is nothing to talk about
NO_FACE = "No face was found in the picture, so its likeness was not rated."
GOOD_LIKENESS = "Nothing stands out: proportions and colours are close to the photo's."


@dataclass(frozen=True)
class Likeness:
    """How close two looks are.

    Attributes
    ----------
    score : float or None
        0..100; None when the picture shows no face.
    terms : dict
        Each term 0..1, 1 is the same as in the photo; only what both pictures show.
    worst : str or None
        The term that costs most.
    says : str
        The same in words, with what to do about it.
    """

    score: float | None
    terms: dict[str, float]
    worst: str | None
    says: str


def compare(photo: Look, picture: Look | None, advice: Mapping[str, str]) -> Likeness:
    """Rate how much a picture looks like the photo.

    The score is the weighted geometric mean of terms ``1 / (1 + z^2 / 2)``, where z is a difference
    in units of its usual spread (root mean square over the proportions of a term). It never stops
    falling, and one bad term alone does not bring it to nothing. What either look does not show
    is left out; a picture without colours is rated by its shapes alone.

    Parameters
    ----------
    photo, picture : Look
        ``picture`` is None where no face was found.
    advice : mapping
        What to say of each term when it is the worst.
    """
    if picture is None:
        return Likeness(None, {}, None, NO_FACE)
    rated = _rate_shapes(photo, picture) | _rate_colours(photo.colours, picture.colours)
    if not rated:
        return Likeness(None, {}, None, "The picture shows nothing that can be compared.")
    total = sum(weight for _, weight in rated.values())
    costs = {name: -weight * math.log(term) for name, (term, weight) in rated.items()}
    worst = max(costs, key=lambda name: costs[name])
    return Likeness(
        score=round(100 * math.exp(-sum(costs.values()) / total), 1),
        terms={name: round(term, 3) for name, (term, _) in rated.items()},
        worst=worst,
        says=advice[worst] if rated[worst][0] < GOOD else GOOD_LIKENESS,
    )


def _rate_shapes(photo: Look, picture: Look) -> dict[str, tuple[float, float]]:
    rated = {}
    for name, (weight, spreads) in SHAPES.items():
        squares = [
            ((picture.proportions[key] - photo.proportions[key]) / spread) ** 2
            for key, spread in spreads.items()
            if key in picture.proportions and key in photo.proportions
        ]
        if squares:
            rated[name] = (_term(sum(squares) / len(squares)), weight)
    return rated


def _rate_colours(
    photo: Mapping[str, Lab], picture: Mapping[str, Lab]
) -> dict[str, tuple[float, float]]:
    if all(math.hypot(a, b) < COLOURLESS for _, a, b in picture.values()):
        return {}
    return {
        name: (_term((_difference(photo[key], picture[key]) / spread) ** 2), weight)
        for name, (key, weight, spread) in COLOURS.items()
        if key in photo and key in picture
    }


def _term(squared: float) -> float:
    return 1 / (1 + squared / 2)


def _difference(one: Lab, other: Lab) -> float:
    return math.hypot(LIGHTNESS_WEIGHT * (one[0] - other[0]), one[1] - other[1], one[2] - other[2])
