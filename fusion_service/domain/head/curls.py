"""Curls: balls of different size scattered evenly over the surface of the hair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.shape import sdf

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Grid

SPACING = 3.3  # side of the staggered cells, one curl each
CLOSEST = 2.9  # of two curls nearer than this, one is dropped
RADII = (1.9, 2.7)  # of single curls, millimetres
SEAM = 0.9  # millimetres over which curls melt into the hair

Points = npt.NDArray[np.float64]


def add_curls(grid: Grid, field: Float, allowed: npt.NDArray[np.bool_]) -> None:
    """Grow curls on the zero surface of ``field``, in place, where ``allowed`` is set."""
    centres = _scatter(grid, field, allowed)
    radii = np.random.default_rng(3).uniform(*RADII, len(centres))
    for centre, radius in zip(centres.tolist(), radii.tolist(), strict=True):
        reach = radius + SEAM + grid.voxel
        inner, window = grid.window([c - reach for c in centre], [c + reach for c in centre])
        ball = sdf.sphere(inner, (centre[0], centre[1], centre[2]), radius)
        field[window] = sdf.smooth_union(field[window], ball, SEAM)


def _scatter(grid: Grid, field: Float, allowed: npt.NDArray[np.bool_]) -> Points:
    """Return one surface node per cell, the one nearest to the middle of its cell."""
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
    return _thinned(points[first])


def _thinned(points: Points) -> Points:
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    crowded = apart < CLOSEST**2
    kept = np.ones(len(points), bool)
    for i in range(len(points)):
        if kept[i]:
            kept[i + 1 :] &= ~crowded[i, i + 1 :]
    return points[kept]
