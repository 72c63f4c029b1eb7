"""Pencil: graphite lines and diagonal hatching on warm paper."""

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

PAPER: Colour = (250, 246, 237)
GRAPHITE: Colour = (54, 51, 56)


def paint_pencil(sitter: Sitter, side: int, seed: int) -> RGB:
    """Draw the sitter in graphite; the seed lays the strokes."""
    matte = np.clip(tones.enlarge(sitter.matte, side), 0, 1)
    edge = paper.contour(sitter.matte, 1.0, side) * np.float32(0.8)
    figure = _figure(sitter, side, seed)
    drawn = np.maximum(figure * matte, edge) + _cast(sitter, side, seed) * (1 - matte)
    return _on_paper(drawn, side, seed)


def cut_pencil(sitter: Sitter, side: int, seed: int) -> Cutout:
    """Cut the sitter out of the sheet with scissors."""
    edge = paper.contour(sitter.matte, 1.0, side) * np.float32(0.8)
    drawn = np.maximum(_figure(sitter, side, seed), edge)
    return Cutout(_on_paper(drawn, side, seed), crisp_matte(sitter, side))


def _figure(sitter: Sitter, side: int, seed: int) -> Floats:
    """How dark the sitter is drawn, 0..1, without the outline."""
    lightness = tones.to_lab(tones.flatten_tones(sitter.picture, 2))[..., 0]
    strokes = lines.ink(sitter_lines(sitter, lightness), side, softness=0.55)
    rubbed = _dodge(lightness, side)
    shade = _hatching(lightness, side, seed)
    return np.asarray(1 - (1 - strokes) * (1 - rubbed) * (1 - shade), np.float32)


def _on_paper(drawn: Floats, side: int, seed: int) -> RGB:
    grain = paper.noise(side, 0.0025, seed)
    toothed = drawn * (np.float32(0.93) + np.float32(0.09) * grain)
    sheet = tones.textured(PAPER, grain * np.float32(1.3))
    return tones.blend(sheet, GRAPHITE, toothed)


def _dodge(lightness: Floats, side: int) -> Floats:
    """Darkness against the surroundings: what a blended pencil leaves beside each edge."""
    around = np.asarray(cv2.GaussianBlur(lightness, (0, 0), lightness.shape[0] / 90), np.float32)
    ratio = np.clip(lightness / (around + 1), 0, 1)
    return np.clip(tones.enlarge(1 - ratio * ratio, side), 0, 1)


def _hatching(lightness: Floats, side: int, seed: int) -> Floats:
    """Strokes the denser the darker: one direction in the half-tones, a second in the shadows."""
    tone = tones.enlarge(np.asarray(cv2.GaussianBlur(lightness, (0, 0), 2), np.float32), side)
    first, second = (hatch(side, seed + k, slope) for k, slope in enumerate((1, -1)))
    half = np.clip((70 - tone) / 78, 0, 0.72) * (1 + np.float32(0.42) * first)
    deep = np.clip((34 - tone) / 60, 0, 0.5) * (1 + np.float32(0.5) * second)
    return np.asarray(np.clip(1 - (1 - half) * (1 - deep), 0, 0.92), np.float32)


def hatch(side: int, seed: int, slope: int) -> Floats:
    """Field of diagonal strokes, mean 0, deviation 1; ``slope`` 1 rises to the right, -1 falls."""
    field = np.random.default_rng(seed).standard_normal((512, 512), np.float32)
    stroke = np.eye(17, dtype=np.float32)
    stroke = stroke[:, ::-1] if slope > 0 else stroke
    field = np.asarray(cv2.filter2D(field, -1, np.ascontiguousarray(stroke)), np.float32)
    return tones.enlarge(field / field.std(), side)


def _cast(sitter: Sitter, side: int, seed: int) -> Floats:
    """Loose hatching behind the sitter that fades out towards the border of the sheet."""
    x, y = paper.grid(side)
    ragged = paper.noise(side, 0.03, seed + 7)
    strokes = hatch(side, seed + 5, 1)
    near = tones.enlarge(np.asarray(cv2.GaussianBlur(sitter.matte, (0, 0), 34), np.float32), side)
    fade = np.clip(1.02 - np.hypot(x * np.float32(1.05), y) + ragged * np.float32(0.07), 0, 1)
    strength = np.clip(near * np.float32(1.1), 0, 0.5) * np.clip(fade * 2.2, 0, 1)
    hatched = strength * (np.float32(0.62) + np.float32(0.55) * strokes)
    return np.asarray(np.clip(hatched, 0, 0.6), np.float32)
