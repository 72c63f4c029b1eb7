"""From measured attributes to a figurine: the entry point of the sculpting stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_service.domain.bodies import body, dress, find_template
from fusion_service.domain.face.paint import paint_face
from fusion_service.domain.head.hair import model_hair
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.head.head import model_head, project_texture
from fusion_service.domain.palette import choose_palette, lab_to_srgb
from fusion_service.domain.sculpture import Part, Sculpture
from fusion_service.domain.shape.fuse import solidify
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.union import extend
from fusion_service.domain.templates.wardrobe import PLINTH

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes


def sculpt(attributes: Attributes, template: str, height_mm: float = 100.0) -> Sculpture:
    """Sculpt one person in one of the templates.

    Parameters
    ----------
    attributes
        What was measured of the face.
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
    # 1. colours and the drawn face
    palette = choose_palette(attributes)
    paint = paint_face(attributes, palette)
    # 2. fields of head and hair; the body is the same for everybody
    haircut = choose_haircut(attributes)
    head = model_head(attributes, paint.relief, ears=not haircut.covers_ears)
    hair = model_hair(haircut)
    clothes = dress(outfit, palette)
    # 3. the solid first: triangulating a part closes its field in place
    own = [head] if hair is None else [head, hair]
    under = body(template)
    first = len(under.blocks)
    union = extend(under.union, own, range(first, first + len(own)))
    solid = solidify(union, [*under.blocks, *own])
    # 4. one smooth mesh per part, for the eye
    face = project_texture(triangulate(head.grid, head.field))
    parts = [*clothes, Part("head", lab_to_srgb(palette.skin), face)]
    if hair is not None:
        mesh = triangulate(hair.grid, hair.field)
        parts.append(Part("hair", lab_to_srgb(palette.hair), mesh))
    return Sculpture(
        parts=tuple(parts),
        solid=solid,
        face_texture=paint.texture,
        template=template,
        height_mm=height_mm,
        base_radius=PLINTH.radius,
        facts={
            "hair": haircut.kind,
            "long_hair": haircut.long,
            "ears": not haircut.covers_ears,
            "glasses": attributes.glasses,
        },
    )
