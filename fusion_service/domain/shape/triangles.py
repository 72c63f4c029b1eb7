"""The triangles of a mesh, laid out so that NumPy calculates fastest: one row a coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Index


def corners_of(vertices: npt.NDArray[np.floating], faces: Index) -> npt.NDArray[np.float64]:
    """Return (3, 3, m): x, y and z, each of the three corners."""
    columns = np.ascontiguousarray(vertices.T, np.float64)
    return columns.take(np.ascontiguousarray(faces.T), axis=1)


def all_corners(flags: npt.NDArray[np.bool_], faces: Index) -> npt.NDArray[np.bool_]:
    """Tell which triangles have only flagged vertices; (m,)."""
    a, b, c = flags.take(faces.T)
    return np.asarray(a & b & c, np.bool_)


def six_volumes(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return six times the signed volume (m,) between each triangle and the origin."""
    (ax, bx, cx), (ay, by, cy), (az, bz, cz) = corners
    volumes: npt.NDArray[np.float64] = (
        ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    )
    return volumes
