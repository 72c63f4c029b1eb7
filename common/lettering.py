"""A name in raised letters: which can be written, and which base has room for it.

Who takes a job in asks before it is made, and who sculpts it asks here as well. The font is
M PLUS Rounded 1c ExtraBold (SIL Open Font License 1.1, see ``fonts``): heavy strokes with round
ends print well.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from common.contracts.figurine import TemplateName
from common.errors import NameDoesNotFit

Picture = npt.NDArray[np.bool_]  # (rows, columns), the first row on top

FONT: Final = Path(__file__).parent / "fonts" / "MPLUSRounded1c-ExtraBold.ttf"
PX: Final = 160  # pixels an em
MARGIN: Final = 0.25  # em of empty picture around the ink
BOLDER: Final = 0.02  # em that an outline may move outward; the counter of an "e" is 0.1 em high
SPACING: Final = 0.05  # em between letters beyond the font's own, since they get bolder
ROUND_ENDS: Final = 1.42  # radii from a disc in a right angle to its tip: sharp is not thin
LOST_SHARE: Final = 0.004  # of the ink may be thinner than the thinnest stroke
_WIDEST: Final = 0.15 * PX / 2  # pixels of the half picture: no stroke of the font is thicker
_FAR: Final = 19  # pixels of the half picture; no distance beyond it decides anything

# Thinnest raised stroke in millimetres, as print services advise for embossed details (Protolabs
# Network, "Key design considerations for 3D printing": FDM 0.6, SLA 0.4, binder jetting 0.5).
# Raised detail stands on a wall, so it may be thinner than what stands alone.
STROKE_MM: Final[dict[str, float]] = {"fdm": 0.6, "sla": 0.4, "full_colour": 0.6}
LAYER: Final = 0.6  # design millimetres: the voxel of who sculpts
LAYERS: Final = range(4, 20)  # that the base may grow by: 2.4 to 11.4 mm, as tiny prints need
FOOT, SHOULDER = 0.8, 1.3  # of a base's wall that chamfer and rounding take, and some air


@dataclass(frozen=True)
class Measures:
    """How large a line of text is; lengths in em."""

    text: str
    width: float  # of the ink
    height: float
    thinnest: float  # stroke


@dataclass(frozen=True)
class Front:
    """What a base offers to a name; lengths in design millimetres."""

    reach: float  # along its wall, to either side of the middle, that is read from the front
    wall: float  # height of the base
    figure: float  # height of the figurine on it


# The lowest figurine of each template, bald, for nobody knows the hair before the photo was
# measured: under hair a name at the limit goes further round. What is not listed is told when made.
_ONE, _TWO = Front(23.04, 4.0, 75.0), Front(39.48, 4.0, 75.0)
FRONTS: Final = {
    TemplateName.DEFAULT: _ONE,
    TemplateName.SUPERHERO: _ONE,
    TemplateName.CASUAL: _ONE,
    TemplateName.CHEF: replace(_ONE, figure=88.0),
    TemplateName.ASTRONAUT: _ONE,
    TemplateName.GRADUATE: replace(_ONE, figure=81.5),
    TemplateName.SPORTS: _ONE,
    TemplateName.COUPLE: _TWO,
}


def check_plate(name: str, template: TemplateName, height_mm: float, process: str) -> None:
    """Refuse a name that no figurine of a template has room for.

    Raises
    ------
    NameDoesNotFit
        A character cannot be written, or the strokes would be too thin to print.
    """
    measures, front = measure(check_name(name)), FRONTS.get(template)
    if front is None:
        return
    for layers in LAYERS:
        lift = layers * LAYER
        stroke = STROKE_MM[process] * (front.figure + lift) / height_mm
        room = (2 * front.reach, front.wall + lift - FOOT - SHOULDER)
        if smallest_em(measures.thinnest, stroke) <= largest_em(measures, room):
            return
    raise too_long(measures, front, height_mm, process)


def check_name(name: str) -> str:
    """Return the name as it will be written: composed (NFC), single spaces.

    Raises
    ------
    NameDoesNotFit
        It is empty, or holds a character that the font lacks or that nobody could read.
    """
    composed = unicodedata.normalize("NFC", name)
    if any(unicodedata.category(sign).startswith("C") for sign in composed):
        raise NameDoesNotFit("A name cannot hold control characters.")
    text = " ".join(composed.split())
    if not text:
        raise NameDoesNotFit("A name needs at least one letter.")
    missing = [sign for sign in dict.fromkeys(text) if not _in_font(sign)]
    if missing:
        names = ", ".join(f"{s} (U+{ord(s):04X} {unicodedata.name(s, '')})" for s in missing[:5])
        raise NameDoesNotFit(f"The font of the base has no {names}.")
    return text


def draw_ink(text: str) -> Picture:
    """Draw a checked name, with MARGIN around its ink.

    Raises
    ------
    NameDoesNotFit
        Nothing of it leaves ink.
    """
    starts = [_font().getlength(text[:i]) + i * SPACING * PX for i in range(len(text))]
    margin = round(MARGIN * PX)
    size = (math.ceil(_font().getlength(text) + len(text) * SPACING * PX) + 2 * PX, 3 * PX)
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for sign, start in zip(text, starts, strict=True):
        pen.text((PX + round(start), PX), sign, font=_font(), fill=255)
    box = sheet.point(lambda grey: 255 * (grey >= 128)).getbbox()
    if box is None:
        raise NameDoesNotFit("A name needs at least one letter.")
    left, top, right, bottom = box
    ink = np.asarray(sheet.crop((left - margin, top - margin, right + margin, bottom + margin)))
    return ink >= 128


@lru_cache(maxsize=256)  # a form is sent more than once
def measure(text: str) -> Measures:
    """Measure a checked name.

    Raises
    ------
    NameDoesNotFit
        Nothing of it leaves ink.
    """
    ink = draw_ink(text)
    height, width = ((side - 2 * round(MARGIN * PX)) / PX for side in ink.shape)
    return Measures(text, width, height, _thinnest(ink))


def smallest_em(thinnest: float, stroke: float) -> float:
    """Return the size below which no outline is bold enough, in the unit of ``stroke``."""
    return stroke / (thinnest + 2 * BOLDER)


def largest_em(text: Measures, room: tuple[float, float]) -> float:
    """Return the size above which a text is larger than its room (width, height)."""
    return min(room[0] / (text.width + 2 * BOLDER), room[1] / (text.height + 2 * BOLDER))


def too_long(text: Measures, front: Front, height_mm: float, process: str) -> NameDoesNotFit:
    """Say how many letters a base would hold."""
    lift = LAYERS[-1] * LAYER
    scale = height_mm / (front.figure + lift)
    em = smallest_em(text.thinnest, STROKE_MM[process] / scale)
    held = int(2 * front.reach / em / text.width * len(text.text))
    letters = min(held, len(text.text) - 1)
    limit = f"about {letters} letters of this width" if letters else "no letter"
    if em * text.height > front.wall + lift - FOOT - SHOULDER and letters:
        limit = "only lower letters: without accents or tails"
    return NameDoesNotFit(
        f"At {height_mm:g} mm the base holds {limit}; {text.text!r} has"
        f" {len(text.text)}. Print it taller or shorten it."
    )


@cache
def _font() -> ImageFont.FreeTypeFont:
    # the basic layout is the same on every machine; the other depends on what is installed
    return ImageFont.truetype(str(FONT), PX, layout_engine=ImageFont.Layout.BASIC)


@cache
def _blank() -> bytes:
    return bytes(_font().getmask("\U0010ffff"))


def _in_font(sign: str) -> bool:
    return sign == " " or bytes(_font().getmask(sign)) != _blank()


def _thinnest(ink: Picture) -> float:
    """Return the diameter, em, of the largest disc that every stroke can be drawn with."""
    ink = np.ascontiguousarray(ink[::2, ::2])  # half the resolution is enough for a width
    depth = _distance(~ink)
    allowed = LOST_SHARE * np.count_nonzero(ink)
    low, high = 1.0, _WIDEST
    while high - low > 0.25:
        radius = (low + high) / 2
        outside = depth < radius
        lost = ink & (_distance(~outside) > radius * ROUND_ENDS + 1)
        low, high = (low, radius) if np.count_nonzero(lost) > allowed else (radius, high)
    return low * 2 / (PX / 2)


def _distance(there: Picture) -> npt.NDArray[np.float32]:
    """Distance of every pixel to the nearest one that is there, less half; beyond _FAR is _FAR.

    Exact, by trying all steps, which are few; OpenCV is not where jobs are taken in.
    """
    squares = np.where(there, np.uint16(0), np.uint16(_FAR * _FAR))
    for lines in (squares, squares.T):
        before = lines.copy()
        for step in range(1, min(_FAR, len(lines))):
            raised = before + np.uint16(step * step)
            np.minimum(lines[step:], raised[:-step], out=lines[step:])
            np.minimum(lines[:-step], raised[step:], out=lines[:-step])
    return np.maximum(np.sqrt(squares, dtype=np.float32) - np.float32(0.5), 0)
