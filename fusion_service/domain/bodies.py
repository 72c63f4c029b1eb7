"""The templates that exist, and their geometry, which is the same for everybody.

Only colours depend on the person. So the meshes and the united field of a body are computed once
per process and shared by all threads; their arrays are read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from common.errors import BadParameter
from fusion_service.domain.shape.hidden import without_hidden
from fusion_service.domain.shape.lathe import lathe
from fusion_service.domain.shape.sdf import VOXEL, Grid
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.union import Block, Union, unite
from fusion_service.domain.templates import casual, default, superhero
from fusion_service.domain.templates.wardrobe import PLINTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.palette import Palette
    from fusion_service.domain.sculpture import Colour, Mesh
    from fusion_service.domain.shape.shapes import Shape
    from fusion_service.domain.templates.wardrobe import Template

TEMPLATES: dict[str, Template] = {
    module.TEMPLATE.name: module.TEMPLATE for module in (default, superhero, casual)
}


@dataclass(frozen=True)
class Body:
    """The geometry of a template: a mesh and a field per piece, and the union of all pieces."""

    meshes: tuple[Mesh, ...]
    blocks: tuple[Block, ...]
    union: Union  # owners are the indices of the pieces


def find_template(name: str) -> Template:
    """Return the template called ``name``.

    Raises
    ------
    BadParameter
        There is no such template.
    """
    if name not in TEMPLATES:
        raise BadParameter(f"There is no template {name!r}; there are {', '.join(TEMPLATES)}.")
    return TEMPLATES[name]


def dress(template: Template, palettes: Sequence[Palette]) -> tuple[tuple[str, Colour], ...]:
    """Return name and colour of the body's pieces, in the colours of the people who wear them."""
    return tuple((piece.name, piece.colour(palettes[0])) for piece in template.pieces)


@cache
def body(name: str) -> Body:
    """Return the geometry of a template; computed on the first call of a process."""
    pieces = TEMPLATES[name].pieces
    blocks = tuple(_block(piece.shape) for piece in pieces)
    union = unite(blocks, range(len(pieces)))
    meshes = tuple(
        lathe(PLINTH) if piece.shape is PLINTH else _mesh(piece.shape, piece.voxel, union)
        for piece in pieces
    )
    union.field.setflags(write=False)
    union.owner.setflags(write=False)
    for block in blocks:
        block.field.setflags(write=False)
    return Body(meshes, blocks, union)


def _block(shape: Shape, voxel: float = VOXEL) -> Block:
    low, high = shape.bounds()
    grid = Grid.spanning(low - 2 * voxel, high + 2 * voxel, voxel)
    return Block(grid, grid.full(shape.field(grid)))


def _mesh(shape: Shape, voxel: float, union: Union) -> Mesh:
    block = _block(shape, voxel)
    mesh = without_hidden(triangulate(block.grid, block.field), union)
    for array in (mesh.vertices, mesh.faces, mesh.normals):
        array.setflags(write=False)
    return mesh
