"""What printing needs to know of every triangle: its area and how it faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

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
        corners = corners_of(vertices.astype(np.float64), faces)
        (ax, ay, az), (bx, by, bz) = (corners[:, i] - corners[:, 0] for i in (1, 2))
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        doubled = np.sqrt(x * x + y * y + z * z)
        facing_up = z / np.maximum(doubled, np.finfo(float).tiny)
        touching = (corners[2] <= CONTACT_MM).all(axis=0)
        return cls(corners, doubled / 2, facing_up, touching & (facing_up < 0))


def corners_of(vertices: npt.NDArray[np.float64], faces: Index) -> npt.NDArray[np.float64]:
    """Return (3, 3, m): x, y and z, each of all corners, in which NumPy calculates fastest."""
    return np.ascontiguousarray(vertices.T).take(np.ascontiguousarray(faces.T), axis=1)


def six_volumes(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return six times the signed volume (m,) between each triangle and the origin."""
    (ax, bx, cx), (ay, by, cy), (az, bz, cz) = corners
    volumes: npt.NDArray[np.float64] = (
        ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    )
    return volumes
