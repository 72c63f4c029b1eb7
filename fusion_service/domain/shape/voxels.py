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
    one, two, three = (corners[:, i, :2] for i in range(3))
    first = np.ceil(np.minimum(np.minimum(one, two), three)).astype(np.int64)
    last = np.floor(np.maximum(np.maximum(one, two), three)).astype(np.int64)
    span = last - first + 1
    candidates = np.maximum(span, 0).prod(axis=1)
    triangle = np.repeat(np.arange(len(corners)), candidates)
    rank = np.arange(len(triangle)) - np.repeat(np.cumsum(candidates) - candidates, candidates)
    column_x = first[triangle, 0] + rank // span[triangle, 1]
    column_y = first[triangle, 1] + rank % span[triangle, 1]

    a, b, c = corners[triangle].swapaxes(0, 1)
    weight_a = _side(b, c, column_x, column_y)
    weight_b = _side(c, a, column_x, column_y)
    weight_c = _side(a, b, column_x, column_y)
    area = weight_a + weight_b + weight_c  # twice the area seen from above, signed
    inside = (weight_a * area >= 0) & (weight_b * area >= 0) & (weight_c * area >= 0) & (area != 0)
    height = (weight_a * a[:, 2] + weight_b * b[:, 2] + weight_c * c[:, 2])[inside] / area[inside]
    column = column_x * columns_along_y + column_y
    return column[inside], height, -np.sign(area[inside])


def _side(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    x: npt.NDArray[np.int64],
    y: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Twice the signed area between an edge and a point."""
    return (end[:, 0] - start[:, 0]) * (y - start[:, 1]) - (end[:, 1] - start[:, 1]) * (
        x - start[:, 0]
    )
