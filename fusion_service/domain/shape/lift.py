"""A higher base: layers of the lattice are doubled where everything is upright.

What stands on the base moves up by whole voxels, so fields that were computed once keep their
values, and nothing is computed anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.union import Block, Union
from fusion_service.domain.shape.wall import WAIST

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Mesh


def lift_union(union: Union, layers: int) -> Union:
    """Return the union on a base that is higher by ``layers`` voxels."""
    times = _repeats(union.grid, layers)
    return Union(
        _lifted(union.grid, layers),
        np.repeat(union.field, times, axis=2),
        np.repeat(union.owner, times, axis=2),
    )


def lift_block(block: Block, layers: int) -> Block:
    """Return one part of the same; what is wholly above the base shares its field."""
    times = _repeats(block.grid, layers)
    grown = block.field if (times == 1).all() else np.repeat(block.field, times, axis=2)
    return Block(_lifted(block.grid, layers), grown)


def lift_mesh(mesh: Mesh, by: float) -> Mesh:
    """Return a display mesh whose vertices above the waist of the base are higher by ``by``."""
    vertices = mesh.vertices.copy()
    vertices[vertices[:, 2] > WAIST, 2] += np.float32(by)
    return replace(mesh, vertices=vertices)


def _repeats(grid: Grid, layers: int) -> npt.NDArray[np.int64]:
    """Return how often each layer occurs in the lifted grid."""
    times = np.ones(grid.shape[2], np.int64)
    waist = round(WAIST / grid.voxel) - grid.start[2]
    if 0 <= waist < len(times):
        times[waist] += layers
    return times


def _lifted(grid: Grid, layers: int) -> Grid:
    x, y, z = grid.start
    nx, ny, nz = grid.shape
    waist = round(WAIST / grid.voxel)
    if z > waist:
        return Grid((x, y, z + layers), grid.shape, grid.voxel)
    grows = z + nz > waist
    return Grid(grid.start, (nx, ny, nz + layers * grows), grid.voxel)
