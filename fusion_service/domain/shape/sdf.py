"""Signed distance fields on one lattice: negative inside, in design millimetres.

Every grid is a window of the same infinite lattice whose nodes lie on multiples of the voxel,
so fields of different parts can be compared node by node (see ``union``). The formulas follow
I. Quilez, "Distance functions" and "Smooth minimum" (iquilezles.org).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float

VOXEL = 0.6  # lattice spacing in millimetres; walls are at least twice as thick

Point = tuple[float, float, float]
Window = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Grid:
    """A box of lattice nodes: ``start`` counts voxels from the origin."""

    start: tuple[int, int, int]
    shape: tuple[int, int, int]
    voxel: float = VOXEL

    @classmethod
    def spanning(cls, low: npt.ArrayLike, high: npt.ArrayLike, voxel: float = VOXEL) -> Grid:
        """Return the smallest grid that holds the box from ``low`` to ``high`` (millimetres)."""
        first = np.floor(np.asarray(low, float) / voxel).astype(int)
        last = np.ceil(np.asarray(high, float) / voxel).astype(int)
        count = np.maximum(last - first + 1, 2)
        return cls(_triple(first), _triple(count), voxel)

    @cached_property
    def x(self) -> Float:
        """Coordinates along x, shape (nx, 1, 1)."""
        return self._axis(0)[:, None, None]

    @cached_property
    def y(self) -> Float:
        """Coordinates along y, shape (1, ny, 1)."""
        return self._axis(1)[None, :, None]

    @cached_property
    def z(self) -> Float:
        """Coordinates along z, shape (1, 1, nz)."""
        return self._axis(2)[None, None, :]

    @property
    def origin(self) -> npt.NDArray[np.float64]:
        """Position of the first node, millimetres."""
        return np.asarray(self.start, float) * self.voxel

    def window(self, low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[Grid, Window]:
        """Return the part of the grid inside a box, and where it lies in the grid's arrays."""
        start = np.asarray(self.start)
        first = np.floor(np.asarray(low, float) / self.voxel).astype(int) - start
        last = np.ceil(np.asarray(high, float) / self.voxel).astype(int) - start + 1
        first = np.clip(first, 0, self.shape)
        last = np.clip(last, first, self.shape)
        inner = Grid(_triple(first + start), _triple(last - first), self.voxel)
        return inner, _slices(first, last)

    def place(self, inner: Grid) -> Window:
        """Return where the nodes of ``inner``, which must lie inside, are in this grid."""
        first = np.asarray(inner.start) - self.start
        return _slices(first, first + inner.shape)

    def mirrored(self) -> Grid:
        """Return the grid on the other side of the plane x = 0."""
        first, *others = self.start
        start = (-(first + self.shape[0] - 1), others[0], others[1])
        return Grid(start, self.shape, self.voxel)

    def full(self, field: Float) -> Float:
        """Spread a field that was computed with broadcasting over all nodes, as a copy."""
        return np.array(np.broadcast_to(field, self.shape), np.float32)

    def _axis(self, axis: int) -> Float:
        index = np.arange(self.start[axis], self.start[axis] + self.shape[axis])
        return (index * self.voxel).astype(np.float32)


def ellipsoid(grid: Grid, centre: Point, radii: Point) -> Float:
    """Return the distance to an ellipsoid (first order: exact on the surface)."""
    fx, fy, fz = (
        (axis - np.float32(c)) / np.float32(r)
        for axis, c, r in zip((grid.x, grid.y, grid.z), centre, radii, strict=True)
    )
    level = np.sqrt(fx * fx + fy * fy + fz * fz)
    ax, ay, az = (f / np.float32(r) for f, r in zip((fx, fy, fz), radii, strict=True))
    steepness = np.sqrt(ax * ax + ay * ay + az * az)
    # Both vanish at the centre; their quotient must not.
    level += np.float32(1e-4)
    steepness += np.float32(1e-4 / min(radii))
    distance: Float = (level - np.float32(1.0001)) * level / steepness
    return distance


def sphere(grid: Grid, centre: Point, radius: float) -> Float:
    """Return the exact distance to a sphere."""
    x, y, z = _from(grid, centre)
    distance: Float = np.sqrt(x * x + y * y + z * z) - np.float32(radius)
    return distance


