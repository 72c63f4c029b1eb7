"""Colours of skin, hair, brows, lips, eyes and clothes, and how far each can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from fusion_service.domain.photo.colour_samples import dominant, median_colour
from fusion_service.domain.photo.hair_region import SkinSample, from_the_middle, unlike_skin
from fusion_service.domain.photo.head_crop import (
    CHEEKS,
    INNER_LIP,
    OUTER_LIP,
    SIZE,
    disc_mask,
    polygon_mask,
)
from fusion_service.domain.photo.iris import iris_samples

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.attributes import Lab
    from fusion_service.domain.photo.hair_region import HairRegion
    from fusion_service.domain.photo.head_crop import HeadCrop
    from fusion_service.domain.photo.headwear import Worn

BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
BLUSHING, FOREHEAD = (50, 280, 205, 425), (151, 9, 108, 337)
COLOURED_HAIR = 14.0  # chroma
NO_LIPSTICK, LIPSTICK_RANGE = 6.0, 12.0  # a that bare lips are redder than the skin
NO_BLUSH, BLUSH_RANGE = 4.0, 10.0  # a that cheeks are redder than the forehead
DARK_HAIR, DARK_SKIN = 40.0, 55.0  # L with which nearly all eyes are brown
BROWN = (5.0, 9.0)  # a, b
FAIR_L = 68.0  # of skin whose blood shows


class FaceColours(TypedDict):
    """The fields of ``Attributes`` that come from colours."""

    skin: Lab
    hair: Lab
    brow: Lab
    iris: Lab
    lip: Lab
    shirt: Lab | None
    lipstick: float
    lip_redness: float
    blush: float


class Samples(TypedDict):
    """The pixels that the colours were taken from, (n, 3) Lab each; a shirt may have none."""

    skin: Floats
    hair: Floats
    eyes: Floats
    lips: Floats
    shirt: Floats


def sample_skin(head: HeadCrop) -> SkinSample:
    """Colour of cheeks, forehead and nose without highlights and shades."""
    samples = _skin_samples(head)
    spread = np.cov(samples.T) + np.diag([40.0, 12.0, 12.0])
    return SkinSample(np.asarray(np.median(samples, axis=0), np.float32), spread)


def sample_colours(head: HeadCrop, skin: SkinSample, hair: HairRegion, worn: Worn) -> Samples:
    """Collect the pixels of everything that has a colour."""
    lips = polygon_mask(head.points[list(OUTER_LIP)])
    bare = lips & ~polygon_mask(head.points[list(INNER_LIP)])
    return {
        "skin": _skin_samples(head),
        "hair": hair.samples if worn.headwear == "none" else _below_the_hat(head, skin, worn),
        "eyes": iris_samples(head),
        "lips": head.lab[bare],
        "shirt": _shirt_samples(head, skin, hair),
    }


def measure_colours(head: HeadCrop, skin: SkinSample, samples: Samples) -> FaceColours:
    """Choose one colour for each collection of pixels."""
    lips = samples["lips"]
    lip = median_colour(lips) if len(lips) > 5 else _plus(skin, (-15, 15, 5))
    redness = lip[1] - float(skin.median[1])
    shirt = samples["shirt"]
    brow, fair = _brow(head), _skin(head, skin)
    hair = _hair(samples["hair"], skin, brow)
    return {
        "skin": fair,
        "hair": hair,
        "brow": brow,
        "iris": _iris(samples["eyes"], hair, fair),
        "lip": lip,
        "shirt": dominant(shirt) if len(shirt) else None,
        "lipstick": _unit((redness - NO_LIPSTICK) / LIPSTICK_RANGE),
        "lip_redness": redness,
        "blush": _unit((_redder_cheeks(head) - NO_BLUSH) / BLUSH_RANGE),
    }


def _skin_samples(head: HeadCrop) -> Floats:
    samples = head.lab[disc_mask(head.points[list(CHEEKS)], 4)]
    dark, light = np.percentile(samples[:, 0], [20, 75])
    return np.asarray(samples[(samples[:, 0] >= dark) & (samples[:, 0] <= light)])


def _skin(head: HeadCrop, skin: SkinSample) -> Lab:
    """Lighten ruddy skin: blood shows through fair skin only, so a dark red is fair in the shade.

    Melanin hides the blood (Zonios et al. 2001).
    """
    lightness, a, b = median_colour(skin.median[None])
    if lightness < FAIR_L:
        # by precision: the exposure errs by 8, fair skin by 5
        shown, usual = 1 / 64, head.ruddiness / 25
        lightness = (shown * lightness + usual * FAIR_L) / (shown + usual)
    return (lightness, a, b)


def _plus(skin: SkinSample, change: Lab) -> Lab:
    return median_colour((skin.median + np.array(change, np.float32))[None])


def _below_the_hat(head: HeadCrop, skin: SkinSample, worn: Worn) -> Floats:
    """Hair beside the temples that is neither skin nor hat."""
    radius, degrees = from_the_middle(head)
    beside = head.person & ~head.oval & (radius < 1.35)
    beside &= (np.abs(degrees) > 70) & (np.abs(degrees) < 120)
    samples = unlike_skin(head.lab[beside], skin)
    away = np.linalg.norm(samples - np.array(worn.colour, np.float32), axis=1)
    # at the rim of the face skin shines through and lends its colour
    return np.asarray(samples[away > 20] * np.array([1, 0.5, 0.5], np.float32))


def _hair(samples: Floats, skin: SkinSample, brow: Lab) -> Lab:
    if len(samples) <= 30:
        return brow
    middle, a, b = median_colour(samples)
    # sheen lightens dark hair, shade darkens white hair; a colour shows where there is light
    percentile = 42 + 25 * _unit((middle - 50) / 20)
    chroma = np.hypot(a, b)
    if chroma > COLOURED_HAIR:
        percentile = max(percentile, 55)
        _, a, b = median_colour(samples[samples[:, 0] >= middle])
    elif middle < 40:
        percentile -= 14 * _unit((COLOURED_HAIR - chroma) / 6)
    lightness = float(np.percentile(samples[:, 0], percentile))
    away = float(np.linalg.norm(np.array([lightness, a, b]) - skin.median))
    if away < 15 and lightness > 60:
        a, b = 0.3 * a, 0.3 * b  # white hair in warm light looks like skin
    return (lightness, a, b)


def _brow(head: HeadCrop) -> Lab:
    sides = []
    for ring in BROWS:
        samples = head.lab[polygon_mask(head.points[list(ring)])]
        sides.append(median_colour(samples[samples[:, 0] <= np.percentile(samples[:, 0], 50)]))
    lightness, a, b = np.mean(sides, axis=0).tolist()
    return (lightness, a, b)


def _iris(samples: Floats, hair: Lab, skin: Lab) -> Lab:
    """Middle tones, without highlights and lashes; black eyes under dark hair are brown."""
    dark, light = np.percentile(samples[:, 0], [30, 75])
    lightness, a, b = median_colour(samples[(samples[:, 0] >= dark) & (samples[:, 0] <= light)])
    if hair[0] < DARK_HAIR or skin[0] < DARK_SKIN:
        colourless = _unit((30 - lightness) / 10) * _unit((6 - np.hypot(a, b)) / 3)
        a, b = a + colourless * BROWN[0], b + colourless * BROWN[1]
    return (lightness, a, b)


def _redder_cheeks(head: HeadCrop) -> float:
    cheeks, forehead = (
        float(np.median(head.lab[disc_mask(head.points[list(places)], 4)][:, 1]))
        for places in (BLUSHING, FOREHEAD)
    )
    return cheeks - forehead


def _shirt_samples(head: HeadCrop, skin: SkinSample, hair: HairRegion) -> Floats:
    """Pixels of what is worn below the neck; none where the photo ends too early."""
    rows, columns = np.arange(SIZE)[:, None], np.arange(SIZE)[None]
    aside = np.abs(columns - head.centre_x) / head.half_width
    clothes = head.person & ~hair.outer & (aside < 2.6)
    # the middle shows collars and ties, the sides what is worn over them
    clothes &= (aside > 0.9) | ((rows + columns) % 3 == 0)
    for distance in (0.62, 0.35):  # of the face below the chin; nearer there may be a collar
        samples = head.lab[clothes & (rows > head.chin + distance * head.height)]
        if len(samples) >= 60:
            break
    else:
        return np.empty((0, 3), np.float32)
    away = np.linalg.norm((samples - skin.median) / np.array([18, 8, 9], np.float32), axis=1)
    unlike = samples[away > 1.2]
    return np.asarray(unlike if len(unlike) > 50 else samples, np.float32)


def _unit(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))
