"""Before and after a network: the sitter on a plain backdrop, and the result at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain import paper, tones
from stylize_service.domain.cel import BACKDROPS
from stylize_service.domain.cutout import Cutout, crisp_matte, to_rgba, unfringed

if TYPE_CHECKING:
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter


def staged(sitter: Sitter, side: int, seed: int, background: str) -> RGB:
    """Make the picture that a network sees: (side, side, 3) uint8.

    The room of the photo is not for the network: what it does not see, it does not draw. Where
    nothing shall be behind the sitter, their own colours go on instead of a backdrop's.
    """
    own = unfringed(sitter)
    figure = resized(own.picture, side)
    if background == "transparent":
        return figure
    return tones.blend(backdrop(side, seed), figure, crisp_matte(own, side))


def framed(figure: RGB, sitter: Sitter, size: int, seed: int) -> RGB:
    """Bring a network's picture to the size asked for, before a clean backdrop.

    Parameters
    ----------
    figure : (S, S, 3) uint8
        RGB, drawn from ``staged``.

    Returns
    -------
    (size, size, 3) uint8
        RGB.
    """
    return tones.blend(backdrop(size, seed), resized(figure, size), crisp_matte(sitter, size))


def cut_out(figure: RGB, sitter: Sitter, size: int) -> RGB:
    """Bring a network's picture to size with nothing behind the person.

    Returns
    -------
    (size, size, 4) uint8
        RGB and alpha, not premultiplied.
    """
    return to_rgba(Cutout(resized(figure, size), crisp_matte(sitter, size)), size)


def backdrop(side: int, seed: int) -> RGB:
    """Draw a disc on paper, (side, side, 3) uint8; the seed chooses the colours."""
    back, front = BACKDROPS[seed % len(BACKDROPS)]
    canvas = tones.sheet(side, back)
    paper.draw_disc(canvas, front, 0.87, 0.03)
    return canvas


def resized(picture: RGB, side: int) -> RGB:
    """Resize a square picture: averaged when smaller, cubic when larger."""
    if picture.shape[0] == side:
        return picture
    how = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), np.uint8)
