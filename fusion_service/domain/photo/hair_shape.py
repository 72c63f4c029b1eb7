"""Silhouette, hairline and length of the hair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np

from fusion_service.domain.attributes import (
    BARE_PROFILE,
    HAIR_MM,
    HAIRLINE_COLUMNS,
    PROFILE_DEGREES,
)
from fusion_service.domain.photo.hair_region import BUN_RADIUS
from fusion_service.domain.photo.head_crop import SIZE

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.attributes import HairTied
    from fusion_service.domain.photo.hair_region import HairRegion
    from fusion_service.domain.photo.head_crop import HeadCrop, Mask

MAX_RADIUS = 2.2  # of the face ellipse
MAX_ASYMMETRY = 0.4  # in the same unit
BUN_RISE = 0.22  # of the face's radii over the hair beside it
BUN_REACH = 4  # steps of ``PROFILE_DEGREES`` to where the hair beside a bun is
TEMPLES = (2, 3, 5, 6)  # of ``HAIRLINE_COLUMNS``
FULL_HAIRLINE = 1.5  # the landmarks' oval ends on the forehead, in the unit of ``hairline``
FRINGE_LEAN = 0.12  # one side of the hairline lower by this much: hair falls to that side
NO_HAIR_COLUMN = 1.25  # higher than any hairline, see ``Attributes.hairline``
BROWS = (105, 334)  # landmarks above the pupils


class HairShape(TypedDict):
    """The fields of ``Attributes`` that describe the shape of the hair."""

    hair_profile: tuple[float, ...]
    hairline: tuple[float, ...]
    hair_length_left: float
    hair_length_right: float
    side_mass: float
    hair_tied: HairTied
    receding: float
    fringe_side: Literal[-1, 0, 1]


def measure_hair(head: HeadCrop, hair: HairRegion) -> HairShape:
    """Describe the hair by what a sculptor needs.

    Parameters
    ----------
    head : HeadCrop
        The head.
    hair : HairRegion
        Its hair.
    """
    profile = _profile(head, hair.outer)
    bun = _has_bun(_outline(head, hair.outer, BUN_RADIUS))
    if bun:  # it is modelled on its own
        low, high = len(profile) // 2 - BUN_REACH, len(profile) // 2 + BUN_REACH
        profile[low:high] = np.minimum(profile[low:high], max(profile[low], profile[high]))
    hairline = [_hairline(head, hair.whole, column) for column in HAIRLINE_COLUMNS]
    columns = np.arange(SIZE)[None]
    gap = 0.3 * head.half_width
    return {
        "hair_profile": tuple(profile.tolist()),
        "hairline": tuple(hairline),
        "hair_length_left": _length(head, hair.outer & (columns < head.centre_x - gap)),
        "hair_length_right": _length(head, hair.outer & (columns > head.centre_x + gap)),
        "side_mass": _side_mass(head, hair.outer),
        "hair_tied": "bun" if bun else "none",
        "receding": 1.0 if hair.bald else _receding(hairline),
        "fringe_side": _fringe_side(hairline),
    }


def hair_thickness(profile: tuple[float, ...]) -> float:
    """Mean thickness in millimetres of the figurine, as ``haircut`` will make it."""
    return float(np.clip((np.array(profile) - BARE_PROFILE) * HAIR_MM, 1.5, 5.6).mean())


def _has_bun(profile: npt.NDArray[np.float64]) -> bool:
    """Whether hair rises from the crown in a narrow heap."""
    middle = len(profile) // 2
    for peak in range(middle - 3, middle + 4):
        beside = max(profile[peak - BUN_REACH], profile[peak + BUN_REACH])
        if profile[peak] - beside > BUN_RISE + _skull(peak) - _skull(peak + BUN_REACH):
            return True
    return False


def _skull(direction: int) -> float:
    return BARE_PROFILE[direction]


def _receding(hairline: list[float]) -> float:
    """How far the hair has left the temples, 0..0.9."""
    temples = float(np.mean([hairline[column] for column in TEMPLES]))
    return float(np.clip((temples - FULL_HAIRLINE) / 0.4, 0, 0.9))


def _fringe_side(hairline: list[float]) -> Literal[-1, 0, 1]:
    left, right = float(np.mean(hairline[1:4])), float(np.mean(hairline[5:8]))
    if min(left, right) > 1 or abs(left - right) < FRINGE_LEAN:
        return 0
    return -1 if left < right else 1


def _profile(head: HeadCrop, hair: Mask) -> npt.NDArray[np.float64]:
    """Outermost hair in each direction, in radii of the face ellipse; 1 is none."""
    profile = _outline(head, hair, MAX_RADIUS)
    # an arm or a dark thing behind one side of the head is not a bun
    return np.asarray(np.minimum(profile, profile[::-1] + MAX_ASYMMETRY))


def _outline(head: HeadCrop, hair: Mask, limit: float) -> npt.NDArray[np.float64]:
    radii = np.arange(0.9, limit + 0.01, 0.02)
    angles = np.radians(PROFILE_DEGREES)[:, None]
    middle = (head.top + head.chin) / 2
    x = head.centre_x + np.sin(angles) * head.half_width * radii
    y = middle - np.cos(angles) * head.height / 2 * radii
    columns = np.clip(np.round(x), 0, SIZE - 1).astype(int)
    rows = np.clip(np.round(y), 0, SIZE - 1).astype(int)
    return np.asarray(np.maximum(np.where(hair[rows, columns], radii, 1.0).max(1), 1.0))


def _hairline(head: HeadCrop, hair: Mask, column: float) -> float:
    """Lowest hair of a column that is joined to the top, above the brows."""
    x = int(np.clip(head.centre_x + column * head.half_width, 2, SIZE - 3))
    first = int(max(head.top - 0.5 * head.height, 0))
    # not below this: brows would be read as a fringe
    last = int(head.points[list(BROWS), 1].min() - 0.05 * head.height)
    covered = np.flatnonzero(hair[first:last, x - 2 : x + 3].mean(1) > 0.5)
    if not len(covered):
        return NO_HAIR_COLUMN
    breaks = np.flatnonzero(np.diff(covered) > 4)
    lowest = covered[breaks[0]] if len(breaks) else covered[-1]
    return float((head.eye_line - first - lowest) / (head.eye_line - head.top))


def _length(head: HeadCrop, hair: Mask) -> float:
    """Lowest hair of one side."""
    rows = np.flatnonzero(hair.sum(1) >= 3)
    return float((rows[-1] - head.chin) / head.height) if len(rows) else -1.0


def _side_mass(head: HeadCrop, hair: Mask) -> float:
    rows, columns = np.arange(SIZE)[:, None], np.arange(SIZE)[None]
    beside = np.abs(columns - head.centre_x) > 0.9 * head.half_width
    level = (rows > head.eye_line + 0.2 * head.height) & (rows < head.chin)
    return float(np.count_nonzero(hair & beside & level) / (0.5 * head.height * head.half_width))
