"""The words that a template is written in: its pieces and the rules for their colours.

A colour rule turns the palette of a person into sRGB. ``fixed`` ignores the person, ``skin`` and
``shirt`` take what the photo shows, the others choose what stands well beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_service.domain.palette import Palette, lab_to_srgb
from fusion_service.domain.sculpture import Colour
from fusion_service.domain.shape.sdf import VOXEL
from fusion_service.domain.shape.shapes import Disc

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Lab
    from fusion_service.domain.shape.sdf import Point
    from fusion_service.domain.shape.shapes import Shape

ColourRule = Callable[[Palette], Colour]

# The chamfer keeps the first printed layer from spreading beyond the outline.
PLINTH = Disc((0.0, -1.5), 20.0, 0.0, 4.0, rounding=1.0, chamfer=0.5)
VIOLET_HUE = -54.0  # degrees in CIE Lab
TOO_NEAR = 90.0  # two clothes whose sRGB colours are nearer than this look like one


@dataclass(frozen=True)
class Piece:
    """One part of a template: a name, a colour and a solid.

    ``person`` says who wears it: it is written in that person's own frame and coloured from that
    person's palette. None belongs to nobody, like the base.
    """

    name: str
    colour: ColourRule
    shape: Shape
    voxel: float = VOXEL  # of the display mesh; finer for small ornaments
    person: int | None = 0


@dataclass(frozen=True)
class Template:
    """A body that any head can wear; earlier pieces win where two coincide.

    Attributes
    ----------
    pieces : tuple of Piece
        The base first.
    stands : tuple of (x, y, z)
        Where each person's own frame stands, millimetres; whole multiples of ``VOXEL``.
    hair_room : Shape, optional
        What a hat leaves of the hair, in a person's own frame: hair outside of it is cut off.
    """

    name: str
    title: str
    description: str
    pieces: tuple[Piece, ...]
    stands: tuple[Point, ...] = ((0.0, 0.0, 0.0),)
    hair_room: Shape | None = None

    @property
    def people(self) -> int:
        """How many people stand on the base."""
        return len(self.stands)

    def stand_of(self, piece: Piece) -> Point:
        """Return where the frame stands that a piece is written in."""
        return (0.0, 0.0, 0.0) if piece.person is None else self.stands[piece.person]

    @property
    def base(self) -> Disc:
        """What they stand on."""
        shape = self.pieces[0].shape
        if not isinstance(shape, Disc):
            raise TypeError(f"The first piece of {self.name} is not its base.")
        return shape

    @property
    def base_area(self) -> float:
        """Area of the base seen from above, square millimetres."""
        return self.base.area


def plinth(red: int, green: int, blue: int, shape: Disc = PLINTH) -> Piece:
    """Return the base that every figurine stands on: round, for one person, if not said."""
    return Piece("base", fixed(red, green, blue), shape, person=None)


def fixed(red: int, green: int, blue: int) -> ColourRule:
    """Return the same colour for everybody."""
    return lambda _: (red, green, blue)


def skin() -> ColourRule:
    """Return the colour of bare arms and hands."""
    return lambda palette: lab_to_srgb(palette.skin)


def shirt() -> ColourRule:
    """Return the shirt's colour in the photo."""
    return lambda palette: lab_to_srgb(palette.shirt)


def beside_shirt(first: Colour, second: Colour) -> ColourRule:
    """Return the first colour, or the second where the first is too near to the shirt's."""

    def rule(palette: Palette) -> Colour:
        near = math.dist(first, lab_to_srgb(palette.shirt)) < TOO_NEAR
        return second if near else first

    return rule


def shirt_on(*backgrounds: Colour, instead: Colour) -> ColourRule:
    """Return the shirt's colour, or ``instead`` where it would not show on a background."""

    def rule(palette: Palette) -> Colour:
        worn = lab_to_srgb(palette.shirt)
        nearest = min(math.dist(background, worn) for background in backgrounds)
        return instead if nearest < TOO_NEAR else worn

    return rule


def suit() -> ColourRule:
    """Return a saturated colour in the hue of the shirt, violet for a grey shirt."""
    return lambda palette: lab_to_srgb(_suit(palette))


def beside_suit(first: Colour, second: Colour) -> ColourRule:
    """Return whichever colour is further from the suit's."""

    def rule(palette: Palette) -> Colour:
        worn = lab_to_srgb(_suit(palette))
        return max((first, second), key=lambda colour: math.dist(colour, worn))

    return rule


def lighter(rule: ColourRule, share: float) -> ColourRule:
    """Return a rule's colour with a share (0..1) of white in it."""
    return lambda palette: _mixed(rule(palette), 255, share)


def darker(rule: ColourRule, share: float) -> ColourRule:
    """Return a rule's colour with a share (0..1) of black in it."""
    return lambda palette: _mixed(rule(palette), 0, share)


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


def _mixed(colour: Colour, other: int, share: float) -> Colour:
    red, green, blue = (round(channel + (other - channel) * share) for channel in colour)
    return red, green, blue
