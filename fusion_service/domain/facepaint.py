"""Draw the face: colour and relief, in the layout of ``frame``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.frame import TEXTURE_PX
from fusion_service.domain.palette import lab_to_srgb

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
    """Draw the face of a person in the colours of a palette."""
    del attributes
    texture = np.zeros((TEXTURE_PX, TEXTURE_PX, 3), np.uint8)
    texture[:] = lab_to_srgb(palette.skin)
    return FacePaint(texture, np.zeros((TEXTURE_PX, TEXTURE_PX), np.float32))
