"""Silhouette, hairline, length and curl of the hair."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import cv2
import numpy as np

from fusion_service.domain.attributes import (
    BARE_PROFILE,
    HAIR_MM,
    HAIRLINE_COLUMNS,
    PROFILE_DEGREES,
)
from fusion_service.domain.photo.head_crop import SIZE

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.attributes import HairType
    from fusion_service.domain.photo.hair_region import HairRegion
    from fusion_service.domain.photo.head_crop import HeadCrop, Mask

MAX_RADIUS = 2.2  # of the face ellipse
MAX_ASYMMETRY = 0.4  # in the same unit
MAX_FLARE = 1.3  # hair falling on the shoulders is hardly wider than beside the chin
MAX_NOISE = 3.5  # grey levels; more grain than this looks like curls
CURLY_COHERENCE = 0.5  # straight hair has more
CURLY_MM = 2.2  # hair that stands off the head less is not modelled as curls
NO_HAIR_COLUMN = 1.25  # higher than any hairline, see ``Attributes.hairline``
BROWS = (105, 334)  # landmarks above the pupils


class HairShape(TypedDict):
    """The fields of ``Attributes`` that describe the shape of the hair."""

    hair_profile: tuple[float, ...]
    hairline: tuple[float, ...]
    hair_length_left: float
    hair_length_right: float
    side_mass: float
    coherence: float
    hair_type: HairType


def measure_hair(head: HeadCrop, hair: HairRegion, noise: float) -> HairShape:
    """Describe the hair by what a sculptor needs.

    Parameters
    ----------
    head : HeadCrop
        The head.
    hair : HairRegion
        Its hair.
    noise : float
        From ``estimate_noise``: grain looks like curls.
    """
    profile = _profile(head, hair.outer)
    coherence = _coherence(head, hair.outer)
    columns = np.arange(SIZE)[None]
    gap = 0.3 * head.half_width
    return {
        "hair_profile": tuple(profile.tolist()),
        "hairline": tuple(_hairline(head, hair.whole, c) for c in HAIRLINE_COLUMNS),
        "hair_length_left": _length(head, hair.outer & (columns < head.centre_x - gap)),
        "hair_length_right": _length(head, hair.outer & (columns > head.centre_x + gap)),
        "side_mass": _side_mass(head, hair.outer),
        "coherence": coherence,
        "hair_type": "bald" if hair.bald else _type(profile, coherence, noise),
    }


def _type(profile: npt.NDArray[np.float64], coherence: float, noise: float) -> HairType:
    curls = noise < MAX_NOISE and coherence < CURLY_COHERENCE and _thickness(profile) > CURLY_MM
    return "curly" if curls else "straight"


def _profile(head: HeadCrop, hair: Mask) -> npt.NDArray[np.float64]:
    """Outermost hair in each direction, in radii of the face ellipse; 1 is none."""
    radii = np.linspace(0.9, MAX_RADIUS, 66)
    angles = np.radians(PROFILE_DEGREES)[:, None]
    middle = (head.top + head.chin) / 2
    x = head.centre_x + np.sin(angles) * head.half_width * radii
    y = middle - np.cos(angles) * head.height / 2 * radii
    columns = np.clip(np.round(x), 0, SIZE - 1).astype(int)
    rows = np.clip(np.round(y), 0, SIZE - 1).astype(int)
    profile = np.maximum(np.where(hair[rows, columns], radii, 1.0).max(1), 1.0)
    # an arm or a dark thing behind one side of the head is not a bun
    return np.asarray(np.minimum(profile, profile[::-1] + MAX_ASYMMETRY))


def _thickness(profile: npt.NDArray[np.float64]) -> float:
    """Mean thickness in millimetres of the figurine, as ``haircut`` will make it."""
    return float(np.clip((profile - BARE_PROFILE) * HAIR_MM, 1.7, 5.6).mean())


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
    """Lowest hair of one side; ends where it gets as wide as shoulders."""
    aside = np.abs(np.arange(SIZE) - head.centre_x)
    reach = (hair * aside[None]).max(1)
    chin = int(head.chin)
    beside = reach[chin - max(1, int(0.15 * head.height)) : chin].max()
    shoulders = np.flatnonzero(reach[chin:] > MAX_FLARE * max(beside, head.half_width))
    if len(shoulders):
        hair = hair[: chin + int(shoulders[0])]
    rows = np.flatnonzero(hair.sum(1) >= 3)
    return float((rows[-1] - head.chin) / head.height) if len(rows) else -1.0


def _side_mass(head: HeadCrop, hair: Mask) -> float:
    rows, columns = np.arange(SIZE)[:, None], np.arange(SIZE)[None]
    beside = np.abs(columns - head.centre_x) > 0.9 * head.half_width
    level = (rows > head.eye_line + 0.2 * head.height) & (rows < head.chin)
    return float(np.count_nonzero(hair & beside & level) / (0.5 * head.height * head.half_width))


def _coherence(head: HeadCrop, hair: Mask) -> float:
    """Mean coherence of the structure tensor inside the hair; 1 without hair."""
    inner = cv2.erode(hair.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if np.count_nonzero(inner) <= 50:
        return 1.0
    grey = cv2.cvtColor(head.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    xx, xy, yy = (cv2.GaussianBlur(v, (0, 0), 4) for v in (gx * gx, gx * gy, gy * gy))
    coherence = np.sqrt(np.square(xx - yy) + 4 * np.square(xy)) / (xx + yy + 1e-3)
    return float(coherence[inner].mean())
