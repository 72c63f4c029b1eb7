"""The templates that exist, and their geometry, which is the same for everybody.

Only colours depend on the person. So the meshes and the united field of a body are computed once,
while it stays among the last few in use, and shared by all threads; their arrays are read-only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from common.errors import BadParameter
from fusion_service.domain.shape.hidden import without_hidden
from fusion_service.domain.shape.lathe import lathe
from fusion_service.domain.shape.sdf import VOXEL, Grid
from fusion_service.domain.shape.shapes import Disc
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.union import Block, Union, unite
from fusion_service.domain.templates import (
    astronaut,
    casual,
    chef,
    couple,
    default,
    graduate,
    sports,
    superhero,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fusion_service.domain.palette import Palette
    from fusion_service.domain.sculpture import Colour, Mesh
    from fusion_service.domain.shape.sdf import Point
    from fusion_service.domain.shape.shapes import Shape
    from fusion_service.domain.templates.wardrobe import Piece, Template

TEMPLATES: dict[str, Template] = {
    module.TEMPLATE.name: module.TEMPLATE
    for module in (default, superhero, casual, chef, astronaut, graduate, sports, couple)
}
BODIES_KEPT = 3  # of 5 to 11 MB each; computing one anew takes 0.03 to 0.1 s


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
    return tuple(
        (piece.name, piece.colour(palettes[piece.person or 0])) for piece in template.pieces
    )


def name_of(part: str, person: int) -> str:
    """Return what ``head`` or ``hair`` of a person is called: ``head``, ``head 2``."""
    return part if person == 0 else f"{part} {person + 1}"


def hides_hair(names: Iterable[str]) -> bool:
    """Tell by its parts whether the first figure wears a hat: a wished one, or its template's."""
    worn = set(names)
    return "headwear" in worn or any(
        template.hair_room is not None and worn.issuperset(piece.name for piece in template.pieces)
        for template in TEMPLATES.values()
    )


@lru_cache(maxsize=BODIES_KEPT)
def body(name: str) -> Body:
    """Return the geometry of a template; the last few that were asked for are kept."""
    template = find_template(name)
    blocks = tuple(_block(piece.shape).moved(template.stand_of(piece)) for piece in template.pieces)
    union = unite(blocks, range(len(blocks)))
    meshes = tuple(_mesh(piece, template.stand_of(piece), union) for piece in template.pieces)
    union.field.setflags(write=False)
    union.owner.setflags(write=False)
    for block in blocks:
        block.field.setflags(write=False)
    return Body(meshes, blocks, union)


def _block(shape: Shape, voxel: float = VOXEL) -> Block:
    low, high = shape.bounds()
    grid = Grid.spanning(low - 2 * voxel, high + 2 * voxel, voxel)
    return Block(grid, grid.full(shape.field(grid)))


def _mesh(piece: Piece, stand: Point, union: Union) -> Mesh:
    if isinstance(piece.shape, Disc):
        mesh = lathe(piece.shape)
    else:
        block = _block(piece.shape, piece.voxel)
        mesh = moved(triangulate(block.grid, block.field), stand)
        mesh = without_hidden(mesh, union)
    for array in (mesh.vertices, mesh.faces, mesh.normals):
        array.setflags(write=False)
    return mesh


def moved(mesh: Mesh, by: Point) -> Mesh:
    """Return a mesh elsewhere."""
    return replace(mesh, vertices=mesh.vertices + np.asarray(by, np.float32)) if any(by) else mesh
