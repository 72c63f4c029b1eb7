"""Draw the face, in colour or as relief, in the layout of ``frame``."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.face.beard import paint_beard
from fusion_service.domain.face.canvas import Canvas, ellipse
from fusion_service.domain.face.eyes import drop_of, paint_brows, paint_eyes
from fusion_service.domain.face.mouth import paint_mouth, paint_smile_folds
from fusion_service.domain.palette import Palette

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes

RELIEF_PX = 256  # the lattice of the head holds no more
FRECKLES = 90  # of the most freckled face
_COLOURLESS = Palette(*((0.0, 0.0, 0.0) for _ in fields(Palette)))


def face_texture(attributes: Attributes, palette: Palette) -> npt.NDArray[np.uint8]:
    """Draw the face of a person in the colours of a palette: (1024, 1024, 3) sRGB.

    A toy's face with the person's own brows, lips and eyes: generic faces look like nobody.
    """
    canvas = Canvas(palette.skin, embossed=False, drop=drop_of(attributes))
    _paint_skin(canvas, attributes, palette)
    _draw(canvas, attributes, palette)
    return canvas.texture


def face_relief(attributes: Attributes, size_px: int = RELIEF_PX) -> npt.NDArray[np.float32]:
    """Return the height of the drawn face over the skin: (size_px, size_px) mm."""
    canvas = Canvas(size_px=size_px, drop=drop_of(attributes))
    _draw(canvas, attributes, _COLOURLESS)
    return canvas.relief


def _draw(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    paint_beard(canvas, attributes, palette)
    paint_smile_folds(canvas, attributes, palette)
    paint_mouth(canvas, attributes, palette)
    paint_eyes(canvas, attributes, palette)
    paint_brows(canvas, attributes, palette)


def _paint_skin(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    lightness, a, b = palette.skin
    blush = 0.55 + 0.4 * max(attributes.blush, 0.5 * attributes.child)
    for side in (-1, 1):
        cheek = ellipse(side * 9.3, 5.6, 2.6, 1.7)
        canvas.fill(cheek, (lightness - 4, a + 13, b + 5), blush, 1.1)
    width = 1.5 * float(np.clip(attributes.nose_width / 0.31, 0.85, 1.25))
    canvas.fill(ellipse(0, 4.9, width, 0.55), (lightness - 10, a + 6, b + 4), 0.55, 0.35)
    _paint_freckles(canvas, attributes.freckles, (lightness - 17, a + 7, b + 9))


def _paint_freckles(canvas: Canvas, strength: float, colour: tuple[float, float, float]) -> None:
    """Scatter small spots over nose and cheeks, densest near the nose."""
    count = round(FRECKLES * strength)
    random = np.random.default_rng(11)
    across = random.normal(0.0, 5.2, FRECKLES)
    # on the bridge of the nose they lie high: lower ones would look like a moustache
    down = 2.9 + 0.28 * np.minimum(np.abs(across), 6) + random.normal(0.0, 0.8, FRECKLES)
    size = random.uniform(0.12, 0.25, FRECKLES)
    for u, v, radius in zip(across[:count], down[:count], size[:count], strict=True):
        canvas.fill(ellipse(u, v, radius, 0.9 * radius), colour, 0.45, 0.06)
