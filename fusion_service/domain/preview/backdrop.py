"""What stands behind the figurine: warm paper, and the shadow on it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.preview.baked_light import FLOOR_REACH, PITCH

if TYPE_CHECKING:
    from fusion_service.domain.preview.cameras import Frame
    from fusion_service.domain.sculpture import Float, Pixels

PAPER_LIT = (248, 244, 238)
PAPER_EDGE = (212, 203, 193)
SHADOW_STRENGTH = 0.5
SHADOW_FADES = 34.0  # design units from the axis; a real soft box lights its own shadow


def compose(drawn: Pixels, frames: list[Frame], floors: tuple[Float, ...]) -> Pixels:
    """Put the drawn figurines (premultiplied RGBA) on paper with one floor shadow a frame."""
    height, width = drawn.shape[:2]
    fading = _fading()
    share = cv2.convertScaleAbs(drawn[:, :, 3], alpha=-1, beta=255).astype(np.float32)
    share *= np.float32(1 / 255)
    for frame, floor in zip(frames, floors, strict=True):
        place = np.s_[frame.y : frame.y + frame.height, frame.x : frame.x + frame.width]
        share[place] *= 1 - _floor_in_view(frame, floor * fading)
    planes = [
        cv2.add(cv2.multiply(paper, share, dtype=cv2.CV_8U), cv2.extractChannel(drawn, channel))
        for channel, paper in enumerate(_paper(width, height))
    ]
    return np.asarray(cv2.merge(planes), np.uint8)


def _fading() -> Float:
    """Strength of the shadow over the floor, (2 * FLOOR_REACH)^2, 0 at the border."""
    step = (np.arange(2 * FLOOR_REACH, dtype=np.float32) - FLOOR_REACH) * PITCH
    distance = np.hypot(step[:, None], step[None, :]).astype(np.float32)
    fading: Float = SHADOW_STRENGTH * np.exp(
        -(np.maximum(distance - 20, 0) ** 2) / np.float32(SHADOW_FADES**2)
    )
    return fading


def _floor_in_view(frame: Frame, floor: Float) -> Float:
    """Draw the floor as the frame's camera sees it; (height, width), 0 outside."""
    reach = FLOOR_REACH * PITCH
    corners = np.array([[-1, -1, 0], [-1, 1, 0], [1, 1, 0], [1, -1, 0]]) * reach
    seen = frame.pixels(corners)
    last = len(floor)
    texels = np.array([[0, 0], [last, 0], [last, last], [0, last]], np.float32)
    homography = cv2.getPerspectiveTransform(texels, seen.astype(np.float32))
    view = cv2.warpPerspective(floor, homography, (frame.width, frame.height))
    to_border = np.arange(frame.width, 0, -1, dtype=np.float32) / np.float32(0.22 * frame.width)
    soft_end = np.minimum(to_border, to_border[::-1]).clip(0, 1)
    return np.asarray(view * (soft_end * soft_end * (3 - 2 * soft_end)), np.float32)


@lru_cache(maxsize=2)
def _paper(width: int, height: int) -> Pixels:
    """Paint the lit paper with its vignette, (3, height, width)."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] + np.float32(0.15)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] + np.float32(0.2)
    vignette = np.minimum(x * x * 0.42 + y * y * 0.5, 1)
    lit, edge = (np.array(c, np.float32)[:, None, None] for c in (PAPER_LIT, PAPER_EDGE))
    return np.asarray(np.rint(lit + (edge - lit) * vignette), np.uint8)
