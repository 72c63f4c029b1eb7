"""Things on the head that are no hair."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from fusion_service.domain.photo.colour_samples import dominant
from fusion_service.domain.photo.hair_region import from_the_middle
from fusion_service.domain.photo.head_crop import SIZE

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.attributes import Headwear, Lab
    from fusion_service.domain.photo.hair_region import SkinSample
    from fusion_service.domain.photo.head_crop import HeadCrop, Mask

CROWN_RADII, CROWN_DEGREES = (1.15, 1.85), 60
COLD_CHROMA = 9.0  # green, blue or violet beyond this is no natural hair
VIVID_CHROMA = 46.0
RED_CHROMA, RED_HUE = 26.0, 38.0  # redder than red hair, whose hue is 45 to 65 degrees
UNLIKE_HAIR = 0.5  # share of the crown
DARK, LIGHT, BOTH_SHARE = 25.0, 72.0, 0.08  # L; no hair is black and white in blocks
SAME_CLOTH = np.array([32, 16, 16], np.float32)  # L, a, b: folds shade a cloth
FLAT = 0.8  # contrast in L between 1 and 2 px: cloth has less than hair
FLAT_CROWN = 0.65
SHARP, STEP = 0.38, 22.0  # of the edge over the forehead
BROWS = (105, 334)


class Worn(NamedTuple):
    """What is on the head, its colour and how sure that is, 0..1."""

    headwear: Headwear
    colour: Lab | None
    confidence: float


def find_headwear(head: HeadCrop, skin: SkinSample) -> Worn:
    """Tell hats and headscarves from hair by colour, cover and edge.

    Only what hair cannot be is reported: a colour that hair does not have, black and white
    blocks, or one smooth cloth around the whole face. A plain dark hat passes as hair.

    Parameters
    ----------
    head : HeadCrop
        The head.
    skin : SkinSample
        Its skin.
    """
    radius, degrees = from_the_middle(head)
    low, high = CROWN_RADII
    crown = head.person & ~head.oval & (np.abs(degrees) < CROWN_DEGREES)
    crown = _eroded(crown & (radius > low) & (radius < high))
    if np.count_nonzero(crown) < 100:
        return Worn("none", None, 0.4)
    colours = head.lab[crown]
    unlike = float(_unlike_hair(colours).mean())
    lightness = colours[:, 0]
    both = min(float((lightness < DARK).mean()), float((lightness > LIGHT).mean()))
    colour = dominant(colours)
    if _frames_the_face(head, colour, radius, degrees, skin):
        return Worn("headscarf", colour, 0.6 + 0.3 * min(2 * unlike, 1.0))
    edge = _clean_edge(head)
    if unlike < UNLIKE_HAIR and both < BOTH_SHARE:
        plain = edge or _contrast(head, crown) < FLAT_CROWN
        return Worn("none", None, _sure_of_hair(unlike, both, plain=plain))
    evidence = max(unlike, min(4 * both, 1.0))
    if edge and not _at_the_sides(head, colour, degrees, radius):
        return Worn("hat", colour, 0.5 + 0.4 * evidence)
    return Worn("unrecognised", colour, 0.3 + 0.3 * evidence)


def _sure_of_hair(unlike: float, both: float, *, plain: bool) -> float:
    """Less sure of hair that ends as sharply, or is as smooth, as a plain hat."""
    return float(np.clip((0.6 if plain else 0.95) - unlike - 2 * both, 0.1, 0.95))


def _unlike_hair(colours: Floats) -> Mask:
    a, b = colours[:, 1], colours[:, 2]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a))
    cold = ((hue < 0) | (hue > 110)) & (chroma > COLD_CHROMA)
    red = (hue < RED_HUE) & (chroma > RED_CHROMA)
    return np.asarray(cold | red | (chroma > VIVID_CHROMA))


def _frames_the_face(
    head: HeadCrop, colour: Lab, radius: Floats, degrees: Floats, skin: SkinSample
) -> bool:
    """One smooth cloth beside both cheeks and under the chin."""
    if _same(skin.median[None], colour).all():
        return False
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    ring = head.person & ~head.oval & (radius > 1.08) & (radius < 1.35)
    under = head.person & (np.abs(x - head.centre_x) < 0.4 * head.half_width)
    under &= (y > head.chin + 0.1 * head.height) & (y < head.chin + 0.3 * head.height)
    cheeks = [ring & (side * degrees > 75) & (side * degrees < 120) for side in (-1, 1)]
    for place in (*cheeks, under):
        if np.count_nonzero(place) < 30:
            return False
        if float(_same(head.lab[place], colour).mean()) < 0.7:
            return False
    contrast = [_contrast(head, _eroded(place)) for place in (*cheeks, under)]
    return float(np.median(contrast)) < FLAT


def _contrast(head: HeadCrop, place: Mask) -> float:
    if np.count_nonzero(place) < 20:
        return 0.0
    lightness = head.lab[..., 0]
    fine = lightness - cv2.GaussianBlur(lightness, (0, 0), 1.5)
    return float(fine[place].std())


def _clean_edge(head: HeadCrop) -> bool:
    """Whether the forehead ends in a sharp, smooth line, or is covered down to the brows."""
    lowest = int(head.points[list(BROWS), 1].min() - 0.04 * head.height)
    first = max(int(head.top - 0.3 * head.height), 8)
    half = int(0.55 * head.half_width)
    columns = np.arange(int(head.centre_x) - half, int(head.centre_x) + half + 1)
    rows = np.arange(first, lowest - 5)
    if len(rows) < 12:
        return False
    above, below = (
        np.mean([head.lab[rows + sign * k][:, columns] for k in (2, 3, 4, 5)], axis=0)
        for sign in (-1, 1)
    )
    step = np.linalg.norm(above - below, axis=2)
    near = np.linalg.norm(head.lab[rows + 1][:, columns] - head.lab[rows - 1][:, columns], axis=2)
    high = step > 0.75 * step.max(0)
    lowest_high = len(rows) - 1 - high[::-1].argmax(0)
    window = lowest_high + np.arange(-4, 1)[:, None]
    inside = np.clip(window, 0, len(rows) - 1)
    found = inside[np.take_along_axis(step, inside, 0).argmax(0), np.arange(len(columns))]
    each = np.arange(len(columns))
    steps = step[found, each]
    across = (columns - head.centre_x) / head.half_width
    bend = np.polynomial.polynomial.polyfit(across, found, 2)
    rough = np.abs(found - np.polynomial.polynomial.polyval(across, bend))
    if np.median(found) >= len(rows) - 3:
        return True  # nothing of the forehead is seen
    return bool(
        np.percentile(steps, 25) > STEP
        and np.median(near[found, each] / np.maximum(steps, 1)) > SHARP
        and np.percentile(rough, 70) < 1.2
    )


def _at_the_sides(head: HeadCrop, colour: Lab, degrees: Floats, radius: Floats) -> bool:
    """Whether the same colour hangs beside the cheeks, as dyed hair does and hats do not."""
    beside = head.person & ~head.oval & (radius > 1.05) & (radius < 1.4)
    beside &= (np.abs(degrees) > 95) & (np.abs(degrees) < 130)
    if np.count_nonzero(beside) < 40:
        return False
    return float(_same(head.lab[beside], colour).mean()) > 0.4


def _same(colours: Floats, colour: Lab) -> Mask:
    away = (colours - np.array(colour, np.float32)) / SAME_CLOTH
    return np.asarray(np.square(away).sum(-1) < 1)


def _eroded(mask: Mask) -> Mask:
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
