"""Draw a beard: from a shadow to a full one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.face.canvas import Patch, cover
from fusion_service.domain.face.mouth import MOUTH_V, draw_lips

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.face.canvas import Canvas, Curve
    from fusion_service.domain.palette import Palette

HAIRS = 700  # strokes over the box of the beard
HEIGHT = 0.35  # mm of relief


def paint_beard(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    """Darken jaw, chin and upper lip in the colour of the brows, with a soft edge and hairs."""
    strength = attributes.beard
    if strength <= 0:
        return
    outline = _outline(draw_lips(attributes).half_width)
    area = cover(outline, 0.75)
    share = 0.40 + 0.5 * strength
    colour = tuple(
        s * (1 - share) + b * share for s, b in zip(palette.skin, palette.brow, strict=True)
    )
    canvas.paint(area, (colour[0], colour[1], colour[2]))
    canvas.emboss(area, HEIGHT * strength)
    canvas.paint(_hairs(area), palette.brow, 0.25 + 0.3 * strength)


def _outline(mouth: float) -> Curve:
    """Sideburns, cheeks, moustache; everything below belongs to it. One side, then mirrored."""
    side = np.array(
        [
            [-17.5, -1.0],
            [-14.6, -0.5],
            [-13.4, 3.0],
            [-11.2, 6.2],
            [-8.2, 7.6],
            [-mouth - 1.9, MOUTH_V - 0.9],
            [-mouth - 0.6, MOUTH_V - 2.0],
            [-1.9, MOUTH_V - 2.5],
            [-0.6, MOUTH_V - 2.35],
        ]
    )
    low = np.array([[17.5, 18.0], [-17.5, 18.0]])
    return np.concatenate([side, (side * [-1, 1])[::-1], low])


def _hairs(area: Patch) -> Patch:
    """Short strokes, growing down and outwards, thicker inside the beard than at its edge."""
    rows, columns = area.alpha.shape
    random = np.random.default_rng(7)
    x = random.uniform(0, columns, HAIRS)
    y = random.uniform(0, rows, HAIRS)
    away = (x / columns - 0.5) * 0.9
    length = random.uniform(12, 24, HAIRS)
    tip = np.stack([x + away * length, y + length], axis=1)
    lines = np.stack([np.stack([x, y], axis=1), tip], axis=1)
    sheet = np.zeros((rows, columns), np.uint8)
    fixed = np.round(lines * 16).astype(np.int32)
    cv2.polylines(
        sheet, list(fixed), isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA, shift=4
    )
    return Patch(sheet.astype(np.float32) / np.float32(255) * area.alpha, area.x, area.y)
