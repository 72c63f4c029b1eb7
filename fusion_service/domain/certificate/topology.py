"""What a triangle mesh is, counted on its edges: closed, manifold, oriented, in one piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fusion_service.domain.shape.triangles import corners_of, six_volumes

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index


@dataclass(frozen=True)
class EdgeCounts:
    """How many edges break each rule; all are 0 for a closed oriented 2-manifold."""

    open: int  # used by one triangle
    crowded: int  # used by more than two
    reversed: int  # used by two triangles that disagree about the outside


def count_edges(faces: Index) -> EdgeCounts:
    """Sort all directed edges once and look at the runs of equal undirected ones."""
    start = faces.astype(np.int64).ravel()
    end = np.roll(faces, -1, axis=1).astype(np.int64).ravel()
    low, high = np.minimum(start, end), np.maximum(start, end)
    vertices = int(faces.max(initial=0)) + 1
    # the lowest bit tells the direction, so that one plain sort does everything
    keys = np.sort((low * vertices + high) * 2 + (start > end))
    edges = keys >> 1
    first = np.flatnonzero(np.r_[True, edges[1:] != edges[:-1]])
    uses = np.diff(np.r_[first, len(edges)])
    pairs = first[uses == 2]
    return EdgeCounts(
        open=int(np.count_nonzero(uses == 1)),
        crowded=int(np.count_nonzero(uses > 2)),
        reversed=int(np.count_nonzero(keys[pairs] == keys[pairs + 1])),
    )


def count_bodies(faces: Index, vertex_count: int) -> int:
    """Count the pieces that share no vertex; vertices without a triangle do not count."""
    used = np.zeros(vertex_count, bool)
    used[faces] = True
    rows = faces[:, [0, 1]].ravel()
    columns = faces[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(rows), np.uint8), (rows, columns)), shape=(vertex_count,) * 2)
    pieces, _ = connected_components(links, directed=False)
    return int(pieces) - int(np.count_nonzero(~used))


def volume_and_centre(vertices: Float, faces: Index) -> tuple[float, npt.NDArray[np.float64]]:
    """Signed volume (positive with outward triangles) and centre of mass of the inside.

    Sum over the tetrahedra from a point in the middle to every triangle (Zhang and Chen, 2001).
    """
    middle = np.array([column.mean(dtype=np.float64) for column in vertices.T])
    corners = corners_of(vertices - middle, faces)
    volumes = six_volumes(corners)
    total = float(volumes.sum())
    if abs(total) < np.finfo(float).eps:
        return 0.0, middle
    return total / 6, middle + corners.sum(axis=1) @ volumes / (4 * total)
