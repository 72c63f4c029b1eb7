"""A figurine as ordered: the parameters of a request, applied to the people in a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.contracts.figurine import Face
from fusion_service.domain.paint import paint
from fusion_service.domain.palette import choose_palette
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.wishes import palette_of, wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.contracts.figurine import Looks, PaintRequest, SculptWish
    from fusion_service.domain.attributes import Attributes, People
    from fusion_service.domain.sculpture import Form, Pixels, Sculpture


def sculpt_order(measured: People, wanted: SculptWish) -> Form:
    """Sculpt what somebody asked for; see ``sculpt`` for what may go wrong."""
    return sculpt(
        _wished(measured, wanted),
        wanted.template,
        wanted.height_mm,
        process=wanted.process.value,
        name=wanted.name,
        hollow=wanted.hollow,
        portrait=wanted.face is Face.PORTRAIT,
    )


def paint_order(
    form: Form, measured: People, wanted: PaintRequest, pictures: Sequence[Pixels] | None
) -> Sculpture:
    """Paint a form in the colours that somebody asked for.

    ``pictures`` are the photographed faces; without them a face is drawn.
    """
    people = _wished(measured, wanted)
    palettes = [palette_of(people[0], wanted), *map(choose_palette, people[1:])]
    photographed = wanted.face is Face.PORTRAIT
    return paint(form, people, palettes, pictures if photographed else None)


def _wished(measured: People, looks: Looks) -> tuple[Attributes, ...]:
    """Give the looks that somebody chose to the first person."""
    first, *others = measured.people
    return (wish(first, looks), *others)
