"""The underside of a figurine: one flat face needs no lattice of triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.shape.triangles import all_corners

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float, Index


def flatten_underside(vertices: Float, normals: Float, faces: Index) -> tuple[Float, Float, Index]:
    """Return the mesh with its face on z = 0 as a fan around its middle.

    A base is a quarter of a small figurine's triangles. Where the outline of the underside is not
    a single one that can be seen from its middle, the mesh is returned as it came.
    """
    under = all_corners(vertices[:, 2] == 0, faces)
    rim = _boundary(faces[under], len(vertices))
    if not len(rim) or not _is_one_loop(rim):
        return vertices, normals, faces
    middle = vertices[rim[:, 0]].mean(axis=0)
    starts, ends = (vertices[rim[:, i], :2] - middle[:2] for i in (0, 1))
    turning = starts[:, 0] * ends[:, 1] - starts[:, 1] * ends[:, 0]
    if not (turning < 0).all():  # seen from above it runs clockwise, as it faces down
        return vertices, normals, faces
    fan = np.column_stack([rim, np.full(len(rim), len(vertices))])
    joined = np.concatenate([faces[~under], fan.astype(np.int32)])
    return _used(
        np.concatenate([vertices, middle[None]]),
        np.concatenate([normals, np.array([[0, 0, -1]], np.float32)]),
        joined,
    )


def _boundary(faces: Index, count: int) -> Index:
    """Return the edges (k, 2) that only one of the faces has, in its direction."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there = edges[:, 0].astype(np.int64) * count + edges[:, 1]
    back = edges[:, 1].astype(np.int64) * count + edges[:, 0]
    rim: Index = edges[~np.isin(there, back)]
    return rim


def _is_one_loop(rim: Index) -> bool:
    follower = dict(rim.tolist())
    if len(follower) != len(rim):
        return False
    vertex = first = int(rim[0, 0])
    for steps in range(1, len(rim) + 1):
        vertex = follower.get(vertex, -1)
        if vertex == first:
            return steps == len(rim)
    return False


def _used(vertices: Float, normals: Float, faces: Index) -> tuple[Float, Float, Index]:
    kept: npt.NDArray[np.bool_] = np.zeros(len(vertices), bool)
    kept[faces] = True
    renumbered = np.cumsum(kept, dtype=np.int32) - 1
    return vertices[kept], normals[kept], renumbered[faces]
