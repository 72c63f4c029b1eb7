"""A name as raised letters: which names can be written, how large, and their outlines.

The font is M PLUS Rounded 1c ExtraBold (SIL Open Font License 1.1, see ``fonts``): heavy strokes
with round ends print well. Outlines travel as a picture of signed distances, so that strokes can
be made bolder and edges cut where they really are.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.errors import NameDoesNotFit
from fusion_service.domain.shape.distances import distance_in_plane

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float

FONT = Path(__file__).parent / "fonts" / "MPLUSRounded1c-ExtraBold.ttf"
PX = 160  # pixels an em
MARGIN = 0.25  # em of empty picture around the ink
BOLDER = 0.02  # em that an outline may move outward; the counter of an "e" is 0.1 em high
SPACING = 0.05  # em between letters beyond the font's own, since they get bolder
ROUND_ENDS = 1.42  # radii from a disc in a right angle to its tip: sharp is not thin
COMFORT = 0.82  # of the wall: letters further round are seen at a slant, so only if they must
LOST_SHARE = 0.004  # of the ink may be thinner than the thinnest stroke


@dataclass(frozen=True)
class Lettering:
    """A line of text as a picture of signed distances, negative inside the strokes."""

    text: str
    distance: Float  # (rows, columns) in em, the first row on top; MARGIN around the ink
    width: float  # of the ink, em
    height: float
    thinnest: float  # stroke, em


@dataclass(frozen=True)
class Fit:
    """The size at which a line of text prints."""

    em: float  # design millimetres
    bolder: float  # design millimetres that the outlines move outward


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


def draw_name(text: str) -> Lettering:
    """Return the outlines of a checked name.

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
    width, height = right - left, bottom - top
    ink = np.asarray(sheet.crop((left - margin, top - margin, right + margin, bottom + margin)))
    distance = _to_ink(ink < 128) - _to_ink(ink >= 128)
    distance = cv2.GaussianBlur(distance, (0, 0), 1.0) / np.float32(PX)
    return Lettering(text, distance, width / PX, height / PX, _thinnest(ink >= 128))


def fit(
    lettering: Lettering, room: tuple[float, float], stroke: float, wanted: float
) -> Fit | None:
    """Return the size, at best ``wanted``, at which the text fits and its strokes print.

    Parameters
    ----------
    room : (width, height)
        Of the wall, design millimetres.
    stroke : float
        Thinnest stroke that the process prints, design millimetres. The gaps inside letters are
        then at least 0.45 of it.
    wanted : float
        Em, design millimetres.

    Returns
    -------
    None when no size will do.
    """
    smallest = smallest_em(lettering, stroke)
    largest = min(
        room[0] / (lettering.width + 2 * BOLDER), room[1] / (lettering.height + 2 * BOLDER)
    )
    if largest < smallest:
        return None
    easy = COMFORT * room[0] / lettering.width
    em = min(max(min(wanted, easy), smallest), largest)
    return Fit(em, max(0.0, (stroke - lettering.thinnest * em) / 2))


def smallest_em(lettering: Lettering, stroke: float) -> float:
    """Return the size below which no outline is bold enough, in the unit of ``stroke``."""
    return stroke / (lettering.thinnest + 2 * BOLDER)


def sample(lettering: Lettering, along: Float, up: Float) -> Float:
    """Return the distance to the strokes, em, at points in em from the middle of the ink."""
    rows, columns = lettering.distance.shape
    column = along * np.float32(PX) + np.float32(columns / 2 - 0.5)
    row = np.float32(rows / 2 - 0.5) - up * np.float32(PX)
    shape = (-1, 1)  # one tall picture: remap takes no plain lists
    found = np.empty(len(along), np.float32)
    for start in range(0, len(along), 30_000):  # nor taller ones than a short integer counts
        part = slice(start, start + 30_000)
        found[part] = cv2.remap(
            lettering.distance,
            column[part].astype(np.float32).reshape(shape),
            row[part].astype(np.float32).reshape(shape),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )[:, 0]
    return found


@cache
def _font() -> ImageFont.FreeTypeFont:
    # the basic layout is the same on every machine; the other depends on what is installed
    return ImageFont.truetype(str(FONT), PX, layout_engine=ImageFont.Layout.BASIC)


@cache
def _blank() -> bytes:
    return bytes(_font().getmask("\U0010ffff"))


def _in_font(sign: str) -> bool:
    return sign == " " or bytes(_font().getmask(sign)) != _blank()


def _to_ink(empty: npt.NDArray[np.bool_]) -> Float:
    """Return the distance of every pixel to the nearest one that is not empty, less half."""
    distance: Float = np.maximum(distance_in_plane(empty.view(np.uint8)) - np.float32(0.5), 0)
    return distance


def _thinnest(ink: npt.NDArray[np.bool_]) -> float:
    """Return the diameter, em, of the largest disc that every stroke can be drawn with."""
    ink = np.ascontiguousarray(ink[::2, ::2])  # half the resolution is enough for a width
    depth = _to_ink(ink)
    allowed = LOST_SHARE * np.count_nonzero(ink)
    low, high = 1.0, 0.15 * PX / 2
    while high - low > 0.25:
        radius = (low + high) / 2
        outside = depth < radius
        lost = ink if outside.all() else ink & (_to_ink(outside) > radius * ROUND_ENDS + 1)
        low, high = (low, radius) if np.count_nonzero(lost) > allowed else (radius, high)
    return low * 2 / (PX / 2)
