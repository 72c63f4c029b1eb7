"""Draw the face: colour and relief, in the layout of ``frame``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.face.beard import paint_beard
from fusion_service.domain.face.canvas import Canvas, ellipse
from fusion_service.domain.face.eyes import paint_brows, paint_eyes
from fusion_service.domain.face.glasses import paint_glasses
from fusion_service.domain.face.mouth import paint_mouth, paint_smile_folds

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.palette import Palette


@dataclass(frozen=True)
class FacePaint:
    """A drawn face.

    Attributes
    ----------
    texture : (1024, 1024, 3) uint8
        sRGB.
    relief : (1024, 1024) float32
        mm outwards.
    """

    texture: npt.NDArray[np.uint8]
    relief: npt.NDArray[np.float32]


def paint_face(attributes: Attributes, palette: Palette) -> FacePaint:
    """Draw the face of a person in the colours of a palette.

    A toy's face with the person's own brows, lips and eyes: photographs projected on the head
    were tried and look uncanny, generic faces look like nobody.
    """
    canvas = Canvas(palette.skin)
    _paint_skin(canvas, attributes, palette)
    paint_beard(canvas, attributes, palette)
    paint_smile_folds(canvas, attributes, palette)
    paint_mouth(canvas, attributes, palette)
    paint_eyes(canvas, attributes, palette)
    paint_brows(canvas, attributes, palette)
    paint_glasses(canvas, attributes)
    return FacePaint(canvas.texture, canvas.relief)


def _paint_skin(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    lightness, a, b = palette.skin
    for side in (-1, 1):
        canvas.fill(ellipse(side * 9.3, 5.6, 2.6, 1.7), (lightness - 4, a + 13, b + 5), 0.55, 1.1)
    width = 1.5 * float(np.clip(attributes.nose_width / 0.31, 0.85, 1.25))
    canvas.fill(ellipse(0, 4.9, width, 0.55), (lightness - 10, a + 6, b + 4), 0.55, 0.35)
