"""The words that a template is written in: its pieces and the rules for their colours.

A colour rule turns the palette of a person into sRGB. ``fixed`` ignores the person, ``shirt``
takes the shirt of the photo, the others are chosen to stand well beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_service.domain.palette import Palette, lab_to_srgb, shift
from fusion_service.domain.sdf import VOXEL
from fusion_service.domain.shapes import Disc

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Lab
    from fusion_service.domain.sculpture import Colour
    from fusion_service.domain.shapes import Shape

ColourRule = Callable[[Palette], "Colour"]

# The chamfer keeps the first printed layer from spreading beyond the outline.
PLINTH = Disc((0.0, -1.5), 20.0, 0.0, 4.0, rounding=1.0, chamfer=0.5)
NAVY, SAND = (30.0, 2.0, -18.0), (66.0, 3.0, 15.0)
VIOLET_HUE = -54.0  # degrees in CIE Lab
ORANGE, TEAL = (62.0, 44.0, 54.0), (52.0, -36.0, -8.0)


@dataclass(frozen=True)
class Piece:
    """One part of a template: a name, a colour and a solid."""

    name: str
    colour: ColourRule
    shape: Shape
    voxel: float = VOXEL  # of the display mesh; finer for small ornaments


@dataclass(frozen=True)
class Template:
    """A body that any head can wear; earlier pieces win where two coincide."""

    name: str
    title: str
    description: str
    pieces: tuple[Piece, ...]


def plinth(red: int, green: int, blue: int) -> Piece:
    """Return the round base that every figurine stands on."""
    return Piece("base", fixed(red, green, blue), PLINTH)


def fixed(red: int, green: int, blue: int) -> ColourRule:
    """Return the same colour for everybody."""
    return lambda _: (red, green, blue)


def skin() -> ColourRule:
    """Return the colour of bare arms and hands."""
    return lambda palette: lab_to_srgb(palette.skin)


def shirt(lighter: float = 0.0) -> ColourRule:
    """Return the shirt's colour in the photo, ``lighter`` by so many units of CIE L*."""
    return lambda palette: lab_to_srgb(shift(palette.shirt, lighter))


def trousers(lighter: float = 0.0) -> ColourRule:
    """Return navy, or sand under a shirt that is itself dark and blue."""

    def rule(palette: Palette) -> Colour:
        light, _, blue = palette.shirt
        cloth = SAND if light < 45 and blue < -8 else NAVY
        return lab_to_srgb(shift(cloth, lighter))

    return rule


def suit() -> ColourRule:
    """Return a saturated colour in the hue of the shirt, violet for a grey shirt."""
    return lambda palette: lab_to_srgb(_suit(palette))


def cape() -> ColourRule:
    """Return orange or teal, whichever is further from the suit."""

    def rule(palette: Palette) -> Colour:
        worn = _suit(palette)
        return lab_to_srgb(max((ORANGE, TEAL), key=lambda colour: math.dist(colour, worn)))

    return rule


def _suit(palette: Palette) -> Lab:
    light, a, b = palette.shirt
    if math.hypot(a, b) <= 14:
        light, hue = 33.0, VIOLET_HUE
    else:
        light, hue = min(max(light, 34.0), 58.0), math.degrees(math.atan2(b, a))
        if -115 < hue < -66:
            # Blue with an orange cape would remind people of a hero who is not ours.
            hue = VIOLET_HUE
    radians = math.radians(hue)
    return light, 50 * math.cos(radians), 50 * math.sin(radians)
