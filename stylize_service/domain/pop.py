"""Pop: three flat tones, halftone dots, thick ink, a burst of rays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain import lines, paper, tones
from stylize_service.domain.cel import sitter_lines, sticker

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from stylize_service.domain.cutout import Cutout
    from stylize_service.domain.portrait import Sitter
    from stylize_service.domain.tones import Colour

INK: Colour = (20, 14, 32)
SHADOW, HALF_TONE = 26.0, 64.0  # L
LIGHT = (76.0, 90.0)  # L, by the sitter's own skin: nobody is made paler than the paper's white
CUTS = (0.27, 0.62)  # of the sitter's own range of lightness
EDGE = 4.5  # px of 512
DOTS = 92  # rows of halftone dots
RAYS = 14
# (rays, ground)
BURSTS: tuple[tuple[Colour, Colour], ...] = (
    ((255, 214, 64), (250, 160, 50)),
    ((120, 214, 230), (60, 160, 214)),
    ((255, 168, 190), (240, 104, 146)),
    ((190, 226, 110), (120, 190, 90)),
)


def paint_pop(sitter: Sitter, side: int, seed: int) -> RGB:
    """Print the sitter like a comic of the sixties; the seed chooses the burst."""
    matte = tones.enlarge(sitter.matte, side)
    return tones.blend(_burst(sitter, side, seed), _figure(sitter, side), matte)


def cut_pop(sitter: Sitter, side: int, _: int) -> Cutout:
    """Cut the sitter out of the print, with a narrow white edge."""
    return sticker(sitter, _figure(sitter, side), EDGE)


def _figure(sitter: Sitter, side: int) -> RGB:
    lab = tones.to_lab(tones.flatten_tones(sitter.picture))
    figure = _print(lab, sitter.matte, side)
    response = sitter_lines(sitter, lab[..., 0], 1.5)
    drawn = np.maximum(lines.ink(response, side), paper.contour(sitter.matte, 2.2, side))
    return tones.blend(figure, INK, drawn)


def _print(lab: Floats, matte: Floats, side: int) -> RGB:
    soft = np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 2), np.float32)
    low, high = np.percentile(soft[matte > 0.5], [5, 95]) if (matte > 0.5).any() else (0, 100)
    scaled = (soft - np.float32(low)) / np.float32(max(high - low, 10))
    level = tones.enlarge(scaled, side)
    sharp = np.float32(side / 40)
    light, half = (np.clip((level - cut) * sharp + 0.5, 0, 1) for cut in (CUTS[1], CUTS[0]))
    lit = soft[(matte > 0.5) & (scaled > CUTS[1])]
    own = float(np.median(lit)) + 11 if lit.size else LIGHT[1]
    shadow_l, half_l = np.float32(SHADOW), np.float32(HALF_TONE)
    light_l = np.float32(np.clip(own, *LIGHT))
    colour = tones.enlarge(np.asarray(cv2.GaussianBlur(lab, (0, 0), 3), np.float32), side)
    flat = tones.enrich(colour, 1.9, 72)
    white = np.clip(tones.enlarge(soft, side) - light_l, 0, 10)  # a white shirt stays white
    flat[..., 0] = shadow_l + (half_l - shadow_l) * half + (light_l - half_l + white) * light
    # Dots stand in the half-tone and grow as it darkens; they shrink to nothing in the light.
    size = np.clip((np.float32(0.72) - level) * np.float32(1.05), 0, 0.46)
    dots = _dots(side, size) * half
    flat[..., 0] -= dots * np.float32(26)
    return tones.to_rgb(flat)


def _dots(side: int, radius: Floats) -> Floats:
    """Halftone screen at 45 degrees; ``radius`` per pixel in units of the dots' distance."""
    x, y = paper.grid(side)
    pitch = np.float32(DOTS / 2 / np.sqrt(2))
    u, v = (x + y) * pitch, (x - y) * pitch
    distance = np.hypot(u - np.round(u), v - np.round(v))
    return np.asarray(
        np.clip((radius - distance) * np.float32(side / DOTS) + 0.5, 0, 1), np.float32
    )


def _burst(sitter: Sitter, side: int, seed: int) -> RGB:
    x, y = paper.grid(side)
    ray, ground = BURSTS[seed % len(BURSTS)]
    angle = np.arctan2(y - np.float32(0.1), x)
    wave = np.sin(angle * RAYS) * np.hypot(x, y - np.float32(0.1)) * np.float32(side / RAYS / 2)
    canvas = tones.blend(tones.sheet(side, ground), ray, wave + np.float32(0.5))
    dark = np.clip(np.hypot(x, y) - np.float32(0.55), 0, 1) * np.float32(0.42)
    shade: Colour = (ground[0] * 7 // 10, ground[1] * 6 // 10, ground[2] * 7 // 10)
    canvas = tones.blend(canvas, shade, _dots(side, dark))
    return tones.blend(canvas, (255, 255, 255), paper.outline(sitter.matte, EDGE, side))
