"""Cel: flat tones, firm ink, and a white sticker outline on a coloured disc."""

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

INK: Colour = (44, 24, 30)
SHADOW: Colour = (40, 36, 52)
STICKER_WIDTH = 6.5  # px of 512
# (paper, disc): the pair furthest from the sitter's own colours is taken
BACKDROPS: tuple[tuple[Colour, Colour], ...] = (
    ((112, 172, 180), (143, 214, 219)),
    ((232, 150, 120), (250, 190, 158)),
    ((226, 182, 84), (248, 215, 130)),
    ((150, 140, 196), (187, 178, 226)),
    ((132, 178, 134), (174, 212, 170)),
)


def paint_cel(sitter: Sitter, side: int, seed: int) -> RGB:
    """Draw the sitter as an animation cel; another seed gives another backdrop."""
    matte = tones.enlarge(sitter.matte, side)
    return tones.blend(_backdrop(sitter, side, seed), _figure(sitter, side), matte)


def cut_cel(sitter: Sitter, side: int, _: int) -> Cutout:
    """Cut the sticker out along its white edge."""
    return sticker(sitter, _figure(sitter, side), STICKER_WIDTH)


def sticker(sitter: Sitter, figure: RGB, width: float) -> Cutout:
    """Put a white edge around a figure, ``width`` in px of the sitter's matte."""
    side = figure.shape[0]
    matte = crisp_matte(sitter, side)
    colour = tones.blend(tones.sheet(side, (255, 255, 255)), figure, matte)
    return Cutout(colour, np.maximum(paper.outline(sitter.matte, width, side), matte))


def _figure(sitter: Sitter, side: int) -> RGB:
    flat = tones.flatten_tones(sitter.picture)
    lab = tones.to_lab(flat)
    figure = _tones(lab, side)
    response = sitter_lines(sitter, lab[..., 0])
    drawn = np.maximum(lines.ink(response, side), paper.contour(sitter.matte, 1.3, side))
    return tones.blend(figure, INK, drawn)


def sitter_lines(sitter: Sitter, lightness: Floats, width: float = 1.15) -> Floats:
    """Line response on the sitter alone, with the specks of skin and cloth taken away."""
    sharp = (sitter.lab[..., 0] + lightness) * np.float32(0.5)
    response = lines.line_response(sharp, lines.edge_flow(lightness), width)
    return lines.without_specks(response)


def _tones(lab: Floats, side: int) -> RGB:
    soft = tones.enlarge(np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.9), np.float32), side)
    stepped = tones.step_lightness(soft, 6, 3.0)
    fine = tones.enlarge(lab[..., 0], side)
    lightness = np.clip(stepped * np.float32(0.78) + fine * np.float32(0.22) + 2, 0, 98)
    colour = np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.5), np.float32)
    enriched = tones.enrich(colour, 1.35)
    rich = np.asarray(cv2.resize(enriched, (side, side)), np.float32)
    rich[..., 0] = lightness
    return tones.to_rgb(rich)


def _backdrop(sitter: Sitter, side: int, seed: int) -> RGB:
    back, front = BACKDROPS[(_furthest(sitter) + seed) % len(BACKDROPS)]
    canvas = tones.sheet(side, back)
    paper.draw_disc(canvas, front, 0.87, 0.03)
    edge = paper.outline(sitter.matte, STICKER_WIDTH, side)
    shade = cv2.GaussianBlur(sitter.matte, (0, 0), 9)
    shifted = cv2.warpAffine(
        shade, np.array([[1, 0, 4], [0, 1, 7.0]]), shade.shape, borderMode=cv2.BORDER_REPLICATE
    )
    shadow = tones.enlarge(np.asarray(shifted, np.float32), side)
    canvas = tones.blend(canvas, SHADOW, shadow * np.float32(0.25))
    return tones.blend(canvas, (255, 255, 255), edge)


def _furthest(sitter: Sitter) -> int:
    """Index of the backdrop whose hue differs most from hair and clothes."""
    own = sitter.lab[sitter.matte > 0.9][::131, 1:]
    if len(own) == 0:
        return 0
    discs = tones.to_lab(np.array([[front for _, front in BACKDROPS]], np.uint8))[0, :, 1:]
    distance = np.linalg.norm(own[:, None] - discs[None], axis=-1)
    return int(np.percentile(distance, 15, axis=0).argmax())
