"""Pixel: 128 coarse pixels, a small palette, ordered dither, a dark outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain import paper, tones
from stylize_service.domain.cutout import Cutout

if TYPE_CHECKING:
    import numpy.typing as npt

    from common.vision.network import RGB, Floats
    from stylize_service.domain.portrait import Sitter
    from stylize_service.domain.tones import Colour

    Mask = npt.NDArray[np.bool_]

CELLS = 128
COLOURS = 24
DITHER = 5.0  # L, between the lightest and darkest threshold
OUTLINE: Colour = (38, 28, 46)
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32)
# from top to bottom
SKIES: tuple[tuple[Colour, ...], ...] = (
    ((66, 78, 150), (98, 118, 190), (142, 164, 220), (196, 206, 236)),
    ((86, 60, 128), (150, 84, 150), (220, 122, 142), (250, 184, 140)),
    ((38, 96, 110), (62, 140, 142), (112, 184, 164), (186, 222, 184)),
)


def paint_pixel(sitter: Sitter, side: int, seed: int) -> RGB:
    """Turn the sitter into a sprite; the seed chooses the sky."""
    figure, body, rim = _sprite(sitter)
    cells = np.where((body | rim)[..., None], figure, _sky(seed))
    return _large(cells, side)


def cut_pixel(sitter: Sitter, side: int, _: int) -> Cutout:
    """Cut the sprite out, whole cells only."""
    figure, body, rim = _sprite(sitter)
    alpha = (body | rim).astype(np.uint8)
    return Cutout(_large(figure, side), _large(alpha, side).astype(np.float32))


def _large(cells: RGB, side: int) -> RGB:
    return np.asarray(cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def _sprite(sitter: Sitter) -> tuple[RGB, Mask, Mask]:
    """Cells of the sitter with their outline, where the body is, and where its outline."""
    smooth = tones.flatten_tones(sitter.picture, 2)
    lab = tones.enrich(tones.to_lab(_shrunk(smooth)), 1.3)
    lab[..., 0] = np.clip((lab[..., 0] - 50) * np.float32(1.15) + 52, 0, 100)
    body = cv2.resize(sitter.matte, (CELLS, CELLS), interpolation=cv2.INTER_AREA) > 0.5
    palette = tones.palette_of(lab, body, COLOURS, seed=1)
    figure = tones.to_rgb(_nearest(lab, _tile(), palette))
    rim = cv2.dilate(body.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~body
    figure[rim] = OUTLINE
    return figure, body, rim


def _tile() -> Floats:
    """Thresholds of the ordered dither (Bayer 1973), -0.5..0.5, one a cell."""
    tile = np.tile(BAYER, (CELLS // 4, CELLS // 4)) / np.float32(16) - np.float32(0.5)
    return np.asarray(tile, np.float32)


def _shrunk(picture: RGB) -> RGB:
    small = cv2.resize(picture, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    # Sharpened, or eyes and mouth would melt into the skin at this size.
    crisp = small + (small - cv2.GaussianBlur(small, (0, 0), 1.0)) * np.float32(0.8)
    return tones.to_bytes(np.asarray(crisp, np.float32))


def _nearest(lab: Floats, tile: Floats, palette: Floats) -> Floats:
    wished = lab.copy()
    wished[..., 0] += tile * np.float32(DITHER)
    distance = ((wished[:, :, None] - palette[None, None]) ** 2).sum(-1)
    return np.asarray(palette[distance.argmin(-1)], np.float32)


def _sky(seed: int) -> RGB:
    bands = np.array(SKIES[seed % len(SKIES)], np.uint8)
    _, y = paper.grid(CELLS)
    depth = (y + 1) / 2 * (len(bands) - 1)
    index = np.clip(np.round(depth + _tile() * np.float32(0.8)), 0, len(bands) - 1).astype(int)
    return np.asarray(bands[index], np.uint8)
