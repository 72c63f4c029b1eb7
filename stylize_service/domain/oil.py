"""Oil: brush dabs that follow the form, thick paint catching the light, a studio backdrop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain import lines, paper, tones
from stylize_service.domain.cutout import Cutout, crisp_matte

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from stylize_service.domain.portrait import Sitter
    from stylize_service.domain.tones import Colour

FEATURES = (
    (33, 133, 159, 145, 70, 63, 105, 66, 107),
    (263, 362, 386, 374, 300, 293, 334, 296, 336),
    (61, 291, 0, 17, 37, 267, 84, 314),
    (48, 278, 2, 168),
)
# (lit, dark) colours of the backdrop
BACKDROPS: tuple[tuple[Colour, Colour], ...] = (
    ((160, 172, 158), (58, 70, 72)),
    ((190, 152, 112), (82, 56, 46)),
    ((146, 162, 188), (50, 58, 82)),
)


def paint_oil(sitter: Sitter, side: int, seed: int) -> RGB:
    """Paint the sitter in oil; the seed chooses the backdrop and lays the strokes."""
    lit, dark = BACKDROPS[seed % len(BACKDROPS)]
    return _painted(_scene(sitter, lit, dark, seed), sitter, side, seed)


def cut_oil(sitter: Sitter, side: int, seed: int) -> Cutout:
    """Cut the sitter out of the canvas."""
    return Cutout(_painted(sitter.picture, sitter, side, seed), crisp_matte(sitter, side))


def _painted(scene: RGB, sitter: Sitter, side: int, seed: int) -> RGB:
    broad = tones.brush_dabs(tones.brush_dabs(scene, 6), 3)
    fine = tones.brush_dabs(tones.flatten_tones(scene, 2), 2)
    dabs = tones.blend(broad, fine, _features(sitter))
    lab = tones.enrich(tones.to_lab(dabs), 1.25)
    flow = lines.edge_flow(np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 2), np.float32), 5.0)
    lab = lines.smear(lab, flow, 2.6)  # rounds off the squares that the dabs are made of
    large = tones.enlarge(lab, side)
    strokes = tones.enlarge(_strokes(flow, seed), side)
    slope_x = cv2.Sobel(strokes, cv2.CV_32F, 1, 0)
    slope_y = cv2.Sobel(strokes, cv2.CV_32F, 0, 1)
    relief = np.clip((slope_x + slope_y) * np.float32(-1.1 * side / 1024), -6, 6)
    soft = np.asarray(cv2.GaussianBlur(large[..., 0], (0, 0), side / 400), np.float32)
    crisp = large[..., 0] + (large[..., 0] - soft) * np.float32(0.9)
    large[..., 0] = np.clip(crisp + relief + strokes * np.float32(1.3), 0, 100)
    return tones.to_rgb(large)


def _features(sitter: Sitter) -> Floats:
    """Where a small brush is used: all of the face, most of all its features."""
    canvas = np.zeros(sitter.matte.shape, np.float32)
    hull = cv2.convexHull(np.round(sitter.landmarks[:, :2]).astype(np.int32))
    cv2.fillConvexPoly(canvas, np.asarray(hull, np.int32), (0.8,))
    for part in FEATURES:
        hull = cv2.convexHull(np.round(sitter.landmarks[list(part), :2]).astype(np.int32))
        cv2.fillConvexPoly(canvas, np.asarray(hull, np.int32), (1.0,))
        cv2.polylines(canvas, [np.asarray(hull, np.int32)], True, (1.0,), 8)  # noqa: FBT003
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 5), np.float32)


def _scene(sitter: Sitter, lit: Colour, dark: Colour, seed: int) -> RGB:
    """Set the sitter before a backdrop that is light beside the face and dark in the corners."""
    side = sitter.matte.shape[0]
    x, y = paper.grid(side)
    light = np.exp(-((x + np.float32(0.35)) ** 2 + (y + np.float32(0.15)) ** 2) / np.float32(0.75))
    light = np.clip(light + paper.noise(side, 0.035, seed + 1) * np.float32(0.05), 0, 1)
    backdrop = tones.blend(tones.sheet(side, dark), lit, light)
    return tones.blend(backdrop, sitter.picture, sitter.matte)


def _strokes(flow: lines.Flow, seed: int) -> Floats:
    """Noise smeared along the edges of the picture: the bristles' marks (Cabral, Leedom 1993)."""
    field = np.random.default_rng(seed).standard_normal(flow.grid_x.shape, np.float32)
    field = np.asarray(cv2.GaussianBlur(field, (0, 0), 0.9), np.float32)
    for length in (3.0, 6.0):
        field = lines.smear(field, flow, length)
    return np.asarray(field / field.std(), np.float32)
