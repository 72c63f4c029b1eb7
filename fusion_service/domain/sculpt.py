"""From measured attributes to the form of a figurine: the entry point of the sculpting stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import BadParameter
from fusion_service.domain.bodies import body, find_template, moved, name_of
from fusion_service.domain.face.paint import paint_face
from fusion_service.domain.head.hair import model_hair
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.head.hat import under_hat
from fusion_service.domain.head.head import model_head, project_texture
from fusion_service.domain.palette import choose_palette
from fusion_service.domain.sculpture import Form, FormPart
from fusion_service.domain.shape.fuse import solidify
from fusion_service.domain.shape.hidden import without_hidden
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.union import extend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.head.haircut import Haircut
    from fusion_service.domain.shape.sdf import Point
    from fusion_service.domain.shape.union import Block, Union
    from fusion_service.domain.templates.wardrobe import Template


def sculpt(people: Sequence[Attributes], template: str, height_mm: float = 100.0) -> Form:
    """Sculpt people in one of the templates.

    Parameters
    ----------
    people
        What was measured of each face, as many as the template has.
    template : str
        A name in ``bodies.TEMPLATES``.
    height_mm : float
        Height of the printed figurine; the geometry itself stays in design units.

    Raises
    ------
    BadParameter
        There is no such template, or it is for another number of people.
    """
    outfit = find_template(template)
    if len(people) != outfit.people:
        raise BadParameter(
            f"The template {template!r} shows {outfit.people} people, not {len(people)}."
        )
    # 1. fields of heads and hair; the body is the same for everybody
    busts = [_bust(attributes, outfit) for attributes in people]
    own = [
        block.moved(stand)
        for bust, stand in zip(busts, outfit.stands, strict=True)
        for block in (bust.head, bust.hair)
        if block is not None
    ]
    # 2. the solid first: triangulating a part closes its field in place
    under = body(template)
    first = len(under.blocks)
    union = extend(under.union, own, range(first, first + len(own)))
    solid = solidify(union, [*under.blocks, *own])
    # 3. one smooth mesh per part, for the eye
    parts = [
        FormPart(piece.name, mesh, piece.person or 0, outfit.stand_of(piece))
        for piece, mesh in zip(outfit.pieces, under.meshes, strict=True)
    ]
    for person, bust in enumerate(busts):
        parts.extend(_shown(bust, person, outfit.stands[person], union))
    haircut = busts[0].haircut
    return Form(
        parts=tuple(parts),
        solid=solid,
        template=template,
        height_mm=height_mm,
        base_area=outfit.base_area,
        facts={
            "hair": haircut.kind,
            "long_hair": haircut.long,
            "ears": not haircut.covers_ears,
            "glasses": people[0].glasses != "none",
        },
    )


@dataclass(frozen=True)
class _Bust:
    """What one person brings along, in the own frame."""

    haircut: Haircut
    head: Block
    hair: Block | None


def _bust(attributes: Attributes, outfit: Template) -> _Bust:
    # the drawn face stands out a little
    relief = paint_face(attributes, choose_palette(attributes)).relief
    haircut = choose_haircut(attributes)
    hair = model_hair(haircut)
    if hair is not None and outfit.hair_room is not None:
        hair = under_hat(hair, outfit.hair_room)
    return _Bust(haircut, model_head(attributes, relief, ears=not haircut.covers_ears), hair)


def _shown(bust: _Bust, person: int, stand: Point, union: Union) -> Iterator[FormPart]:
    """Yield head and hair as meshes; the texture is projected in the person's own frame."""
    x, y, z = stand
    around = union.moved((-x, -y, -z))
    face = without_hidden(triangulate(bust.head.grid, bust.head.field), around)
    face = moved(project_texture(face), stand)
    yield FormPart(name_of("head", person), face, person, stand)
    if bust.hair is not None:
        mesh = without_hidden(triangulate(bust.hair.grid, bust.hair.field), around)
        yield FormPart(name_of("hair", person), moved(mesh, stand), person, stand)