def capsule(
    grid: Grid,
    start: Point,
    end: Point,
    radius: float,
    *,
    end_radius: float | None = None,
    depth: float = 1.0,
) -> Float:
    """Return the distance to a thick line whose radius may change from start to end.

    ``depth`` squeezes the section along y: 0.8 makes a torso that is wider than deep.
    """
    end_radius = radius if end_radius is None else end_radius
    x, y, z = _from(grid, start)
    bx, by, bz = (np.float32(e - s) for s, e in zip(start, end, strict=True))
    t = (x * bx + y * by + z * bz) * (np.float32(1) / (bx * bx + by * by + bz * bz))
    np.clip(t, 0, 1, out=t)
    dx, dy, dz = x - t * bx, (y - t * by) * np.float32(1 / depth), z - t * bz
    dx *= dx
    dx += dy * dy
    dx += dz * dz
    distance: Float = np.sqrt(dx, out=dx)
    distance -= np.float32(radius) + t * np.float32(end_radius - radius)
    return distance


def rounded_box(grid: Grid, centre: Point, half: Point, rounding: float) -> Float:
    """Return the exact distance to a box with rounded edges."""
    qx, qy, qz = (
        np.abs(axis) - np.float32(h - rounding)
        for axis, h in zip(_from(grid, centre), half, strict=True)
    )
    outside = np.sqrt(np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2 + np.maximum(qz, 0) ** 2)
    inside = np.minimum(np.maximum(np.maximum(qx, qy), qz), 0)
    distance: Float = outside + inside - np.float32(rounding)
    return distance


def polygon(u: Float, v: Float, corners: npt.NDArray[np.float64]) -> Float:
    """Return the exact signed distance to a polygon in the plane (u, v)."""
    corners = corners.astype(np.float32)
    nearest = np.full(np.broadcast_shapes(u.shape, v.shape), np.inf, np.float32)
    sign = np.ones_like(nearest)
    for a, b in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        edge = b - a
        du, dv = u - a[0], v - a[1]
        t = np.clip((du * edge[0] + dv * edge[1]) / (edge @ edge), 0, 1)
        np.minimum(nearest, (du - edge[0] * t) ** 2 + (dv - edge[1] * t) ** 2, out=nearest)
        above, below, left = v >= a[1], v < b[1], edge[0] * dv > edge[1] * du
        crosses = (above & below & left) | (~above & ~below & ~left)
        sign = np.where(crosses, -sign, sign)
    return (sign * np.sqrt(nearest)).astype(np.float32)


def smooth_union(a: Float, b: Float, k: float) -> Float:
    """Join two fields; the seam is rounded over a width of about ``k`` (0: sharp)."""
    if k <= 0:
        return np.minimum(a, b)
    overlap = np.abs(a - b)
    np.subtract(np.float32(k), overlap, out=overlap)
    np.maximum(overlap, 0, out=overlap)
    overlap *= overlap
    overlap *= np.float32(0.25 / k)
    result: Float = np.minimum(a, b) - overlap
    return result


def smooth_intersection(a: Float, b: Float, k: float) -> Float:
    """Keep what is inside both fields, with a rounded edge."""
    return -smooth_union(-a, -b, k)


def smooth_difference(a: Float, b: Float, k: float) -> Float:
    """Take ``b`` away from ``a``, with a rounded edge."""
    return -smooth_union(-a, b, k)


def smoothstep(low: float, high: float, x: Float) -> Float:
    """Return the cubic ramp from 0 at ``low`` to 1 at ``high`` (``low`` may be the larger)."""
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    result: Float = t * t * (3 - 2 * t)
    return result


def _from(grid: Grid, centre: Point) -> tuple[Float, Float, Float]:
    cx, cy, cz = (np.float32(c) for c in centre)
    return grid.x - cx, grid.y - cy, grid.z - cz


def _triple(values: npt.NDArray[Any]) -> tuple[int, int, int]:
    a, b, c = (int(v) for v in values)
    return a, b, c


def _slices(first: npt.NDArray[Any], last: npt.NDArray[Any]) -> Window:
    a, b, c = (slice(int(i), int(j)) for i, j in zip(first, last, strict=True))
    return a, b, c
