"""Watercolour: washes with dark rims, pigment in the paper's grain, a ragged white margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain import lines, paper, tones
from stylize_service.domain.cel import sitter_lines
from stylize_service.domain.cutout import Cutout, crisp_matte

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from stylize_service.domain.portrait import Sitter
    from stylize_service.domain.tones import Colour

PAPER: Colour = (252, 250, 244)
LINE: Colour = (74, 52, 48)
WASHES: tuple[Colour, ...] = ((150, 196, 206), (236, 196, 150), (190, 180, 214), (176, 204, 168))


def paint_watercolor(sitter: Sitter, side: int, seed: int) -> RGB:
    """Paint the sitter in washes; the seed chooses the background wash and how it runs."""
    figure = _figure(sitter, side, seed)
    matte = np.clip(tones.enlarge(sitter.matte, side), 0, 1) * _margin(side, seed)
    return tones.blend(_background(sitter, side, seed), figure, matte)


def cut_watercolor(sitter: Sitter, side: int, seed: int) -> Cutout:
    """Cut the sitter out; below and beside the washes end raggedly, as painted."""
    margin = _margin(side, seed, top=False)
    return Cutout(_figure(sitter, side, seed), crisp_matte(sitter, side) * margin)


def _figure(sitter: Sitter, side: int, seed: int) -> RGB:
    grain = paper.noise(side, 0.0025, seed)
    cloud = paper.noise(side, 0.045, seed + 1)
    dabs = _wet(tones.brush_dabs(tones.flatten_tones(sitter.picture, 2), 4), seed)
    figure = _washes(tones.to_lab(dabs), side, cloud, grain)
    lightness = tones.to_lab(dabs)[..., 0]
    strokes = lines.ink(sitter_lines(sitter, lightness, 1.0), side, softness=0.45)
    edge = paper.contour(sitter.matte, 0.9, side)
    return tones.blend(figure, LINE, np.maximum(strokes * np.float32(0.75), edge * 0.55))


def _margin(side: int, seed: int, *, top: bool = True) -> Floats:
    """Where the sheet is painted at all, 0..1: bare paper along its border."""
    x, y = paper.grid(side)
    ragged = paper.noise(side, 0.05, seed + 2) * 0.45 + paper.noise(side, 0.01, seed + 8) * 0.16
    border = np.minimum(1 - np.abs(x), 1 - (np.abs(y) if top else y))
    margin = (border * 15 - np.float32(1.1) + ragged) * np.float32(2.2)
    return np.asarray(np.clip(margin, 0, 1), np.float32)


def _wet(picture: RGB, seed: int) -> RGB:
    """Let the edges wander a little, as on damp paper."""
    side = picture.shape[0]
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    shift = [paper.noise(side, 0.018, seed + k) * np.float32(1.1) for k in (3, 4)]
    moved = cv2.remap(
        picture, x + shift[0], y + shift[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _washes(lab: Floats, side: int, cloud: Floats, grain: Floats) -> RGB:
    soft = np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5), np.float32)
    stepped = tones.step_lightness(soft, 6, 2.0)
    # Pigment gathers where a wash ends: a dark rim along each step.
    rim = np.abs(cv2.Laplacian(cv2.GaussianBlur(stepped, (0, 0), 1.6), cv2.CV_32F))
    lightness = lab[..., 0] * np.float32(0.45) + stepped * np.float32(0.55)
    density = 100 - np.clip(lightness + 6, 0, 100) + np.clip(rim * np.float32(2.0), 0, 8)
    density = tones.enlarge(np.asarray(density, np.float32), side) * np.float32(0.9)
    density *= 1 + np.float32(0.06) * cloud + np.float32(0.03) * grain
    wash = tones.enlarge(tones.enrich(lab, 1.3), side)
    wash[..., 0] = np.clip(100 - density, 0, 99)
    return tones.to_rgb(wash)


def _background(sitter: Sitter, side: int, seed: int) -> RGB:
    """One loose wash behind head and shoulders, with a dark rim where it dried."""
    grain = paper.noise(side, 0.0025, seed)
    cloud = paper.noise(side, 0.045, seed + 1)
    x, y = paper.grid(side)
    ragged = paper.noise(side, 0.05, seed + 5) + paper.noise(side, 0.012, seed + 6) * 0.25
    reach = np.hypot(x * np.float32(1.02), (y + np.float32(0.02)) * np.float32(1.05))
    depth = (np.float32(0.88) - reach) * 6 + ragged * np.float32(0.55)
    body = np.clip(depth, 0, 1)
    rim = np.exp(-(((depth - np.float32(0.5)) / np.float32(0.35)) ** 2)) * np.float32(0.22)
    strength = np.clip(body * (np.float32(0.62) + cloud * np.float32(0.13)) + rim, 0, 1)
    strength *= 1 + grain * np.float32(0.05)
    # A hair of bare paper stays between the wash and the sitter.
    gap = paper.outline(sitter.matte, 3.0, side)
    sheet = tones.textured(PAPER, grain * np.float32(1.2))
    return tones.blend(sheet, WASHES[seed % len(WASHES)], strength * (1 - gap * np.float32(0.85)))
