"""From measured attributes to the form of a figurine: the entry point of the sculpting stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_service.domain.bodies import body, find_template
from fusion_service.domain.face.paint import paint_face
from fusion_service.domain.head.hair import model_hair
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.head.head import model_head, project_texture
from fusion_service.domain.palette import choose_palette
from fusion_service.domain.sculpture import Form, FormPart
from fusion_service.domain.shape.fuse import solidify
from fusion_service.domain.shape.hidden import without_hidden
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.union import extend
from fusion_service.domain.templates.wardrobe import PLINTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.attributes import Attributes


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
        There is no such template.
    """
    outfit = find_template(template)
    attributes = people[0]
    # 1. the drawn face stands out a little
    relief = paint_face(attributes, choose_palette(attributes)).relief
    # 2. fields of head and hair; the body is the same for everybody
    haircut = choose_haircut(attributes)
    head = model_head(attributes, relief, ears=not haircut.covers_ears)
    hair = model_hair(haircut)
    # 3. the solid first: triangulating a part closes its field in place
    own = [head] if hair is None else [head, hair]
    under = body(template)
    first = len(under.blocks)
    union = extend(under.union, own, range(first, first + len(own)))
    solid = solidify(union, [*under.blocks, *own])
    # 4. one smooth mesh per part, for the eye
    parts = [
        FormPart(piece.name, mesh) for piece, mesh in zip(outfit.pieces, under.meshes, strict=True)
    ]
    face = without_hidden(triangulate(head.grid, head.field), union)
    parts.append(FormPart("head", project_texture(face)))
    if hair is not None:
        mesh = without_hidden(triangulate(hair.grid, hair.field), union)
        parts.append(FormPart("hair", mesh))
    return Form(
        parts=tuple(parts),
        solid=solid,
        template=template,
        height_mm=height_mm,
        base_area=PLINTH.area,
        facts={
            "hair": haircut.kind,
            "long_hair": haircut.long,
            "ears": not haircut.covers_ears,
            "glasses": attributes.glasses != "none",
        },
    )
