"""Where the drawn faces are on the printable solid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.frame import HEAD_CENTRE_Z, TEXTURE_MM

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Colour, Float, Sculpture, Texture

FACE_BEGINS_Y = -1.0  # behind this plane (design units) the planar texture would show a second face


@dataclass(frozen=True)
class Head:
    """A part with a drawn face, and the triangles of the solid that show it."""

    skin: Colour
    texture: Texture
    shift: Float  # (3,) by which this person stands off the middle of the base
    on_face: npt.NDArray[np.bool_]  # (m,) one flag a triangle of the solid

    def texture_uv(self, points: Float) -> Float:
        """Texture coordinates (n, 2) of points (n, 3) in design units, v from the bottom.

        They come from the position alone, so nothing has to survive the union of the parts.
        """
        own = points - self.shift
        u = 0.5 - own[:, 0] / TEXTURE_MM
        v = 0.5 + (own[:, 2] - HEAD_CENTRE_Z) / TEXTURE_MM
        return np.column_stack([u, v]).astype(np.float32)


def find_heads(sculpture: Sculpture) -> list[Head]:
    """Find the parts that have a texture, in their order."""
    solid, heads = sculpture.solid, []
    for number, part in enumerate(sculpture.parts):
        if part.texture is None:
            continue
        shift = np.array(part.shift, np.float32)
        front = solid.vertices[:, 1] - shift[1] > FACE_BEGINS_Y
        on_face = (solid.part_ids == number) & front[solid.faces].all(axis=1)
        heads.append(Head(part.colour, part.texture, shift, on_face))
    return heads
