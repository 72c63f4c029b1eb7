"""One watertight solid from many part fields: the union is a minimum, node by node.

All parts lie on one lattice, so uniting them needs no mesh boolean: take the smallest distance
at every node, remember whose it was, and run marching cubes once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.sculpture import Solid
from fusion_service.domain.sdf import Grid
from fusion_service.domain.surface import CLEARANCE, largest_body, triangulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float, Index


@dataclass(frozen=True)
class Block:
    """Signed distances of one part on its own box of the common lattice."""

    grid: Grid
    field: Float  # grid.shape


@dataclass(frozen=True)
class Union:
    """The smallest distance at every node, and the number of the block that it came from."""

    grid: Grid
    field: Float  # grid.shape
    owner: npt.NDArray[np.uint8]  # grid.shape


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


def solidify(union: Union) -> Solid:
    """Mesh a union: one closed body on z = 0, every triangle with the part it belongs to."""
    mesh = triangulate(union.grid, union.field)
    chosen = largest_body(mesh.vertices, mesh.faces)
    vertices, faces = _used(mesh.vertices, mesh.faces[chosen])
    # The base is cut exactly on a lattice plane; only the clearance lifts its underside.
    ground = vertices[:, 2]
    ground[ground < 2 * CLEARANCE] = 0.0
    return Solid(vertices, faces, _owners(union, vertices, faces))


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


def _used(vertices: Float, faces: Index) -> tuple[Float, Index]:
    kept = np.zeros(len(vertices), bool)
    kept[faces] = True
    if kept.all():
        return vertices, faces
    renumbered = np.cumsum(kept, dtype=np.int32) - 1
    return vertices[kept], renumbered[faces]


def _owners(union: Union, vertices: Float, faces: Index) -> npt.NDArray[np.uint8]:
    centroids = vertices[faces].mean(axis=1)
    nodes = np.rint(centroids / union.grid.voxel).astype(np.int32) - np.asarray(union.grid.start)
    i, j, k = np.clip(nodes, 0, np.subtract(union.grid.shape, 1)).T
    owners: npt.NDArray[np.uint8] = union.owner[i, j, k]
    return owners
