"""A second look at walls that seem too thin: with voxels fine enough to be sure, one ball alone.

The first look says whole voxels, and large ones where a figurine is large: a sound wall that lies
askew to them, or is two and a bit of them thick, can seem too thin. Here a wall is seven voxels.
An odd number, as a ball of an even one asks for one more; and with seven a wall thinner than six
sevenths of what is asked for never passes, however it lies: the ball needs all voxels less than
four away to be filled, which are seven in a row along the axes, and reach further elsewhere.

It takes many voxels, so they are opened slab by slab: no more than a few of them are ever held as
distances.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fusion_service.domain.certificate.thickness import (
    LOST_SHARE,
    SURFACE,
    open_with_ball,
    reach_of,
)
from fusion_service.domain.files.placement import extent
from fusion_service.domain.shape.distances import squared_distance
from fusion_service.domain.shape.voxels import voxelise

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.distances import Mask

VOXELS_A_WALL = 7
VOXELS = 100_000_000  # in the bounding box: one to three seconds, and a byte or two each
SLAB = 48  # layers opened at a time


def holds_ball(vertices: Float, faces: Index, wall: float) -> bool | None:
    """Tell whether the whole solid can be drawn with a ball of the thickness ``wall``.

    As in ``thinnest_feature``, but with voxels of a seventh of the wall. None where there would
    be more of them than ``VOXELS``.
    """
    pitch = wall / VOXELS_A_WALL
    if float(extent(vertices).prod()) > VOXELS * pitch**3:
        return None
    filled = voxelise(vertices, faces, pitch, margin=1).filled.transpose(2, 0, 1)
    whole = int(np.count_nonzero(filled))
    if not whole:
        return False  # inside out
    pieces = _Pieces()
    lost = 0
    for before, remains in _opened(filled, VOXELS_A_WALL / 2):
        lost += int(np.count_nonzero(before)) - int(np.count_nonzero(remains))
        if lost > LOST_SHARE * whole:
            return False  # spares the rest
        pieces.add(remains)
    return whole - pieces.largest() <= LOST_SHARE * whole


def _opened(filled: Mask, radius: float) -> Iterator[tuple[Mask, Mask]]:
    """Yield slabs of layers, and what opening with a ball (radius in voxels) leaves of them."""
    deep, far = math.ceil(radius + SURFACE) + 1, math.ceil(reach_of(radius)) + 1
    for first in range(0, len(filled), SLAB):
        start = max(first - deep - far, 0)  # what lies further off makes no difference
        around = filled[start : first + SLAB + deep + far]
        apart = np.pad(around, ((0, 0), (0, far), (0, 0)))
        opened = open_with_ball(apart, squared_distance(apart, deep), radius)
        own = slice(first - start, first - start + SLAB)
        yield around[own], opened[own, : filled.shape[1]]


class _Pieces:
    """What hangs together in layers that come slab by slab."""

    def __init__(self) -> None:
        self._sizes = [np.zeros(1, np.int64)]  # of every piece of every slab; 0 is empty space
        self._links: list[npt.NDArray[np.int64]] = []  # (2, n) pieces that touch in two slabs
        self._last: npt.NDArray[np.int64] | None = None  # the pieces in the layer before
        self._count = 1

    def add(self, slab: Mask) -> None:
        """Take the next layers."""
        found, number = label(slab)
        self._sizes.append(np.bincount(found.ravel(), minlength=number + 1)[1:])
        shift = self._count - 1
        first, last = (np.where(layer, layer + np.int64(shift), 0) for layer in found[[0, -1]])
        if self._last is not None:
            touching = (self._last > 0) & (first > 0)
            links = np.stack([self._last[touching], first[touching]])
            self._links.append(np.unique(links, axis=1))
        self._last = last
        self._count += number

    def largest(self) -> int:
        """Return the size of the largest piece."""
        one, other = np.concatenate([np.zeros((2, 0), np.int64), *self._links], axis=1)
        graph = coo_array((np.ones(len(one), bool), (one, other)), (self._count, self._count))
        _, piece = connected_components(graph, directed=False)
        return int(np.bincount(piece, weights=np.concatenate(self._sizes)).max())
