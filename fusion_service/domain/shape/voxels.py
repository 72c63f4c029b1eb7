"""Occupancy of a triangle mesh on a regular grid, by counting crossings along vertical rays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index

Whole = npt.NDArray[np.int16]
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
    columns = np.ascontiguousarray(vertices.T)  # NumPy is slow along a first axis
    low, high = columns.min(axis=1), columns.max(axis=1)
    shape = np.ceil((high - low) / pitch).astype(int) + 1 + 2 * margin
    origin = low.astype(np.float64) - margin * pitch
    origin[:2] -= OFF_LATTICE * pitch
    places = (columns - origin[:, None]) / pitch  # (3, n) in voxels
    column, height, direction = _crossings(places, faces, int(shape[1]))
    changes = np.zeros(shape, np.int8)
    first_above = np.ceil(height).astype(np.int64)
    np.add.at(changes.reshape(-1), column * shape[2] + first_above, direction)
    winding = np.cumsum(changes, axis=2, dtype=np.int8, out=changes)
    return Voxels(winding > 0, origin, pitch)


def _crossings(
    places: npt.NDArray[np.float64], faces: Index, columns_along_y: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    """Where the vertical rays through whole (x, y) meet the triangles.

    ``places`` are the vertices in voxels. Returns flat column numbers, heights in voxels, and +1
    where a ray going up enters the solid (the triangle faces down), -1 where it leaves.
    """
    # most triangles are smaller than a voxel and lie between the rays: whole numbers tell
    corners = np.ascontiguousarray(faces.T)
    after, before = (to(places[:2]).astype(np.int16) for to in (np.ceil, np.floor))
    starts = [_of_corners(column, corners, np.minimum) for column in after]
    ends = [_of_corners(column, corners, np.maximum) for column in before]
    hit = np.flatnonzero((ends[0] >= starts[0]) & (ends[1] >= starts[1]))
    first_x, first_y, last_x, last_y = (side[hit].astype(np.int64) for side in (*starts, *ends))
    deep = last_y - first_y + 1
    candidates = deep * (last_x - first_x + 1)
    own = np.repeat(np.arange(len(hit)), candidates)
    rank = np.arange(len(own)) - np.repeat(np.cumsum(candidates) - candidates, candidates)
    column_x = first_x[own] + rank // deep[own]
    column_y = first_y[own] + rank % deep[own]

    # with the ray in the middle: twice the signed areas beside it, opposite each corner
    x, y, z = (axis.take(corners[:, hit]) for axis in places)
    (ax, bx, cx), (ay, by, cy) = x[:, own] - column_x, y[:, own] - column_y
    at_a, at_b, at_c = bx * cy - cx * by, cx * ay - ax * cy, ax * by - bx * ay
    area = at_a + at_b + at_c  # twice the area seen from above, signed
    inside = (at_a * area >= 0) & (at_b * area >= 0) & (at_c * area >= 0) & (area != 0)
    az, bz, cz = z[:, own[inside]]
    height = (at_a[inside] * az + at_b[inside] * bz + at_c[inside] * cz) / area[inside]
    column = column_x * columns_along_y + column_y
    return column[inside], height, np.where(area[inside] < 0, np.int8(1), np.int8(-1))


def _of_corners(values: Whole, corners: Index, keep: np.ufunc) -> Whole:
    """Keep the least or the largest of the values at the corners (3, m) of each triangle."""
    a, b, c = values.take(corners)
    kept: Whole = keep(keep(a, b), c)
    return kept
