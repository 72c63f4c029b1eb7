"""Draw a beard: a shadow, a moustache, a goatee or a full one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.attributes import BEARD_FROM
from fusion_service.domain.face.canvas import Patch
from fusion_service.domain.face.mouth import draw_lips
from fusion_service.domain.palette import shift

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.face.canvas import Canvas, Curve
    from fusion_service.domain.face.mouth import Lips
    from fusion_service.domain.palette import Palette

HAIRS_PER_PX = 700 / 260_000  # strokes over the box of the beard
HEIGHT = 0.75  # mm of relief


def paint_beard(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    """Lay a beard over the skin in the colour of the brows, with a soft edge and hairs.

    Stubble, and a shadow too weak to be a beard, is colour alone; the others stand out.
    """
    strength, kind = attributes.beard, attributes.beard_kind
    if strength <= 0:
        return
    # grey and white beards do not darken with the brows
    fair = palette.hair[0] > palette.skin[0] + 5
    beard = shift(palette.hair, -8) if fair else palette.brow
    lips = draw_lips(attributes)
    shaven = kind in {"none", "stubble"} or strength < BEARD_FROM
    if kind == "moustache":
        outline, blur = _moustache(lips), 0.16
    elif kind == "goatee":
        outline, blur = _goatee(lips), 0.3
    else:
        outline, blur = _full(lips), 0.8 if shaven else 0.45
    area = canvas.cover(outline, blur)
    share = 0.14 + 0.6 * min(strength, 0.5) if shaven else 0.40 + 0.5 * strength
    colour = tuple(s * (1 - share) + b * share for s, b in zip(palette.skin, beard, strict=True))
    canvas.paint(area, (colour[0], colour[1], colour[2]))
    if not shaven:
        canvas.emboss(area, HEIGHT * (0.3 + 0.7 * strength))
    if canvas.coloured:
        length = (5, 9) if shaven else (12, 24)
        hairs = _hairs(area, length, dense=2.0 if shaven else 1.0)
        canvas.paint(hairs, beard, 0.16 if shaven else 0.25 + 0.3 * strength)


def _full(lips: Lips) -> Curve:
    """Chin, jaw, sideburns and moustache; it ends on the jaw before the head turns to its side."""
    mouth, v = lips.half_width, lips.level
    side = np.array(
        [
            [-4.6, 12.8],
            [-8.5, 10.3],
            [-11.0, 8.5],
            [-12.9, 6.6],
            [-13.8, 4.7],
            [-14.3, 2.6],
            [-14.6, -0.8],
            [-12.8, -0.8],
            [-12.1, 2.8],
            [-10.6, 6.0],
            [-8.0, 7.5],
            [-mouth - 1.9, v - 0.9],
            [-mouth - 0.6, v - 2.0],
            [-1.9, v - 2.5],
            [-0.6, v - 2.35],
        ]
    )
    return _both_sides(side)


def _goatee(lips: Lips) -> Curve:
    """Run around the mouth and widen over the chin."""
    mouth, v = lips.half_width, lips.level
    side = np.array(
        [
            [-3.6, 13.4],
            [-4.6, v + 4.6],
            [-mouth - 1.1, v + 2.0],
            [-mouth - 1.35, v - 0.3],
            [-mouth - 0.5, v - 1.8],
            [-1.9, v - 2.5],
            [-0.6, v - 2.3],
        ]
    )
    return _both_sides(side)


def _moustache(lips: Lips) -> Curve:
    """From under the nose to a little beyond the corners, down to the upper lip."""
    mouth, v = lips.half_width, lips.level
    corner = float(lips.upper_outer[0, 1])
    side = np.array(
        [
            [-mouth - 1.0, corner + 0.9],
            [-mouth - 1.3, corner + 0.2],
            [-mouth - 0.5, corner - 0.9],
            [-2.2, v - 2.35],
            [-0.9, v - 2.6],
            [-0.25, v - 2.2],
        ]
    )
    return np.concatenate([_both_sides(side), np.add(lips.upper_outer[::-1], [0.0, 0.25])])


def _both_sides(side: Curve) -> Curve:
    return np.concatenate([side, (side * [-1, 1])[::-1]])


def _hairs(area: Patch, length_px: tuple[int, int], dense: float) -> Patch:
    """Short strokes, growing down and outwards, thicker inside the beard than at its edge."""
    rows, columns = area.alpha.shape
    random = np.random.default_rng(7)
    count = int(HAIRS_PER_PX * dense * rows * columns)
    x = random.uniform(0, columns, count)
    y = random.uniform(0, rows, count)
    away = (x / columns - 0.5) * 0.9
    length = random.uniform(*length_px, count)
    tip = np.stack([x + away * length, y + length], axis=1)
    lines = np.stack([np.stack([x, y], axis=1), tip], axis=1)
    sheet = np.zeros((rows, columns), np.uint8)
    fixed = np.round(lines * 16).astype(np.int32)
    cv2.polylines(
        sheet, list(fixed), isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA, shift=4
    )
    return Patch(sheet.astype(np.float32) / np.float32(255) * area.alpha, area.x, area.y)
