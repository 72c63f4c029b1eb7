"""What a figurine can be asked for, value by value, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from common.contracts import figurine as f
from common.contracts.colours import EYES, HAIRS, SHIRTS, SKINS, Swatches
from common.contracts.stages import GLB, STL, THREEMF, USDZ, Output


class Format(StrEnum):
    """Files of a figurine."""

    GLB = "glb"
    STL = "stl"
    THREEMF = "3mf"
    USDZ = "usdz"


class Told(NamedTuple):
    """What a menu shows of a choice, and one sentence about it."""

    title: str
    description: str


FORMATS: Final = {
    Format.GLB: Told("GLB", "The figurine in 3D and in colour, to turn around on a screen."),
    Format.STL: Told("STL", "The shape alone, to print in one colour and paint."),
    Format.THREEMF: Told("3MF", "Shape and colours, to print in colour."),
    Format.USDZ: Told("USDZ", "To stand the figurine on your table, in AR on a phone."),
}
FORMAT_FILES: Final[dict[Format, Output]] = {
    Format.GLB: GLB,
    Format.STL: STL,
    Format.THREEMF: THREEMF,
    Format.USDZ: USDZ,
}
# of styles and templates: what the services themselves say of theirs (a test compares)
STYLES: Final = {
    f.Style.CEL: Told("Cel", "Flat tones and firm ink, cut out as a white-edged sticker."),
    f.Style.PENCIL: Told("Pencil", "Graphite lines and hatching on warm paper."),
    f.Style.WATERCOLOR: Told("Watercolour", "Loose washes that end in bare paper."),
    f.Style.OIL: Told("Oil", "Brush strokes along the form, before a studio backdrop."),
    f.Style.POP: Told("Pop", "Comic print: halftone dots, thick ink, a burst of rays."),
    f.Style.PIXEL: Told("Pixel", "A 128-pixel sprite with a small palette."),
}
BACKGROUNDS: Final = {
    f.Background.DRAWN: Told("Drawn", "A backdrop in the style of the portrait."),
    f.Background.TRANSPARENT: Told(
        "Transparent", "Nothing: the person cut out, as a PNG with alpha."
    ),
}
TEMPLATES: Final = {
    f.TemplateName.DEFAULT: Told(
        "Everyday", "T-shirt in the colour of the photo, trousers and sneakers."
    ),
    f.TemplateName.SUPERHERO: Told(
        "Superhero", "Suit in the hue of the photo, cape, boots and gloves, a star on the chest."
    ),
    f.TemplateName.CASUAL: Told(
        "Weekend", "Hoodie in the colour of the photo, jeans and canvas shoes."
    ),
    f.TemplateName.CHEF: Told(
        "Chef", "White jacket and toque, apron and neckerchief in the colour of the photo."
    ),
    f.TemplateName.ASTRONAUT: Told(
        "Astronaut",
        "Padded white suit with stripes in the colour of the photo, helmet in the arm.",
    ),
    f.TemplateName.GRADUATE: Told(
        "Graduate", "Gown, mortarboard and diploma, with a stole in the colour of the photo."
    ),
    f.TemplateName.SPORTS: Told(
        "Sports", "Jersey in the colour of the photo with a number, shorts, sneakers and a ball."
    ),
    f.TemplateName.COUPLE: Told(
        "Two of you", "Two people hand in hand on one base, each in the colour of their own shirt."
    ),
}
FACES: Final = {
    f.Face.DRAWN: Told("Drawn", "Drawn from the measured face."),
    f.Face.PORTRAIT: Told("Photo", "The photo itself, stylised."),
}
ENGINES: Final = {
    f.Engine.AUTO: Told(
        "Automatic", "The best engine that is installed; the job says which one ran."
    ),
    f.Engine.BUILTIN: Told("Built-in", "Needs no download and no graphics card."),
    f.Engine.NEURAL: Told("Neural", "A network that redraws the photo in one pass."),
    f.Engine.DIFFUSION: Told("Diffusion", "Diffusion from the photo, in a few steps."),
}
PROCESSES: Final = {
    f.Process.FDM: Told("Filament", "FDM printers: walls of 1.0 mm and more."),
    f.Process.SLA: Told("Resin", "SLA printers: walls of 0.8 mm and more."),
    f.Process.FULL_COLOUR: Told("Full colour", "Powder in full colour: walls of 2.0 mm and more."),
}
COLOURINGS: Final = {
    f.Colouring.TEXTURE: Told("Texture", "Textures, for full-colour printers."),
    f.Colouring.GROUPS: Told("Parts", "A colour for each part, as standard colour groups."),
    f.Colouring.FILAMENTS: Told(
        "Filaments", "Only the colours of your filaments, painted for slicers."
    ),
}
ORIENTATIONS: Final = {
    f.Orientation.UPRIGHT: Told("Upright", "Standing on its base."),
    f.Orientation.AUTO: Told("Least support", "As needs the least support."),
}
LOOKS: Final = (
    ("hair_type", "How hair falls", f.HairType),
    ("hair_length", "Where hair ends", f.HairLength),
    ("hair_tied", "How hair is tied", f.HairTied),
    ("headwear", "What is worn on the head", f.Headwear),
    ("glasses", "What is worn before the eyes", f.Glasses),
    ("beard", "Where a beard grows", f.Beard),
    ("expression", "What the mouth says", f.Expression),
    ("age", "Whose proportions the figurine has", f.Age),
)
COLOURS: Final[tuple[tuple[str, str, Swatches], ...]] = (
    ("skin", "Colour of the skin", SKINS),
    ("hair", "Colour of the hair", HAIRS),
    ("eyes", "Colour of the eyes", EYES),
    ("shirt", "Colour of the shirt", SHIRTS),
)
