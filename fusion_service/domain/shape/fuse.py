"""One watertight solid from a union of part fields: marching cubes once, straight seams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.sculpture import Solid
from fusion_service.domain.shape.seams import owners_at, straighten
from fusion_service.domain.shape.surface import CLEARANCE, largest_body, triangulate
from fusion_service.domain.shape.underside import flatten_underside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.sculpture import Float, Index, Mesh
    from fusion_service.domain.shape.union import Block, Union


def solidify(union: Union, blocks: Sequence[Block]) -> Solid:
    """Mesh a union: one closed body on z = 0, every triangle with the part it belongs to.

    ``blocks`` are all blocks of the union in the order of their ids.
    """
    mesh = triangulate(union.grid, union.field)
    chosen = largest_body(mesh.vertices, mesh.faces)
    vertices, normals, faces = _used(mesh, chosen)
    # The base is cut exactly on a lattice plane; only the clearance lifts its underside.
    ground = vertices[:, 2]
    ground[ground < 2 * CLEARANCE] = 0.0
    vertices, normals, faces = flatten_underside(vertices, normals, faces)
    owners = owners_at(union, blocks, _middles(vertices, faces))
    slid = straighten(vertices, normals, faces, owners, blocks)
    moved = (slid != vertices).any(axis=1)
    touched = moved[faces[:, 0]] | moved[faces[:, 1]] | moved[faces[:, 2]]
    owners[touched] = owners_at(union, blocks, _middles(slid, faces[touched]))
    return Solid(slid, faces, owners)


def _middles(vertices: Float, faces: Index) -> Float:
    a, b, c = (vertices[corner] for corner in faces.T)
    middles: Float = (a + b + c) / np.float32(3)
    return middles


def _used(mesh: Mesh, chosen: Index) -> tuple[Float, Float, Index]:
    faces = mesh.faces[chosen]
    kept = np.zeros(len(mesh.vertices), bool)
    kept[faces] = True
    if kept.all():
        return mesh.vertices, mesh.normals, faces
    renumbered = np.cumsum(kept, dtype=np.int32) - 1
    return mesh.vertices[kept], mesh.normals[kept], renumbered[faces]
