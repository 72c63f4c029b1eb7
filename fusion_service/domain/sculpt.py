"""From measured attributes to the form of a figurine: the entry point of the sculpting stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import BadParameter
from fusion_service.domain.bodies import body, find_template, moved, name_of
from fusion_service.domain.head.bust import model_bust
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.printable import PrintWish, make_printable
from fusion_service.domain.sculpture import Form, FormPart
from fusion_service.domain.shape.union import extend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.head.bust import Feature
    from fusion_service.domain.process import Process
    from fusion_service.domain.shape.sdf import Point
    from fusion_service.domain.shape.union import Union


def sculpt(
    people: Sequence[Attributes],
    template: str,
    height_mm: float = 100.0,
    *,
    portrait: bool = False,
    process: Process = "fdm",
    name: str | None = None,
    hollow: bool = False,
) -> Form:
    """Sculpt people in one of the templates.

    Parameters
    ----------
    people
        What was measured of each face, as many as the template has.
    template : str
        A name in ``bodies.TEMPLATES``.
    height_mm : float
        Height of the printed figurine; the geometry itself stays in design units.
    portrait : bool
        A photograph of the face will lie on the head: it is left smooth.
    process : str
        How it will be printed: thin features grow to what the process can do.
    name : str, optional
        Raised letters on the front of the base, as a part called ``name``.
    hollow : bool
        Leave a drained cavity, if that saves anything; the facts say what became of it.

    Raises
    ------
    BadParameter
        There is no such template, or it is for another number of people.
    NameDoesNotFit
        The name cannot be written on the base at this size.
    """
    outfit = find_template(template)
    if len(people) != outfit.people:
        raise BadParameter(
            f"The template {template!r} shows {outfit.people} people, not {len(people)}."
        )
    # 1. fields of heads and hair; the body is the same for everybody
    busts = [
        model_bust(attributes, drawn=not portrait, room=outfit.hair_room) for attributes in people
    ]
    own = [
        feature.block.moved(stand)
        for bust, stand in zip(busts, outfit.stands, strict=True)
        for feature in bust
    ]
    # 2. the solid first: triangulating a part closes its field in place
    under = body(template)
    first = len(under.blocks)
    union = extend(under.union, own, range(first, first + len(own)))
    blocks = [*under.blocks, *own]
    wish = PrintWish(height_mm, process, name, hollow)
    printable = make_printable(union, blocks, outfit.base, wish, name_id=len(blocks))
    # 3. one smooth mesh per part, for the eye
    parts = [
        FormPart(piece.name, mesh, piece.person or 0, outfit.stand_of(piece))
        for piece, mesh in zip(outfit.pieces, under.meshes, strict=True)
    ]
    for person, bust in enumerate(busts):
        parts.extend(_shown(bust, person, outfit.stands[person], union))
    parts = [printable.raised(part) for part in parts]
    if printable.letters is not None:
        parts.append(FormPart("name", printable.letters))
    haircut = choose_haircut(people[0])
    return Form(
        parts=tuple(parts),
        solid=printable.solid,
        template=template,
        height_mm=height_mm,
        base_area=outfit.base_area,
        facts={
            "hair": haircut.kind,
            "long_hair": haircut.long,
            "ears": not haircut.covers_ears,
            "glasses": people[0].glasses != "none",
            "face": "portrait" if portrait else "drawn",
            **printable.facts,
        },
    )


def _shown(bust: Sequence[Feature], person: int, stand: Point, union: Union) -> Iterator[FormPart]:
    """Yield the features as meshes; the texture is projected in the person's own frame."""
    x, y, z = stand
    around = union.moved((-x, -y, -z))
    for feature in bust:
        mesh = moved(feature.mesh(around), stand)
        yield FormPart(name_of(feature.name, person), mesh, person, stand)
