"""Leave out what nobody can see: the surface of one part inside another.

Parts are embedded into each other, so about a third of the triangles that a viewer would load,
light and draw lie inside the figurine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.sculpture import Mesh
from fusion_service.domain.shape.triangles import all_corners

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.union import Union

DEPTH = 0.9  # millimetres under the surface of the whole: more than the diagonal of half a voxel


def without_hidden(mesh: Mesh, union: Union) -> Mesh:
    """Return a part's mesh without the triangles that lie inside the union of all parts.

    The mesh is open afterwards, where it dives into another part.
    """
    hidden = _depth(mesh.vertices, union) > DEPTH
    faces = mesh.faces[~all_corners(hidden, mesh.faces)]
    used = np.zeros(len(mesh.vertices), bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    uv = None if mesh.uv is None else mesh.uv[used]
    return Mesh(mesh.vertices[used], renumbered[faces], mesh.normals[used], uv)


def _depth(points: Float, union: Union) -> Float:
    """Return how deep points lie inside, by the nearest node; (n,) millimetres."""
    grid = union.grid
    nodes = np.rint(points / np.float32(grid.voxel)).astype(np.int32) - np.array(grid.start)
    nodes = np.clip(nodes, 0, np.array(grid.shape) - 1)
    depth: Float = -union.field[tuple(nodes.T)]
    return depth
