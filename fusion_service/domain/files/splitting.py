"""Split triangles along edges without opening the surface.

A new vertex belongs to an edge, so both triangles beside the edge get it: the red and green
refinement of Bank, Sherman and Weiser (1983). The shape does not change, every new vertex lies on
an old edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index

Keys = npt.NDArray[np.int64]

# Children of a triangle (corners 0, 1, 2; new vertices 3, 4, 5 on its edges 01, 12, 20) by how
# many edges are split: one edge (01), two (01 and 20, around corner 0), all three. The first
# corner of a child is an old one, except in the triangle in the middle.
ONE_EDGE = np.array([[2, 0, 3], [1, 2, 3]])
TWO_EDGES = np.array([[0, 3, 5], [1, 5, 3], [1, 2, 5]])
THREE_EDGES = np.array([[0, 3, 5], [1, 4, 3], [2, 5, 4], [3, 4, 5]])


@dataclass(frozen=True)
class Children:
    """What became of the triangles that were split."""

    faces: Index  # (k, 3)
    parents: npt.NDArray[np.intp]  # (k,) index of the triangle that each was cut from
    central: npt.NDArray[np.bool_]  # (k,) True where all three corners are new


def edge_keys(faces: Index) -> Keys:
    """Return a number for each edge 01, 12, 20 of every triangle (m, 3), whichever way it runs."""
    start = faces.astype(np.int64)
    end = start[:, [1, 2, 0]]
    keys: Keys = (np.minimum(start, end) << 32) | np.maximum(start, end)
    return keys


def edge_ends(keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the two vertices of each edge, the smaller index first."""
    return keys >> 32, keys & 0xFFFFFFFF


def points_on(vertices: Float, keys: Keys, share: Float | float = 0.5) -> Float:
    """Return a point on each edge, at ``share`` of the way from the end with the smaller index."""
    low, high = edge_ends(keys)
    share = np.broadcast_to(np.asarray(share, np.float32), keys.shape)[:, None]
    points: Float = vertices[low] * (1 - share) + vertices[high] * share
    return points.astype(np.float32)


def split(faces: Index, keys: Keys, first_new: int) -> tuple[npt.NDArray[np.bool_], Children]:
    """Split the triangles that have an edge among ``keys``.

    Parameters
    ----------
    faces : (m, 3)
    keys : sorted and unique numbers of the edges to split, see ``edge_keys``.
    first_new : vertex index of the point on the first edge; the others follow in order.

    Returns
    -------
    touched : (m,) True where a triangle was split; it has to be replaced by its children.
    children : the triangles that take their place, all turned as their parents.
    """
    is_end = np.zeros(int(faces.max(initial=0)) + 1, bool)
    is_end[np.concatenate(edge_ends(keys))] = True
    near = np.flatnonzero(np.count_nonzero(is_end[faces], axis=1) >= 2)
    own = edge_keys(faces[near])
    place = np.searchsorted(keys, own)
    marked = np.append(keys, -1)[place] == own
    count = np.count_nonzero(marked, axis=1)
    pieces = [
        _cut(faces[near], place + first_new, chosen, turn, children)
        for chosen, turn, children in _cases(marked, count)
    ]
    touched = np.zeros(len(faces), bool)
    touched[near[count > 0]] = True
    return touched, Children(
        faces=np.concatenate([piece.faces for piece in pieces]),
        parents=near[np.concatenate([piece.parents for piece in pieces])],
        central=np.concatenate([piece.central for piece in pieces]),
    )


def _cases(
    marked: npt.NDArray[np.bool_], count: npt.NDArray[np.integer]
) -> list[tuple[npt.NDArray[np.intp], int, npt.NDArray[np.int64]]]:
    """List the triangles of each kind, and by how many corners to turn them to the pattern."""
    cases = [(np.flatnonzero(count == 3), 0, THREE_EDGES)]
    for turn in range(3):
        # turned, corner `turn` is corner 0 and the edges begin with the one behind it
        alone = (count == 1) & marked[:, turn]
        around = (count == 2) & ~marked[:, (turn + 1) % 3]
        cases.append((np.flatnonzero(alone), turn, ONE_EDGE))
        cases.append((np.flatnonzero(around), turn, TWO_EDGES))
    return cases


def _cut(
    faces: Index,
    new: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.intp],
    turn: int,
    pattern: npt.NDArray[np.int64],
) -> Children:
    order = (np.arange(3) + turn) % 3
    points = np.concatenate([faces[chosen][:, order], new[chosen][:, order]], axis=1)
    return Children(
        faces=points[:, pattern].reshape(-1, 3).astype(np.int32),
        parents=np.repeat(chosen, len(pattern)),
        central=np.tile((pattern >= 3).all(axis=1), len(chosen)),
    )
