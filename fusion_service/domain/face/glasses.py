"""Draw glasses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.face.canvas import cover, ellipse
from fusion_service.domain.face.eyes import EyeShape

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.face.canvas import Canvas

FRAME, GLINT = (17.0, 2.0, 3.0), (100.0, 0.0, 0.0)
HEIGHT = 0.8  # mm of relief
LENS = 4.5, 4.25  # half axes, mm
WIDTH = 0.78  # mm of the frame


def paint_glasses(canvas: Canvas, attributes: Attributes) -> None:
    """Draw two rims, a bridge and the temples, with a glint on each lens."""
    if attributes.glasses == "none":
        return
    u = EyeShape(attributes).u
    across = np.linspace(-1, 1, 9)
    lines = [np.stack([across * (u - LENS[0] + 0.15), -0.3 - 0.6 * (1 - across**2)], axis=1)]
    for side in (-1, 1):
        rim = ellipse(side * u, 0.15, *LENS, 0.8)
        glint = np.array([[-2.6, 1.4], [-0.6, -2.9], [0.5, -2.9], [-1.5, 1.4]]) + np.array(
            [side * u, 0]
        )
        canvas.paint(cover(glint, 0.05).within(cover(rim)), GLINT, 0.16)
        lines.append(rim)
        temple = np.linspace(side * (u + LENS[0] - 0.1), side * 17, 8)
        lines.append(np.stack([temple, np.linspace(-0.8, -1.4, 8)], axis=1))
    for line in lines:
        canvas.emboss_to(canvas.stroke(line, WIDTH, FRAME), HEIGHT)
