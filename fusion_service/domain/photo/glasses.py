"""Glasses: whether, of what shape and colour.

Frames are thin dark lines where they must run, dark lenses are areas darker than any shade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.photo.colour_samples import median_colour
from fusion_service.domain.photo.head_crop import FINE, SIZE
from fusion_service.domain.photo.light import to_lab

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.attributes import Glasses, Lab
    from fusion_service.domain.photo.head_crop import HeadCrop

    Array = npt.NDArray[np.float64]

BRIDGE_DEPTH = 28.0  # grey levels; bare noses reach 9
RIM_DEPTH = 22.0  # bare cheeks reach 17
MAX_NOISE = 6.0  # above this, noise alone looks like frames
DARK_LENS = 22.0  # L below the cheeks, above and below both eyes; shades do one of them
EVEN_LENS = 9.0  # spread of L in a lens
MIN_RIM = 15.0  # depth of a ray's valley that may be the rim
EYES = ((33, 133), (263, 362))
CHEEKS = (50, 280, 205, 425)
# lids and bags beside the pupil, in distances of the eyes: right, down
BELOW = ((0.0, 0.13), (-0.08, 0.12), (0.08, 0.12), (0.0, 0.17))
ABOVE = ((0.0, -0.13), (-0.09, -0.11), (0.09, -0.11))
LOWER_RAYS = np.radians(np.arange(10, 171, 10))  # the upper rim runs along the brows
ROUND, SQUARE = 2.0, 4.5  # exponents of the superellipse


class Spectacles(NamedTuple):
    """Shape and colour of what is worn, and how sure that is, 0..1."""

    glasses: Glasses
    colour: Lab | None
    confidence: float


class _Eyes(NamedTuple):
    """Axes of the face in px of the fine crop: the distance of the outer corners is ``unit``."""

    middles: tuple[Array, Array]
    nose: Array
    right: Array
    down: Array
    unit: float


def find_glasses(head: HeadCrop, noise: float) -> Spectacles:
    """Look for dark lenses, then for frames, then for the shape of the rims.

    Parameters
    ----------
    head : HeadCrop
        The head.
    noise : float
        From ``estimate_noise``.
    """
    eyes = _eyes(head)
    lens = _dark_lenses(head, eyes)
    if lens is not None:
        return lens
    if noise > MAX_NOISE:
        return Spectacles("none", None, 0.3)
    grey = cv2.cvtColor(head.fine, cv2.COLOR_RGB2GRAY).astype(np.float32)
    bridge, rims = _frame_depths(grey, eyes)
    # geometric mean over the thresholds: 1 is undecided
    ratio = min(bridge / BRIDGE_DEPTH, rims / RIM_DEPTH)
    sure = float(np.clip(0.5 + 0.5 * abs(np.log2(max(ratio, 0.05))), 0, 0.95))
    sure *= float(np.clip((MAX_NOISE + 2 - noise) / 4, 0.3, 1))
    if ratio <= 1:
        return Spectacles("none", None, sure)
    points, radii = _rims(grey, eyes)
    if len(radii) < 8:
        return Spectacles("round", None, 0.7 * sure)
    rim = np.round(points).astype(int)
    around = to_lab(head.fine[rim[:, 1], rim[:, 0]][None])[0]
    return Spectacles(_shape(radii), median_colour(around), sure)


def _eyes(head: HeadCrop) -> _Eyes:
    points = head.points * (FINE / SIZE)
    across = points[EYES[1][0]] - points[EYES[0][0]]
    unit = float(np.linalg.norm(across))
    right = across / unit
    left_eye, right_eye = ((points[outer] + points[inner]) / 2 for outer, inner in EYES)
    nose = (points[EYES[0][1]] + points[EYES[1][1]]) / 2
    return _Eyes((left_eye, right_eye), nose, right, np.array([-right[1], right[0]]), unit)


def _dark_lenses(head: HeadCrop, eyes: _Eyes) -> Spectacles | None:
    smooth = np.asarray(cv2.GaussianBlur(head.fine, (0, 0), 1.2), np.uint8)
    x, y = head.points[list(CHEEKS)].astype(int).T
    cheek = float(np.median(head.lab[y, x, 0]))
    darker, spreads, colours = [], [], []
    for middle in eyes.middles:
        spots = np.array([middle + eyes.unit * (r * eyes.right + d * eyes.down)
                          for r, d in (*BELOW, *ABOVE)]).round().astype(int)  # fmt: skip
        spots = np.clip(spots, 0, FINE - 1)
        lab = to_lab(smooth[spots[:, 1], spots[:, 0]][None])[0]
        darker += [cheek - float(lab[: len(BELOW), 0].mean())]
        darker += [cheek - float(lab[len(BELOW) :, 0].mean())]
        spreads.append(float(lab[:, 0].std()))
        colours.append(lab)
    depth = min(darker)
    if depth < DARK_LENS or max(spreads) > EVEN_LENS:
        return None
    colour = median_colour(np.concatenate(colours))
    return Spectacles("sunglasses", colour, float(np.clip(0.5 + (depth - DARK_LENS) / 40, 0, 0.95)))


def _frame_depths(grey: Floats, eyes: _Eyes) -> tuple[float, float]:
    """Depth of the dark line across the bridge, and of those below the eyes, in grey levels."""
    right, down, unit = eyes.right, eyes.down, eyes.unit
    bridge = [
        _valley(grey, eyes.nose + (s * right - 0.14 * down) * unit,
                eyes.nose + (s * right + 0.13 * down) * unit)[0]
        for s in (-0.03, 0.0, 0.03)
    ]  # fmt: skip
    rims = [
        _valley(grey, eye + (s * right + 0.1 * down) * unit, eye + (s * right + 0.4 * down) * unit)[
            0
        ]
        for eye in eyes.middles
        for s in (-0.1, -0.05, 0.0, 0.05, 0.1)
    ]
    return float(np.median(bridge)), float(np.percentile(rims, 40))


def _rims(grey: Floats, eyes: _Eyes) -> tuple[Array, Array]:
    """Points on the lower rims, and their radii in distances of the eyes with their angles."""
    points, radii = [], []
    for outwards, middle in zip((-1, 1), eyes.middles, strict=True):
        centre = middle + 0.03 * eyes.unit * eyes.down
        for angle in LOWER_RAYS:
            way = np.cos(angle) * outwards * eyes.right + np.sin(angle) * eyes.down
            depth, at = _valley(
                grey, centre + 0.14 * eyes.unit * way, centre + 0.4 * eyes.unit * way
            )
            if depth >= MIN_RIM:
                radius = 0.14 + 0.26 * at
                points.append(centre + radius * eyes.unit * way)
                radii.append((angle, radius))
    return np.array(points).reshape(-1, 2), np.array(radii).reshape(-1, 2)


def _shape(radii: Array) -> Glasses:
    """Round or square: the exponent of the superellipse that fits the radii better."""
    angle, radius = radii.T
    half_width, half_height = np.meshgrid(np.arange(0.2, 0.38, 0.01), np.arange(0.12, 0.38, 0.01))
    errors = []
    for exponent in (ROUND, SQUARE):
        cosine = np.abs(np.cos(angle)) / half_width[..., None]
        sine = np.abs(np.sin(angle)) / half_height[..., None]
        fitted = (cosine**exponent + sine**exponent) ** (-1 / exponent)
        errors.append(float(np.minimum(np.abs(fitted - radius), 0.05).mean(-1).min()))
    return "square" if errors[1] < errors[0] else "round"


def _valley(grey: Floats, start: Array, end: Array) -> tuple[float, float]:
    """Depth of the deepest valley between two brighter sides along a ray, and where, 0..1."""
    ray = start + (end - start) * np.linspace(0, 1, 40)[:, None]
    x, y = ray.astype(np.float32).T
    values = cv2.remap(grey, x[None], y[None], cv2.INTER_LINEAR)[0]
    smooth = np.convolve(np.pad(values, 1, "edge"), [0.25, 0.5, 0.25], "valid")
    before = np.maximum.accumulate(smooth)
    after = np.maximum.accumulate(smooth[::-1])[::-1]
    depths = np.minimum(before, after) - smooth
    deepest = int(depths.argmax())
    return float(depths[deepest]), deepest / (len(depths) - 1)
