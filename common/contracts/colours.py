"""Colours as people write them: ``#rrggbb``, a CSS name, or one of the swatches of a part.

The CSS names and values are those of the CSS Color Module Level 4, by Pillow. The swatches are
ours: words that people use for skin, hair, eyes and shirts, where CSS has none that fits.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Final

from PIL import ImageColor
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Swatches = dict[str, str]

SKINS: Final[Swatches] = {
    "porcelain": "#f6dccb",
    "fair": "#f0c9ae",
    "beige": "#e3b08d",
    "olive": "#cf9a6f",
    "tan": "#b97f55",
    "brown": "#94603e",
    "dark": "#6d452f",
    "ebony": "#4b3024",
}
HAIRS: Final[Swatches] = {
    "black": "#201c1c",
    "dark-brown": "#3b2820",
    "brown": "#5e3f2c",
    "light-brown": "#8a6240",
    "blond": "#d9b26a",
    "platinum": "#eadfc4",
    "ginger": "#c0622c",
    "auburn": "#7d3524",
    "grey": "#9b9a98",
    "white": "#e4e2de",
}
EYES: Final[Swatches] = {
    "brown": "#6b4426",
    "dark-brown": "#3f281a",
    "hazel": "#8a6a35",
    "green": "#5b8a52",
    "blue": "#4f86b8",
    "grey": "#7d8b95",
}
SHIRTS: Final[Swatches] = {  # none is a name of CSS, which would mean another colour
    "cloud": "#f1f1ec",
    "charcoal": "#3c3f46",
    "denim": "#3f6593",
    "night": "#2a3350",
    "petrol": "#1f7a7d",
    "forest": "#3c6e47",
    "mustard": "#d9a522",
    "tangerine": "#e8743b",
    "brick": "#b3402e",
    "rose": "#d98a9b",
    "lilac": "#a99bd0",
    "aubergine": "#5c3556",
}
HEX: Final = r"^#[0-9a-f]{6}$"


def _normalised(value: object, swatches: Swatches) -> object:
    """Turn a name or a colour into ``#rrggbb`` in small letters."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    found = swatches.get(text.replace(" ", "-")) or ImageColor.colormap.get(text, text)
    if isinstance(found, str) and re.fullmatch(HEX, found):
        return found
    known = f"; swatches: {', '.join(swatches)}" if swatches else ""
    said = {"value": repr(value[:40]), "known": known}
    raise PydanticCustomError(
        "colour", "{value} is no colour: write #rrggbb or a CSS name{known}", said
    )


def _schema(*examples: str) -> WithJsonSchema:
    """Describe what is sure to be understood; other names of CSS are, too."""
    names = "|".join(["#[0-9a-f]{6}", *examples[1:]])
    said: dict[str, Any] = {"type": "string", "format": "color", "pattern": f"^({names})$"}
    return WithJsonSchema(said | {"examples": [*examples]})


Colour = Annotated[
    str,
    BeforeValidator(partial(_normalised, swatches={})),
    _schema("#c0622c", "teal"),
]
SkinColour = Annotated[
    str,
    BeforeValidator(partial(_normalised, swatches=SKINS)),
    _schema("#e3b08d", *SKINS),
]
HairColour = Annotated[
    str,
    BeforeValidator(partial(_normalised, swatches=HAIRS)),
    _schema("#c0622c", *HAIRS),
]
EyeColour = Annotated[
    str,
    BeforeValidator(partial(_normalised, swatches=EYES)),
    _schema("#4f86b8", *EYES),
]
ShirtColour = Annotated[
    str,
    BeforeValidator(partial(_normalised, swatches=SHIRTS)),
    _schema("#1f7a7d", *SHIRTS),
]
