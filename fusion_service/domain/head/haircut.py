"""What kind of hair a person wears, in lengths of the figurine: read off the measured attributes.

``hair`` models what is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_service.domain.attributes import (
    BARE_PROFILE,
    HAIR_MM,
    HAIRLINE_COLUMNS,
    LONG_HAIR,
)
from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes, HairTied
    from fusion_service.domain.sculpture import Float

Kind = Literal["bald", "short", "long", "curly"]

COVERED_FROM = 0.5  # hair beside the cheeks that hides the ears
HALF_FACE_MM = 13.2  # of the figurine, to where the hairline is measured in half face widths
FACE_MM = 13.0  # figurine millimetres per face height of hair length
FRINGE_BELOW = 0.8  # a hairline this low is hair hanging over the forehead
TIED_MM = 2.6  # hair lies flat where it is combed to a knot
CROPPED_BELOW = 2.0  # millimetres of hair on the crown
CHIN_Z = HEAD_CENTRE_Z - 13.0


@dataclass(frozen=True)
class Haircut:
    """Hair in figurine terms; left and right are the picture's (left is +x).

    Attributes
    ----------
    kind : str
        ``bald``, ``short``, ``long`` or ``curly`` (which may be long as well).
    thickness : (23,) float32
        Millimetres over the scalp at ``PROFILE_DEGREES`` from straight up.
    hairline : (9,) float32
        z of the hairline at x = ``HAIRLINE_X``.
    tips : tuple of float or None
        z where the hair ends on the left and on the right; None where it is short.
    covers_ears : bool
        Hair hangs over the ears.
    parting : float
        x of the parting, 0 for a middle one.
    fringe : bool
        Hair hangs over the forehead.
    covered : bool
        All of it, and the ears, is under a headscarf.
    wavy : bool
        Locks meander.
    tied : str
        ``none``, ``bun`` or ``ponytail``; tied hair is combed back and off the ears.
    tail_long : bool
        A ponytail reaches the shoulders.
    curly_knot : bool
        What is tied is curly; up to the knot even curls are combed flat.
    receding : float
        How far the hair has left the temples, 0..1.
    """

    kind: Kind
    thickness: Float
    hairline: Float
    tips: tuple[float | None, float | None]
    covers_ears: bool
    parting: float
    fringe: bool
    covered: bool = False
    wavy: bool = False
    tied: HairTied = "none"
    tail_long: bool = True
    curly_knot: bool = False
    receding: float = 0.0

    @property
    def crown(self) -> float:
        """Thickness on top of the head, millimetres."""
        return float(self.thickness[8:15].mean())

    @property
    def fullness(self) -> float:
        """How full short hair is beside the ears: 0 clipped, 1 grown over them."""
        beside = float(self.thickness[[4, 5, 6, -7, -6, -5]].mean())
        return float(np.clip((beside - 1.9) / 1.3, 0, 1))

    @property
    def cropped(self) -> bool:
        """Whether hair is too short to be combed."""
        return self.kind == "short" and self.crown < CROPPED_BELOW

    @property
    def locked(self) -> bool:
        """Whether locks lie over the forehead and draw the hairline."""
        combed = self.kind != "curly" and not self.cropped
        return combed and (self.tied == "none" or self.fringe)

    def line_at(self, x: float) -> float:
        """Return the height of the hairline at ``x``."""
        return float(np.interp(x, HAIRLINE_X[::-1], self.hairline[::-1]))

    @property
    def long(self) -> bool:
        """Whether hair falls below the chin on any side."""
        return any(tip is not None for tip in self.tips)


HAIRLINE_X = tuple(-column * HALF_FACE_MM for column in HAIRLINE_COLUMNS)


def choose_haircut(attributes: Attributes) -> Haircut:
    """Return the haircut that suits what was measured."""
    lengths = (attributes.hair_length_left, attributes.hair_length_right)
    tied: HairTied = "none" if attributes.hair_type == "bald" else attributes.hair_tied
    tail_long = max(lengths) > LONG_HAIR
    long = tail_long and tied == "none"
    # beside one long side the other is at least a bob
    tips = tuple(_tip(max(length, LONG_HAIR + 0.01)) if long else None for length in lengths)
    measured = np.clip(np.asarray(attributes.hairline, np.float64), 0.5, 1.7)
    return Haircut(
        kind=_kind(attributes, long=long, tied=tied != "none"),
        thickness=_thickness(attributes, tied=tied != "none"),
        hairline=_hairline(measured, attributes.receding),
        tips=(tips[0], tips[1]),
        covers_ears=attributes.headwear == "headscarf"
        or (
            attributes.hair_type != "bald"
            and tied == "none"
            and (long or attributes.side_mass > COVERED_FROM)
        ),
        covered=attributes.headwear == "headscarf",
        wavy=attributes.hair_type == "wavy",
        tied=tied,
        tail_long=tail_long,
        curly_knot=attributes.hair_type == "curly",
        receding=attributes.receding,
        parting=_parting(attributes, measured, long=long),
        fringe=float(np.mean(measured[2:7])) < FRINGE_BELOW,
    )


def _kind(attributes: Attributes, *, long: bool, tied: bool) -> Kind:
    if attributes.hair_type == "bald":
        return "bald"
    if attributes.hair_type == "curly" and not tied:
        return "curly"
    return "long" if long else "short"


def _tip(length: float) -> float | None:
    return CHIN_Z - float(np.clip(length, -0.3, 1.15)) * FACE_MM if length > LONG_HAIR else None


def _thickness(attributes: Attributes, *, tied: bool) -> Float:
    """Return hair over a bare head, evened out between the sides of the face."""
    profile = np.asarray(attributes.hair_profile, np.float64)
    even = 0.6 * profile + 0.4 * profile[::-1]
    thickness = np.clip(
        _smoothed((even - BARE_PROFILE) * HAIR_MM, 1), 1.5, TIED_MM if tied else 5.6
    )
    return _smoothed(thickness, 2).astype(np.float32)


def _hairline(measured: np.ndarray, receding: float) -> Float:
    heights = EYE_LINE_Z + 4.3 + (_smoothed(measured, 1) - 0.5) / 0.65 * 5.6
    away = np.abs(HAIRLINE_X)
    # hair leaves the temples first: a tongue of it stays in the middle for long
    heights = heights + receding * (1.2 + 2.4 * np.clip(away / 7.0, 0, 1) ** 2)
    top = HEAD_CENTRE_Z + 11.2 + 2.4 * receding
    rounded = top + 0.3 - np.clip(away - 7.0, 0, 9) ** 2 * 0.16 * (1 - 0.5 * receding)
    return np.minimum(np.minimum(heights, top), rounded).astype(np.float32)


def _parting(attributes: Attributes, hairline: np.ndarray, *, long: bool) -> float:
    """Return x of the parting: opposite the fringe, or where the forehead shows higher up."""
    if attributes.fringe_side != 0:
        return 5.0 * attributes.fringe_side
    profile = np.asarray(attributes.hair_profile)
    left, right = np.clip(hairline[:4], 0, 1.3).mean(), np.clip(hairline[5:], 0, 1.3).mean()
    lean = float(left - right)
    if abs(lean) < 0.02:
        # an even hairline: hair is combed away from the flatter side of the head
        lean = float(profile[12:].mean() - profile[:11].mean()) or 1.0
    if long and abs(left - right) < 0.06:
        return 0.0
    return 5.0 if lean > 0 else -5.0


def _smoothed(values: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        padded = np.pad(values, 1, "edge")
        values = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    return values
