"""What printing needs to know of every triangle: its area and how it faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.shape.triangles import corners_of

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index

CONTACT_MM = 1e-3  # a triangle that lies on the bed to this accuracy sticks to it


@dataclass(frozen=True)
class Facets:
    """The triangles of a solid as it lies on the bed, in millimetres, z up."""

    corners: npt.NDArray[np.float64]  # (3, 3, m): x, y and z, each of all corners
    areas: npt.NDArray[np.float64]  # (m,)
    facing_up: npt.NDArray[np.float64]  # (m,) z of the unit normals
    on_bed: npt.NDArray[np.bool_]  # (m,)

    @classmethod
    def of(cls, vertices: Float, faces: Index) -> Facets:
        """Measure the triangles (m, 3) of vertices (n, 3)."""
        corners = corners_of(vertices, faces)
        (ax, ay, az), (bx, by, bz) = (corners[:, i] - corners[:, 0] for i in (1, 2))
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        doubled = np.sqrt(x * x + y * y + z * z)
        facing_up = z / np.maximum(doubled, np.finfo(float).tiny)
        touching = (corners[2] <= CONTACT_MM).all(axis=0)
        return cls(corners, doubled / 2, facing_up, touching & (facing_up < 0))
