"""The union of many part fields is a minimum, node by node.

All parts lie on one lattice, so uniting them needs no mesh boolean: take the smallest distance
at every node, and remember whose it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.shape.sdf import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Point

WHOLE = 1e-6  # of a voxel: rounding errors of a move


@dataclass(frozen=True)
class Block:
    """Signed distances of one part on its own box of the common lattice."""

    grid: Grid
    field: Float  # grid.shape

    def moved(self, by: Point) -> Block:
        """Return the same field elsewhere; ``by`` is a whole multiple of the voxel."""
        return Block(_moved(self.grid, by), self.field)


@dataclass(frozen=True)
class Union:
    """The smallest distance at every node, and the number of the block that it came from."""

    grid: Grid
    field: Float  # grid.shape
    owner: npt.NDArray[np.uint8]  # grid.shape

    def moved(self, by: Point) -> Union:
        """Return the same union elsewhere; ``by`` is a whole multiple of the voxel."""
        return Union(_moved(self.grid, by), self.field, self.owner)


def unite(blocks: Sequence[Block], ids: Sequence[int], grid: Grid | None = None) -> Union:
    """Return the node-wise minimum of the blocks, whose owners are called ``ids``.

    ``grid`` is the box to fill (the box of all blocks, and one voxel around, if left out).
    """
    grid = grid or _around([block.grid for block in blocks])
    union = Union(grid, np.full(grid.shape, 2 * grid.voxel, np.float32), np.zeros(grid.shape, "u1"))
    for block, number in zip(blocks, ids, strict=True):
        _lower(union, block.grid, block.field, number)
    return union


def extend(union: Union, blocks: Sequence[Block], ids: Sequence[int]) -> Union:
    """Return a larger union; ``union`` itself, which may be shared, stays as it is."""
    grid = _around([union.grid, *(block.grid for block in blocks)])
    grown = unite(blocks, ids, grid)
    window = grid.place(union.grid)
    closer = union.field < grown.field[window]
    np.copyto(grown.field[window], union.field, where=closer)
    np.copyto(grown.owner[window], union.owner, where=closer)
    return grown


def _lower(union: Union, grid: Grid, field: Float, number: int) -> None:
    window = union.grid.place(grid)
    closer = field < union.field[window]
    np.copyto(union.field[window], field, where=closer)
    union.owner[window][closer] = number


def _around(grids: Sequence[Grid]) -> Grid:
    first = np.min([grid.start for grid in grids], axis=0) - 1
    last = np.max([np.add(grid.start, grid.shape) for grid in grids], axis=0) + 1
    a, b, c = (int(v) for v in first)
    i, j, k = (int(v) for v in last - first)
    return Grid((a, b, c), (i, j, k), grids[0].voxel)


def _moved(grid: Grid, by: Point) -> Grid:
    voxels = np.asarray(by, float) / grid.voxel
    steps = np.rint(voxels)
    if np.abs(voxels - steps).max() > WHOLE:
        raise ValueError(f"{by} is no whole multiple of {grid.voxel} mm.")
    i, j, k = (int(v) for v in steps + grid.start)
    return Grid((i, j, k), grid.shape, grid.voxel)
