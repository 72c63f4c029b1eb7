"""Curls: ringlets of different size scattered evenly over the surface of the hair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.shape import sdf

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Grid

SPACING = 3.9  # side of the staggered cells, one curl each
CLOSEST = 3.3  # of two curls nearer than this, one is dropped
RINGS = (1.45, 1.95)  # radius of a ringlet's middle line, millimetres
STRANDS = (1.0, 1.25)  # radius of the strand: no thinner, or it could not be printed
TILT = 0.55  # how far ringlets lean from lying flat on the hair
LIFT = 0.35  # of their middle over the hair
SEAM = 0.6  # millimetres over which curls melt into the hair

Points = npt.NDArray[np.float64]


def add_curls(grid: Grid, field: Float, allowed: npt.NDArray[np.bool_]) -> None:
    """Grow curls on the zero surface of ``field``, in place, where ``allowed`` is set."""
    centres, normals = _scatter(grid, field, allowed)
    random = np.random.default_rng(3)
    axes = normals + TILT * random.normal(size=normals.shape)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    rings = random.uniform(*RINGS, len(centres))
    strands = random.uniform(*STRANDS, len(centres))
    for centre, axis, ring, strand in zip(
        centres + LIFT * normals, axes.astype(np.float32), rings, strands, strict=True
    ):
        reach = ring + strand + SEAM + grid.voxel
        inner, window = grid.window(centre - reach, centre + reach)
        curl = _ringlet(inner, centre, axis, ring, strand)
        field[window] = sdf.smooth_union(field[window], curl, SEAM)


def _ringlet(
    grid: Grid, centre: Points, axis: npt.NDArray[np.float32], ring: float, strand: float
) -> Float:
    """Return the distance to a ring around an axis."""
    x, y, z = (
        along - np.float32(c) for along, c in zip((grid.x, grid.y, grid.z), centre, strict=True)
    )
    height = x * axis[0] + y * axis[1] + z * axis[2]
    across = np.sqrt(np.maximum(x * x + y * y + z * z - height * height, 0)) - np.float32(ring)
    distance: Float = np.sqrt(across * across + height * height) - np.float32(strand)
    return distance


def _scatter(grid: Grid, field: Float, allowed: npt.NDArray[np.bool_]) -> tuple[Points, Points]:
    """Return one surface node per cell, nearest to the middle of its cell, and the normal there."""
    near = np.argwhere((np.abs(field) < 0.5 * grid.voxel) & allowed)
    points = grid.origin + near * grid.voxel
    layer = np.floor(points[:, 2] / SPACING)
    stagger = (layer % 2) * 0.5  # like bricks: no straight columns of curls
    cell = np.stack(
        [
            np.floor(points[:, 0] / SPACING + stagger),
            np.floor(points[:, 1] / SPACING + stagger),
            layer,
        ]
    )
    middle = (cell + 0.5 - np.stack([stagger, stagger, 0 * stagger])) * SPACING
    distance = ((points.T - middle) ** 2).sum(axis=0)
    order = np.lexsort((distance, *cell))
    changes = np.any(np.diff(cell[:, order], axis=1) != 0, axis=0)
    first = order[np.concatenate([[True], changes])] if len(order) else order
    kept = first[_apart(points[first])]
    return points[kept], _normals(field, near[kept])


def _apart(points: Points) -> npt.NDArray[np.bool_]:
    """Return which points to keep so that none is too near to an earlier one."""
    distances = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    crowded = distances < CLOSEST**2
    kept = np.ones(len(points), bool)
    for i in range(len(points)):
        if kept[i]:
            kept[i + 1 :] &= ~crowded[i, i + 1 :]
    return kept


def _normals(field: Float, nodes: npt.NDArray[np.intp]) -> Points:
    """Return the direction out of the hair at lattice nodes, by central differences."""
    slopes = []
    for axis, size in enumerate(field.shape):
        ahead, behind = nodes.copy(), nodes.copy()
        ahead[:, axis] = np.minimum(nodes[:, axis] + 1, size - 1)
        behind[:, axis] = np.maximum(nodes[:, axis] - 1, 0)
        slopes.append(field[tuple(ahead.T)] - field[tuple(behind.T)])
    normals = np.stack(slopes, axis=1).astype(np.float64)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / (lengths + 1e-9))
