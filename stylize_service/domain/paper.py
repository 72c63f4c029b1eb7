"""What lies behind the sitter: noise, grain, rings and discs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain.tones import enlarge

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from stylize_service.domain.tones import Colour


def noise(side: int, grain: float, seed: int) -> Floats:
    """Smooth random field of mean 0 and deviation 1.

    Parameters
    ----------
    side : int
        Side in px.
    grain : float
        Size of its features as a share of the side.
    seed : int
        Equal seeds give equal fields, at every size alike.
    """
    # Made small and enlarged: the same picture at every size, and cheap.
    small = int(np.clip(2 / grain, 16, 512))
    field = np.random.default_rng(seed).standard_normal((small, small), np.float32)
    field = np.asarray(cv2.GaussianBlur(field, (0, 0), max(0.8, grain * small)), np.float32)
    field -= field.mean()
    return enlarge(field / field.std(), side)


def grid(side: int) -> tuple[Floats, Floats]:
    """Coordinates x, y from -1 to 1 over a square."""
    line = np.linspace(-1, 1, side, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def draw_disc(canvas: RGB, colour: Colour, radius: float, centre_y: float = 0.0) -> None:
    """Fill a circle with a smooth rim; radius and centre as shares of half the side."""
    half = canvas.shape[0] / 2 * 256  # the circle is drawn in 1/256 px
    centre = (round(half), round((1 + centre_y) * half))
    cv2.circle(canvas, centre, round(radius * half), colour, -1, cv2.LINE_AA, 8)


def outline(matte: Floats, width: float, side: int) -> Floats:
    """Rim of even width around a matte, with the matte itself filled in: 0..1.

    Parameters
    ----------
    matte : (H, W) float32
        What is framed.
    width : float
        Width of the rim in px of the matte.
    side : int
        Side of the result in px.
    """
    outside = (matte < 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5)
    distance = cv2.GaussianBlur(distance, (0, 0), 1.2)
    large = enlarge(np.asarray(distance, np.float32), side)
    scale = side / matte.shape[0]
    rim = (np.float32(width) - large) * np.float32(scale) + np.float32(0.5)
    return np.asarray(np.clip(rim, 0, 1), np.float32)


def contour(matte: Floats, width: float, side: int) -> Floats:
    """Line of even width along the inner edge of a matte, 0..1; ``width`` in px of the matte."""
    hull = np.clip(enlarge(matte, side) * 2, 0, 1)
    return outline(1 - matte, width, side) * hull
