"""Colours of skin, hair, brows, lips, eyes and clothes, and what they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import cv2
import numpy as np

from fusion_service.domain.photo.hair_region import SkinSample
from fusion_service.domain.photo.head_crop import FINE, SIZE, disc_mask, polygon_mask
from fusion_service.domain.photo.light import to_lab

if TYPE_CHECKING:
    import numpy.typing as npt

    from common.vision.network import Floats
    from fusion_service.domain.attributes import Lab
    from fusion_service.domain.photo.hair_region import HairRegion
    from fusion_service.domain.photo.head_crop import HeadCrop, Mask

CHEEKS = (50, 280, 101, 330, 151, 9, 195, 205, 425)  # with forehead and nose
CHIN = (199, 175, 200, 18, 208, 428)
UPPER_LIP = (164, 165, 391, 92, 322)  # the skin above the mouth
OUTER_LIP = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(375, 321, 405, 314, 17, 84, 181, 91, 146),
)
INNER_LIP = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    *(324, 318, 402, 317, 14, 87, 178, 88, 95),
)
BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
IRIS_RADIUS = 0.2  # of the width of the eye: 11.7 mm of 30, halved
COLOURED_HAIR = 14.0  # chroma
NO_BEARD, BEARD_RANGE = 13.0, 12.0  # L that a shaven chin is darker than the cheeks
NO_LIPSTICK, LIPSTICK_RANGE = 6.0, 12.0  # a that bare lips are redder than the skin


class FaceColours(TypedDict):
    """The fields of ``Attributes`` that come from colours."""

    skin: Lab
    hair: Lab
    brow: Lab
    iris: Lab
    lip: Lab
    shirt: Lab | None
    beard: float
    lipstick: float
    lip_redness: float


def sample_skin(head: HeadCrop) -> SkinSample:
    """Colour of cheeks, forehead and nose without highlights and shades."""
    samples = head.lab[disc_mask(head.points[list(CHEEKS)], 4)]
    dark, light = np.percentile(samples[:, 0], [20, 75])
    middle = samples[(samples[:, 0] >= dark) & (samples[:, 0] <= light)]
    spread = np.cov(middle.T) + np.diag([40.0, 12.0, 12.0])
    return SkinSample(np.asarray(np.median(middle, axis=0), np.float32), spread)


def measure_colours(head: HeadCrop, skin: SkinSample, hair: HairRegion) -> FaceColours:
    """Measure all colours of a head whose skin and hair are known."""
    lips = polygon_mask(head.points[list(OUTER_LIP)])
    bare = lips & ~polygon_mask(head.points[list(INNER_LIP)])
    lip = _median(head.lab[bare]) if np.count_nonzero(bare) > 5 else _plus(skin, (-15, 15, 5))
    redness = lip[1] - float(skin.median[1])
    return {
        "skin": _median(skin.median[None]),
        "hair": _hair(hair, skin),
        "brow": _brow(head),
        "iris": _iris(head),
        "lip": lip,
        "shirt": _shirt(head, skin, hair),
        "beard": _beard(head, skin, lips),
        "lipstick": float(np.clip((redness - NO_LIPSTICK) / LIPSTICK_RANGE, 0, 1)),
        "lip_redness": redness,
    }


def _median(samples: Floats) -> Lab:
    lightness, a, b = np.median(samples, axis=0).tolist()
    return (lightness, a, b)


def _plus(skin: SkinSample, change: Lab) -> Lab:
    lightness, a, b = (skin.median + np.array(change)).tolist()
    return (lightness, a, b)


def _hair(hair: HairRegion, skin: SkinSample) -> Lab:
    if len(hair.samples) <= 5:
        return _plus(skin, (-35, 0, 0))
    middle, a, b = _median(hair.samples)
    # sheen lightens dark hair, shade darkens white hair; a colour shows where there is light
    percentile = 42 + 25 * float(np.clip((middle - 50) / 20, 0, 1))
    if np.hypot(a, b) > COLOURED_HAIR:
        percentile = max(percentile, 55)
        _, a, b = _median(hair.samples[hair.samples[:, 0] >= middle])
    lightness = float(np.percentile(hair.samples[:, 0], percentile))
    away = float(np.linalg.norm(np.array([lightness, a, b]) - skin.median))
    if away < 15 and lightness > 60:
        a, b = 0.3 * a, 0.3 * b  # white hair in warm light looks like skin
    return (lightness, a, b)


def _brow(head: HeadCrop) -> Lab:
    sides = []
    for ring in BROWS:
        samples = head.lab[polygon_mask(head.points[list(ring)])]
        sides.append(_median(samples[samples[:, 0] <= np.percentile(samples[:, 0], 50)]))
    lightness, a, b = np.mean(sides, axis=0).tolist()
    return (lightness, a, b)


def _iris(head: HeadCrop) -> Lab:
    """Middle tones of the ring between pupil and sclera: without highlights and lashes."""
    rings = [_iris_ring(head, eye) for eye in EYES]
    samples = np.concatenate(rings)
    dark, light = np.percentile(samples[:, 0], [30, 75])
    return _median(samples[(samples[:, 0] >= dark) & (samples[:, 0] <= light)])


def _iris_ring(head: HeadCrop, eye: tuple[int, ...]) -> Floats:
    corners = head.points[list(eye)] * (FINE / SIZE)
    width = float(np.linalg.norm(corners[0] - corners[1]))
    radius = IRIS_RADIUS * width
    x, y = corners.mean(0)
    reach = int(0.4 * width) + 1
    left, top = int(x) - reach, int(y) - reach
    patch = np.ascontiguousarray(head.fine[top : top + 2 * reach + 1, left : left + 2 * reach + 1])
    lab = to_lab(patch)
    # eyes look aside: the iris is the darkest disc near the middle of the eye
    dark = cv2.GaussianBlur(lab[..., 0], (0, 0), max(0.6 * radius, 0.5))
    rows, columns = np.mgrid[: lab.shape[0], : lab.shape[1]].astype(np.float32)
    near = (np.abs(columns + left - x) < 0.15 * width) & (np.abs(rows + top - y) < 0.05 * width)
    row, column = np.unravel_index(int(np.where(near, dark, 1e3).argmin()), dark.shape)
    away = np.hypot(columns - column, rows - row)
    lids = sorted((float(corners[2, 1]), float(corners[3, 1])))
    open_eye = (rows + top > lids[0] + 0.5) & (rows + top < lids[1] - 0.5)
    ring = (away > 0.4 * radius) & (away < 0.95 * radius)
    chosen = ring & open_eye if np.count_nonzero(ring & open_eye) > 8 else ring | (away < 1.5)
    return np.asarray(lab[chosen])


def _beard(head: HeadCrop, skin: SkinSample, lips: Mask) -> float:
    """Strength of a beard: it darkens chin and upper lip, a shadow only one of them."""
    chin = disc_mask(head.points[list(CHIN)], 3) & ~lips
    above = disc_mask(head.points[list(UPPER_LIP)], 2) & ~lips
    lightest = max(float(np.median(head.lab[mask][:, 0])) for mask in (chin, above))
    darker = float(skin.median[0]) - lightest
    return float(np.clip((darker - NO_BEARD) / BEARD_RANGE, 0, 1))


def _shirt(head: HeadCrop, skin: SkinSample, hair: HairRegion) -> Lab | None:
    """Dominant colour of what is worn below the neck."""
    rows, columns = np.arange(SIZE)[:, None], np.arange(SIZE)[None]
    near = np.abs(columns - head.centre_x) < 2.6 * head.half_width
    clothes = head.person & ~hair.outer & near
    for distance in (0.62, 0.35):  # of the face below the chin; nearer there may be a collar
        samples = head.lab[clothes & (rows > head.chin + distance * head.height)]
        if len(samples) >= 60:
            break
    else:
        return None
    samples = samples[:: max(1, len(samples) // 800)]
    away = np.linalg.norm((samples - skin.median) / np.array([18, 8, 9]), axis=1)
    if np.count_nonzero(away > 1.2) > 50:
        samples = samples[away > 1.2]
    return _dominant(np.ascontiguousarray(samples, np.float32))


def _dominant(samples: npt.NDArray[np.float32]) -> Lab:
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 10, 1.0)
    flags = cv2.KMEANS_PP_CENTERS
    _, labels, centres = cv2.kmeans(samples, 3, np.empty(0, np.int32), stop, 1, flags)
    # a strong colour says more about clothes than the black or white beside it
    vivid = 1 + np.hypot(centres[:, 1], centres[:, 2]) / 30
    chosen = int((np.bincount(labels.ravel(), minlength=3) * vivid).argmax())
    lightness, a, b = centres[chosen].tolist()
    return (lightness, a, b)
