"""Limbs that templates share: start from these, and bend an arm by moving three points.

A figurine stands on z = 4. Its hips are at z = 23, shoulders at 38, the chin at 46, eyes at 57,
the top of a bald head at 76; its own right hand is at +x, its front at +y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_service.domain.shape.assembly import Blend, Grown, Keep
from fusion_service.domain.shape.shapes import Beyond, Capsule, Ellipsoid, Slab

if TYPE_CHECKING:
    from fusion_service.domain.shape.sdf import Point
    from fusion_service.domain.shape.shapes import Shape

SHOE = Blend(
    Ellipsoid((4.9, 2.4, 5.6), (3.8, 6.0, 3.7)),
    Ellipsoid((4.8, -0.9, 7.4), (3.5, 3.7, 3.9)),
    k=2,
)
LEG = Capsule((4.3, -0.3, 22.5), (4.8, -0.3, 9.8), 4.2, 3.8)
HIPS = Ellipsoid((0, -0.3, 23.4), (7.9, 5.6, 4.2))
TORSO = Blend(
    Capsule((0, -0.3, 20.0), (0, -0.3, 37.2), 9.5, 6.6, depth=0.8),
    Capsule((-5.6, -0.6, 38.3), (5.6, -0.6, 38.3), 3.6),
    Capsule((0, -1.0, 36.0), (0, -1.0, 39.6), 5.4, 4.9),
    k=3,
)
# The lower edge of a hat: over the brows in front, lower in the neck. It tilts by 1 in 8.
BRIM_TILT = (0.0, -0.124, 0.992)


@dataclass(frozen=True)
class Limb:
    """An arm: shoulder, elbow and wrist, and how thick it is at each."""

    shoulder: Point
    elbow: Point
    wrist: Point
    radii: tuple[float, float, float]

    def sleeve(self, share: float = 0.9) -> Shape:
        """Return the arm down to a share (0..1) of the forearm; long sleeves end at 0.9."""
        upper = Capsule(self.shoulder, self.elbow, self.radii[0], self.radii[1])
        forearm = Keep(self._forearm, before(self.elbow, self.wrist, share), k=0.6)
        return Blend(upper, forearm, k=1.2)

    def short_sleeve(self, share: float = 0.75) -> Shape:
        """Return the arm down to a share (0..1) of the upper arm."""
        upper = Capsule(self.shoulder, self.elbow, self.radii[0], self.radii[1])
        return Keep(upper, before(self.shoulder, self.elbow, share), k=0.8)

    def band(self, start: float, end: float, by: float = 0.5) -> Shape:
        """Return a cuff around the forearm between two shares (0..1) of it."""
        return _band(self._forearm, (self.elbow, self.wrist), (start, end), by)

    def upper_band(self, start: float, end: float, by: float = 0.5) -> Shape:
        """Return a band around the upper arm between two shares (0..1) of it."""
        upper = Capsule(self.shoulder, self.elbow, self.radii[0], self.radii[1])
        return _band(upper, (self.shoulder, self.elbow), (start, end), by)

    def mirrored(self) -> Limb:
        """Return the same arm on the other side."""
        shoulder, elbow, wrist = map(_mirrored, (self.shoulder, self.elbow, self.wrist))
        return Limb(shoulder, elbow, wrist, self.radii)

    @property
    def _forearm(self) -> Capsule:
        return Capsule(self.elbow, self.wrist, self.radii[1], self.radii[2])


def across(start: Point, end: Point, share: float) -> Beyond:
    """Return everything past a share (0..1) of the way: where a cuff begins."""
    step = tuple(e - s for s, e in zip(start, end, strict=True))
    length = math.hypot(*step)
    x, y, z = (s + share * d for s, d in zip(start, step, strict=True))
    dx, dy, dz = (d / length for d in step)
    return Beyond((x, y, z), (dx, dy, dz))


def before(start: Point, end: Point, share: float) -> Beyond:
    """Return everything up to a share (0..1) of the way: where a sleeve ends."""
    return across(end, start, 1 - share)


def above(height: float) -> Beyond:
    """Return everything over a hat's tilted lower edge, ``height`` in the middle of the head."""
    return Beyond((0.0, -1.2, height), BRIM_TILT)


def hair_under(height: float) -> Shape:
    """Return where hair may be under a hat: below its edge, and pressed down beside it."""
    x, y, z = BRIM_TILT
    below = Beyond((0.0, -1.2, height), (-x, -y, -z))
    dome = Capsule((0, -1.6, height - 17.0), (0, -1.6, 0), 24.8, depth=0.93)
    return Keep(below, dome)


def soled(shoe: Shape, by: float, top: float) -> Shape:
    """Return the sole under a shoe."""
    return Keep(Grown(shoe, by), Slab(3.0, top), k=0.5)


def _band(limb: Shape, ends: tuple[Point, Point], shares: tuple[float, float], by: float) -> Shape:
    thick = Grown(limb, by)
    return Keep(Keep(thick, across(*ends, shares[0]), k=0.6), before(*ends, shares[1]), k=0.6)


def _mirrored(point: Point) -> Point:
    x, y, z = point
    return -x, y, z
