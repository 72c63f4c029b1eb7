"""Areas of colour: smoothing, steps of lightness, brush dabs, palettes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from common.vision.network import RGB, Floats

Colour = tuple[int, int, int]


def to_lab(picture: RGB) -> Floats:
    """CIE Lab of RGB, (H, W, 3) float32, L 0..100."""
    scaled = picture.astype(np.float32) * np.float32(1 / 255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def to_rgb(lab: Floats) -> RGB:
    """RGB of CIE Lab, (H, W, 3) uint8."""
    scaled = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.asarray(cv2.addWeighted(scaled, 255, scaled, 0, 0, dtype=cv2.CV_8U), np.uint8)


def to_bytes(rgb: Floats) -> RGB:
    """Round RGB 0..255 to uint8."""
    return np.asarray(np.clip(rgb + np.float32(0.5), 0, 255), np.uint8)


def sheet(side: int, colour: Colour) -> RGB:
    """Square of one colour, (side, side, 3) uint8."""
    row = np.tile(np.array(colour, np.uint8), side)  # whole rows copy ten times faster than pixels
    return np.tile(row, (side, 1)).reshape(side, side, 3)


def textured(colour: Colour, texture: Floats) -> RGB:
    """One colour made lighter and darker by ``texture`` (H, W), in steps of 0..255."""
    planes = [cv2.convertScaleAbs(texture, alpha=1, beta=part) for part in colour]
    return np.asarray(cv2.merge(planes), np.uint8)


def enlarge(field: Floats, side: int) -> Floats:
    """Smooth enlargement of a field to ``side`` px."""
    return np.asarray(cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def flatten_tones(picture: RGB, passes: int = 4) -> RGB:
    """Smooth areas, keep edges: a bilateral filter (Tomasi, Manduchi 1998) several times over."""
    for _ in range(passes):
        picture = np.asarray(cv2.bilateralFilter(picture, 5, 28, 3.5), np.uint8)
    return picture


def step_lightness(lightness: Floats, steps: int, sharpness: float) -> Floats:
    """Lightness in steps with soft flanks (Winnemoeller, Olsen, Gooch 2006).

    Parameters
    ----------
    lightness : (H, W) float32
        0..100.
    steps : int
        Number of steps.
    sharpness : float
        Steepness of the flanks between two steps.
    """
    height = 100 / steps
    scaled = lightness * np.float32(1 / height)
    nearest = np.floor(scaled)
    within = (scaled - nearest - np.float32(0.5)) * np.float32(2 * sharpness)
    flank = within / np.sqrt(1 + within * within)
    edge = np.float32(sharpness / np.sqrt(1 + sharpness * sharpness))
    stepped = (nearest + np.float32(0.5) + flank / (2 * edge)) * np.float32(height)
    return np.asarray(stepped, np.float32)


def enrich(lab: Floats, factor: float, most: float = 70.0) -> Floats:
    """Chroma times ``factor``, bent towards a ceiling of ``most``; lightness stays."""
    chroma = cv2.magnitude(lab[..., 1], lab[..., 2]) + np.float32(1e-3)
    gain = np.minimum(chroma * np.float32(factor), np.float32(most)) / chroma
    return np.dstack([lab[..., 0], lab[..., 1] * gain, lab[..., 2] * gain]).astype(np.float32)


def brush_dabs(picture: RGB, radius: int) -> RGB:
    """Kuwahara filter (1976): each pixel takes the mean of its calmest neighbouring square."""
    padded = cv2.copyMakeBorder(picture, radius, radius, radius, radius, cv2.BORDER_REFLECT)
    grey = cv2.cvtColor(padded, cv2.COLOR_RGB2GRAY).astype(np.float32)
    stack = np.dstack([padded.astype(np.float32), grey, grey * grey])
    # means[y, x] is the mean of the square whose lower right corner is pixel (y, x)
    means = cv2.boxFilter(stack, -1, (radius + 1, radius + 1), anchor=(radius, radius))
    height, width = picture.shape[:2]
    best = np.zeros((height, width, 3), np.float32)
    calmest = np.full((height, width), np.inf, np.float32)
    for y in (radius, 2 * radius):
        for x in (radius, 2 * radius):
            mean = means[y : y + height, x : x + width]
            variance = mean[..., 4] - mean[..., 3] * mean[..., 3]
            np.copyto(best, mean[..., :3], where=(variance < calmest)[..., None])
            calmest = np.minimum(calmest, variance)
    return to_bytes(best)


def palette_of(lab: Floats, weights: npt.NDArray[np.bool_], count: int, seed: int) -> Floats:
    """``count`` colours (N, 3) that stand for the marked pixels: seeded k-means in Lab."""
    pixels = np.ascontiguousarray(lab[weights][::2])
    if len(pixels) < count:
        return lab.reshape(-1, 3)[:: max(1, lab.size // (3 * count))][:count]
    cv2.setRNGSeed(seed)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    start = np.zeros((len(pixels), 1), np.int32)
    _, _, centres = cv2.kmeans(pixels, count, start, criteria, 1, cv2.KMEANS_PP_CENTERS)
    return np.asarray(centres, np.float32)


def blend(below: RGB, above: RGB | Colour, opacity: Floats) -> RGB:
    """Lay a picture or one colour over another; ``opacity`` (H, W) 0..1."""
    top = sheet(below.shape[0], above) if isinstance(above, tuple) else above
    weight = np.clip(opacity, 0, 1, dtype=np.float32)
    return np.asarray(cv2.blendLinear(below, top, 1 - weight, weight), np.uint8)
