"""From a form to a figurine in colour: the entry point of the painting stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_service.domain.bodies import dress, find_template, name_of
from fusion_service.domain.face.paint import face_texture
from fusion_service.domain.face.photograph import photograph_texture
from fusion_service.domain.palette import choose_palette, lab_to_srgb
from fusion_service.domain.sculpture import Coat, Sculpture, Texture

DARK_LENSES = (9.0, 0.5, -1.5)
IVORY, CHARCOAL = (244, 238, 224), (45, 46, 54)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.palette import Palette
    from fusion_service.domain.sculpture import Colour, Form, Pixels


def paint(
    form: Form,
    people: Sequence[Attributes],
    palettes: Sequence[Palette] | None = None,
    pictures: Sequence[Pixels] | None = None,
) -> Sculpture:
    """Paint a form.

    Parameters
    ----------
    form
        As ``sculpt`` made it from the same people.
    people
        What was measured of each face.
    palettes
        Colours of each person; those that suit what was measured if left out.
    pictures
        The photographed face of each person, to lie on the head instead of the drawn one.
    """
    palettes = palettes or [choose_palette(attributes) for attributes in people]
    coats = {name: Coat(colour) for name, colour in dress(find_template(form.template), palettes)}
    coats["name"] = Coat(_beside(coats["base"].colour))
    for person, (attributes, palette) in enumerate(zip(people, palettes, strict=True)):
        texture = (
            face_texture(attributes, palette)
            if pictures is None
            else photograph_texture(attributes, palette, pictures[person])
        )
        coats[name_of("head", person)] = Coat(lab_to_srgb(palette.skin), Texture.of(texture))
        for part, colour in (
            ("hair", palette.hair),
            ("headwear", palette.headwear),
            ("glasses", palette.frame),
            ("lenses", DARK_LENSES),
        ):
            coats[name_of(part, person)] = Coat(lab_to_srgb(colour))
    return Sculpture(form, tuple(coats[part.name] for part in form.parts))


def _beside(base: Colour) -> Colour:
    """Return the colour of letters that can be read on a base."""
    red, green, blue = base
    dark = 0.3 * red + 0.59 * green + 0.11 * blue < 128
    return IVORY if dark else CHARCOAL
