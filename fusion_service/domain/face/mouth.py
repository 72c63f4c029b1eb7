"""Draw the mouth from the person's own lip contours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.face.canvas import ellipse, ribbon, spline, tapered
from fusion_service.domain.face.eyes import FACE_WIDTH

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.face.canvas import Canvas, Curve, Lab
    from fusion_service.domain.palette import Palette

MOUTH_V = 7.95  # mm below the eye line
CHILD_MOUTH_V = 7.0
SCALE = np.array([0.72, 0.86])  # toys have small mouths
# contours from corner to corner, left to right in the picture
UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
STEP = 0.6  # mm from the edge of the teeth to the step under them: a voxel of the head
OPEN_GAP = 1.25  # mm between the lips from which teeth are drawn
MOUTH_INSIDE, TEETH, TONGUE = (27.0, 34.0, 16.0), (97.5, 0.0, 2.5), (55.0, 40.0, 18.0)


@dataclass(frozen=True)
class Lips:
    """Four contours (61, 2) from left to right, mm."""

    upper_outer: Curve
    upper_inner: Curve
    lower_inner: Curve
    lower_outer: Curve

    @property
    def level(self) -> float:
        """Height of the mouth below the eye line."""
        return float(self.upper_inner[30, 1])

    @property
    def gap(self) -> float:
        """Largest distance between the lips."""
        return float((self.lower_inner - self.upper_inner)[:, 1].max())

    @property
    def half_width(self) -> float:
        """From the middle to a corner."""
        return float(abs(self.upper_outer[0, 0]))


def draw_lips(attributes: Attributes) -> Lips:
    """Turn the measured contours into the toy's: symmetric halves, smaller, with a kind bias."""
    features = np.array(attributes.frontal)[:, :2] * FACE_WIDTH
    centre = features[[61, 291, 13, 14]].mean(0)
    # the bias gives neutral faces a hint of a smile: on a toy a level mouth looks stern
    child = attributes.child
    place = np.array([0, MOUTH_V + (CHILD_MOUTH_V - MOUTH_V) * child])
    scale = SCALE * (1 - 0.08 * child)
    bend = 24 * float(np.clip(attributes.smile + 0.045, 0.012, 0.038))

    def contour(indices: tuple[int, ...]) -> Curve:
        own = features[list(indices)] - centre
        even = (0.55 * own + 0.45 * own[::-1] * [-1, 1]) * scale
        line = spline(even, 61) + place
        line[:, 1] -= 0.9 * bend * (np.abs(line[:, 0]) / 3.6) ** 2
        return np.asarray(line)

    upper_outer, upper_inner, lower_inner, lower_outer = (
        contour(ring) for ring in (UPPER_OUTER, UPPER_INNER, LOWER_INNER, LOWER_OUTER)
    )
    if (lower_inner - upper_inner)[:, 1].max() > OPEN_GAP:
        lower_inner = upper_inner + (lower_inner - upper_inner) * [1, 1.12]
    return Lips(upper_outer, upper_inner, lower_inner, lower_outer)


def paint_mouth(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    """Draw lips, and teeth where the mouth is open."""
    lips = draw_lips(attributes)
    # bare lips hardly differ from the skin; inside a beard they must stand out from it
    strength = min(0.36 + 0.54 * attributes.lipstick + 0.6 * attributes.beard, 0.9)
    lower = _mix(palette.skin, palette.lip, strength)
    upper = _mix(palette.skin, _darker(palette.lip, 0.87), strength)
    whole = _between(lips.upper_outer, lips.lower_outer)
    canvas.emboss(canvas.fill(whole, lower, blur=0.05), 0.22, soften=0.2)
    canvas.tint(_between(lips.upper_outer, lips.upper_inner), upper, 0.9, 0.04)
    shine = ellipse(0, float(lips.lower_outer[30, 1] + lips.lower_inner[30, 1]) / 2, 0.85, 0.16)
    canvas.tint(shine, (min(lower[0] + 16, 95), lower[1], lower[2]), 0.55, 0.12)
    if lips.gap > OPEN_GAP:
        _paint_open(canvas, lips, palette.lip)
    else:
        line = (lips.upper_inner + lips.lower_inner) / 2
        dark = (max(0.4 * palette.lip[0], 12.0), 0.7 * palette.lip[1], 0.6 * palette.lip[2])
        canvas.emboss(canvas.stroke(line, tapered(0.38, len(line)), dark), -0.35, soften=0.1)


def paint_smile_folds(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    """Draw short soft folds beside a smiling mouth."""
    strength = float(np.clip((attributes.smile - 0.015) / 0.035, 0, 1))
    if strength == 0 or not canvas.coloured:
        return
    lips = draw_lips(attributes)
    corner = float(lips.upper_outer[0, 1])
    skin = palette.skin
    t = np.linspace(0, 1, 20)
    u = 3.0 + (lips.half_width + 0.75 - 3.0) * t + 0.55 * np.sin(np.pi * t)
    v = 5.3 + (corner + 0.35 - 5.3) * t
    for side in (-1, 1):
        line = np.stack([side * u, v], axis=1)
        fold = (0.82 * skin[0], skin[1] + 6, skin[2] + 3)
        canvas.stroke(line, tapered(0.34, 20), fold, 0.5 * strength, 0.09)


def _paint_open(canvas: Canvas, lips: Lips, lip: Lab) -> None:
    inside = canvas.cover(_between(lips.upper_inner, lips.lower_inner))
    canvas.paint(inside, MOUTH_INSIDE)
    canvas.emboss(inside, -0.6, soften=0.12)
    if lips.gap > 1.6:
        bottom = float(lips.lower_inner[30, 1])
        tongue = ellipse(0, bottom + 0.1, 0.55 * lips.half_width, 0.42 * lips.gap)
        canvas.paint(canvas.cover(tongue, 0.06).within(inside), TONGUE, 0.9)
    depth = (lips.lower_inner - lips.upper_inner)[:, 1:]
    # nearly closed smiles are all teeth, wide open ones show a row of them
    row = max(0.62 * lips.gap, 0.9)
    canvas.paint(canvas.cover(_below(lips.upper_inner, np.minimum(depth, row))), TEETH)
    # teeth in a hollow would look grey, and so would a step that faces down in their white
    raised = canvas.cover(_below(lips.upper_inner, np.minimum(depth, row + STEP)))
    canvas.emboss(raised, 0.5, soften=0.1)
    dark = (max(0.5 * lip[0], 14.0), 0.8 * lip[1], 0.7 * lip[2])
    canvas.tint(ribbon(lips.upper_inner, tapered(0.3, 61)), dark)
    canvas.tint(ribbon(lips.lower_inner[6:-6], tapered(0.2, 49)), dark, 0.7)


def _below(upper: Curve, depth: Curve) -> Curve:
    return _between(upper, upper + np.concatenate([0 * depth, depth], axis=1))


def _between(upper: Curve, lower: Curve) -> Curve:
    return np.concatenate([upper, lower[::-1]])


def _mix(one: Lab, other: Lab, share: float) -> Lab:
    lightness, a, b = (x * (1 - share) + y * share for x, y in zip(one, other, strict=True))
    return (lightness, a, b)


def _darker(lab: Lab, factor: float) -> Lab:
    return (lab[0] * factor, lab[1], lab[2])
