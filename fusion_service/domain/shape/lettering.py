"""A name as raised letters: how large they stand on a wall, and their outlines.

Which names can be written and what a base holds is in ``common.lettering``. Outlines travel as a
picture of signed distances, so that strokes can be made bolder and edges cut where they really are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from common.lettering import PX, draw_ink, largest_em, measure, smallest_em
from fusion_service.domain.shape.distances import distance_in_plane

if TYPE_CHECKING:
    from common.lettering import Measures, Picture
    from fusion_service.domain.sculpture import Float

COMFORT = 0.82  # of the wall: letters further round are seen at a slant, so only if they must


@dataclass(frozen=True)
class Lettering:
    """A line of text as a picture of signed distances, negative inside the strokes."""

    measures: Measures
    distance: Float  # (rows, columns) in em, the first row on top; MARGIN around the ink


@dataclass(frozen=True)
class Fit:
    """The size at which a line of text prints."""

    em: float  # design millimetres
    bolder: float  # design millimetres that the outlines move outward


def draw_name(text: str) -> Lettering:
    """Return the outlines of a checked name.

    Raises
    ------
    NameDoesNotFit
        Nothing of it leaves ink.
    """
    ink = draw_ink(text)
    distance = _to_ink(~ink) - _to_ink(ink)
    distance = cv2.GaussianBlur(distance, (0, 0), 1.0) / np.float32(PX)
    return Lettering(measure(text), distance)


def fit(text: Measures, room: tuple[float, float], stroke: float, wanted: float) -> Fit | None:
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
    smallest, largest = smallest_em(text.thinnest, stroke), largest_em(text, room)
    if largest < smallest:
        return None
    easy = COMFORT * room[0] / text.width
    em = min(max(min(wanted, easy), smallest), largest)
    return Fit(em, max(0.0, (stroke - text.thinnest * em) / 2))


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


def _to_ink(empty: Picture) -> Float:
    """Return the distance of every pixel to the nearest one that is not empty, less half."""
    distance: Float = np.maximum(distance_in_plane(empty.view(np.uint8)) - np.float32(0.5), 0)
    return distance
