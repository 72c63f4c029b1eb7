"""Fewer vertices for viewers, where a figurine has too many to load on a phone.

Figurines of one person stay as they are; two people with long curls come to 170,000 vertices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.sculpture import Mesh

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Index, Part

MOST = 92_000  # vertices in a file of 4 MB that also holds two photographed faces
FINE = 5_000  # vertices of a part that may become coarser: hair, clothes
CRISP = "name"  # the part whose letters have edges that must stay
CELLS = (0.6, 0.8, 1.0, 1.3)  # design units; the lattice of the parts has 0.5


def lighter(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts with at most ``MOST`` vertices, if the last of ``CELLS`` gets there.

    Vertices that differ in nothing become one. If there are still too many, those of large
    parts without a texture are merged by cells (Rossignac and Borrel 1993), as coarsely as
    needed.
    """
    welded = tuple(replace(part, mesh=_weld(part.mesh)) for part in parts)
    found = welded
    for cell in CELLS:
        if _count(found) <= MOST:
            break
        found = tuple(
            replace(part, mesh=merge_cells(part.mesh, cell)) if _is_soft(part) else part
            for part in welded
        )
    return found


def merge_cells(mesh: Mesh, cell: float) -> Mesh:
    """Put all vertices of a cubic cell into one, at their mean, and drop what became flat."""
    steps = np.floor(mesh.vertices / np.float32(cell)).astype(np.int64) + 4096
    keys = (steps[:, 0] << 26) + (steps[:, 1] << 13) + steps[:, 2]
    _, owner = np.unique(keys, return_inverse=True)
    share = np.bincount(owner)
    place, normal = (
        np.column_stack([np.bincount(owner, column) for column in values.T]) / share[:, None]
        for values in (mesh.vertices, mesh.normals)
    )
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    faces = owner[mesh.faces].astype(np.int32)
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    return _used(Mesh(place.astype(np.float32), faces, normal.astype(np.float32)))


def _is_soft(part: Part) -> bool:
    return part.name != CRISP and part.mesh.uv is None and len(part.mesh.vertices) > FINE


def _count(parts: tuple[Part, ...]) -> int:
    return sum(len(part.mesh.vertices) for part in parts)


def _weld(mesh: Mesh) -> Mesh:
    """Share vertices between triangles of a mesh in which none does: letters come that way."""
    if mesh.uv is not None or len(mesh.vertices) < 3 * len(mesh.faces):
        return mesh
    rows = np.ascontiguousarray(np.column_stack([mesh.vertices, mesh.normals]))
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, owner = np.unique(whole, return_index=True, return_inverse=True)
    faces: Index = owner[mesh.faces].astype(np.int32)
    return Mesh(mesh.vertices[first], faces, mesh.normals[first])


def _used(mesh: Mesh) -> Mesh:
    """Leave out vertices that no triangle has."""
    used: npt.NDArray[np.bool_] = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    return Mesh(mesh.vertices[used], renumbered[mesh.faces], mesh.normals[used])
