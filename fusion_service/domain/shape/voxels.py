"""Occupancy of a triangle mesh on a regular grid, by counting crossings along vertical rays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index

# Rays stand off the lattice on which marching cubes puts its vertices, so none meets an edge.
OFF_LATTICE = np.array([0.3819660, 0.2763932])


@dataclass(frozen=True)
class Voxels:
    """A solid sampled at voxel centres, with empty space around it."""

    filled: npt.NDArray[np.bool_]  # (nx, ny, nz)
    origin: npt.NDArray[np.float64]  # (3,) position of the centre of voxel (0, 0, 0)
    pitch: float


def voxelise(vertices: Float, faces: Index, pitch: float, margin: int) -> Voxels:
    """Sample the inside of a closed mesh.

    A voxel is filled where the winding number of the surface around its centre is positive,
    summed from the signed crossings of the vertical ray below it (as in parity counting, but
    overlapping bodies stay filled).

    Parameters
    ----------
    vertices, faces : (n, 3) and (m, 3); ``pitch`` has the unit of the vertices.
    margin : empty voxels kept on every side.
    """
    low = vertices.min(axis=0).astype(np.float64)
    extent = np.ptp(vertices, axis=0) / pitch
    shape = np.ceil(extent).astype(int) + 1 + 2 * margin
    origin = low - margin * pitch
    origin[:2] -= OFF_LATTICE * pitch
    corners = ((vertices - origin) / pitch)[faces]  # (m, 3, 3) in voxels
    column, height, direction = _crossings(corners, int(shape[1]))
    first_above = np.ceil(height).astype(np.int64)
    changes = np.bincount(
        column * shape[2] + first_above, weights=direction, minlength=int(shape.prod())
    )
    winding = np.cumsum(changes.reshape(shape).astype(np.int8), axis=2, dtype=np.int8)
    return Voxels(winding > 0, origin, pitch)


def _crossings(
    corners: npt.NDArray[np.float64], columns_along_y: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where the vertical rays through whole (x, y) meet the triangles.

    Returns flat column numbers, heights in voxels, and +1 where a ray going up enters the solid
    (the triangle faces down), -1 where it leaves.
    """
    x, y, z = np.ascontiguousarray(corners.transpose(2, 1, 0))
    first_x, last_x = np.ceil(x.min(axis=0)), np.floor(x.max(axis=0))
    first_y, last_y = np.ceil(y.min(axis=0)), np.floor(y.max(axis=0))
    hit = np.flatnonzero((last_x >= first_x) & (last_y >= first_y))
    deep = (last_y[hit] - first_y[hit] + 1).astype(np.int64)
    candidates = deep * (last_x[hit] - first_x[hit] + 1).astype(np.int64)
    own = np.repeat(np.arange(len(hit)), candidates)
    rank = np.arange(len(own)) - np.repeat(np.cumsum(candidates) - candidates, candidates)
    triangle = hit[own]
    column_x = first_x[triangle].astype(np.int64) + rank // deep[own]
    column_y = first_y[triangle].astype(np.int64) + rank % deep[own]

    # with the ray in the middle: twice the signed areas beside it, opposite each corner
    (ax, bx, cx), (ay, by, cy) = x[:, triangle] - column_x, y[:, triangle] - column_y
    at_a, at_b, at_c = bx * cy - cx * by, cx * ay - ax * cy, ax * by - bx * ay
    area = at_a + at_b + at_c  # twice the area seen from above, signed
    inside = (at_a * area >= 0) & (at_b * area >= 0) & (at_c * area >= 0) & (area != 0)
    az, bz, cz = z[:, triangle[inside]]
    height = (at_a[inside] * az + at_b[inside] * bz + at_c[inside] * cz) / area[inside]
    column = column_x * columns_along_y + column_y
    return column[inside], height, -np.sign(area[inside])
