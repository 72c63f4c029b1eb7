"""What a figurine can be asked for, value by value, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from common.contracts import figurine as f
from common.contracts.colours import EYES, HAIRS, SKINS, Swatches
from common.contracts.stages import GLB, STL, THREEMF, USDZ, Output


class Format(StrEnum):
    """Files of a figurine."""

    GLB = "glb"
    STL = "stl"
    THREEMF = "3mf"
    USDZ = "usdz"


FORMAT_FILES: Final[dict[Format, Output]] = {
    Format.GLB: GLB,
    Format.STL: STL,
    Format.THREEMF: THREEMF,
    Format.USDZ: USDZ,
}
STYLES: Final = {
    f.Style.CEL: "Flat tones and clean ink lines",
    f.Style.PENCIL: "Graphite on paper",
    f.Style.WATERCOLOR: "Soft washes with paper grain",
    f.Style.OIL: "Visible brush strokes",
    f.Style.POP: "Screen-print colours and dots",
    f.Style.PIXEL: "Large pixels, few colours",
}
BACKGROUNDS: Final = {
    f.Background.DRAWN: "A backdrop in the style of the portrait",
    f.Background.TRANSPARENT: "Nothing: the person cut out, as a PNG with alpha",
}
TEMPLATES: Final = {
    f.TemplateName.DEFAULT: "Vinyl toy in plain clothes",
    f.TemplateName.SUPERHERO: "Cape, boots and a heroic stance",
    f.TemplateName.CASUAL: "Relaxed stance, everyday clothes",
    f.TemplateName.CHEF: "White jacket, toque, apron and a wooden spoon",
    f.TemplateName.ASTRONAUT: "Padded space suit, the helmet under the arm",
    f.TemplateName.GRADUATE: "Gown, mortarboard and diploma",
    f.TemplateName.SPORTS: "Jersey with a number, shorts, the ball at the foot",
    f.TemplateName.COUPLE: "Two people on one base: the photo must show both",
}
FACES: Final = {
    f.Face.DRAWN: "Drawn from the measured face",
    f.Face.PORTRAIT: "The photo itself, stylised",
}
ENGINES: Final = {
    f.Engine.AUTO: "The best engine that is installed; the job says which one ran",
    f.Engine.BUILTIN: "Needs no download and no graphics card",
    f.Engine.NEURAL: "A network that redraws the photo in one pass",
    f.Engine.DIFFUSION: "Diffusion from the photo, in a few steps",
}
PROCESSES: Final = {
    f.Process.FDM: "Filament: walls of 1.0 mm and more",
    f.Process.SLA: "Resin: walls of 0.8 mm and more",
    f.Process.FULL_COLOUR: "Powder in full colour: walls of 2.0 mm and more",
}
COLOURINGS: Final = {
    f.Colouring.TEXTURE: "Textures, for full-colour printers",
    f.Colouring.GROUPS: "A colour for each part, as standard colour groups",
    f.Colouring.FILAMENTS: "Only the colours of your filaments, painted for slicers",
}
ORIENTATIONS: Final = {
    f.Orientation.UPRIGHT: "Standing on its base",
    f.Orientation.AUTO: "As needs the least support",
}
_LOOKS: Final = (
    ("hair_type", "How hair falls", f.HairType),
    ("hair_length", "Where hair ends", f.HairLength),
    ("hair_tied", "How hair is tied", f.HairTied),
    ("headwear", "What is worn on the head", f.Headwear),
    ("glasses", "What is worn before the eyes", f.Glasses),
    ("beard", "Where a beard grows", f.Beard),
    ("expression", "What the mouth says", f.Expression),
    ("age", "Whose proportions the figurine has", f.Age),
)
_COLOURS: Final[tuple[tuple[str, str, Swatches], ...]] = (
    ("skin", "Colour of the skin", SKINS),
    ("hair", "Colour of the hair", HAIRS),
    ("eyes", "Colour of the eyes", EYES),
    ("shirt", "Colour of the shirt", {}),
)


def looks() -> list[dict[str, Any]]:
    """List what may be said instead of what was measured, with every value of it."""
    return [
        {"name": name, "title": title, "values": [str(value) for value in values]}
        for name, title, values in _LOOKS
    ]


def colours() -> list[dict[str, Any]]:
    """List the colours that may be said: ``#rrggbb``, any name of CSS, or a swatch."""
    return [
        {"name": name, "title": title, "swatches": dict(swatches)}
        for name, title, swatches in _COLOURS
    ]
