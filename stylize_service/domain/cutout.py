"""The sitter alone, with nothing behind: colours and how much of each pixel is theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain.tones import enlarge, to_lab

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from stylize_service.domain.portrait import Sitter

RIM = 2  # px of the sitter's 512: so far inside the edge a photo still shows what was behind it
HEM = 4  # px of the result: so far outside the edge the colour goes on, for who scales it
EMPTY = 255


@dataclass(frozen=True)
class Cutout:
    """A painting without a background.

    Attributes
    ----------
    colour : (S, S, 3) uint8
        RGB, not premultiplied; the painter's own colours on both sides of the edge.
    alpha : (S, S) float32
        1 on the sitter, 0 beside it.
    """

    colour: RGB
    alpha: Floats


def unfringed(sitter: Sitter) -> Sitter:
    """Let the sitter's own colours go on beyond their edge, in place of the room behind them.

    What a painter takes from the border of hair and shoulders is then the sitter's: no rim in
    the colour of the old wall.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM + 1, 2 * RIM + 1))
    sure = cv2.erode((sitter.matte > 0.95).astype(np.uint8), disc, borderValue=1)
    if not sure.any():
        return sitter
    _, nearest = cv2.distanceTransformWithLabels(
        1 - sure, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(int(nearest.max()) + 1, np.intp)
    source[nearest[sure > 0]] = np.flatnonzero(sure)
    spread = sitter.picture.reshape(-1, 3)[source[nearest]]
    calm = cv2.GaussianBlur(spread, (0, 0), 2.0)
    own = np.where(sure[..., None] > 0, sitter.picture, calm).astype(np.uint8)
    return replace(sitter, picture=own, lab=to_lab(own))


def crisp_matte(sitter: Sitter, side: int) -> Floats:
    """Bring the matte to the size of the result; its edge is a pixel or two wide at every size."""
    sharpness = np.float32(max(1.0, side / sitter.matte.shape[0]))
    large = (enlarge(sitter.matte, side) - np.float32(0.5)) * sharpness + np.float32(0.5)
    return np.asarray(np.clip(large, 0, 1), np.float32)


def to_rgba(cutout: Cutout, side: int) -> RGB:
    """Make one picture of a cutout, reduced if it was painted larger.

    Returns
    -------
    (side, side, 4) uint8
        RGB and alpha, not premultiplied.
    """
    alpha = np.round(cutout.alpha * 255).astype(np.uint8)
    colour = cutout.colour
    if alpha.shape[0] != side:
        colour, alpha = _reduced(colour, alpha, side)
    hem = cv2.dilate(alpha, np.ones((2 * HEM + 1, 2 * HEM + 1), np.uint8))
    colour = np.where(hem[..., None] > 0, colour, EMPTY).astype(np.uint8)
    return np.dstack([colour, alpha])


def _reduced(colour: RGB, alpha: RGB, side: int) -> tuple[RGB, RGB]:
    """Average colours by their weight: what cannot be seen does not count."""
    weight = alpha.astype(np.float32) + np.float32(1e-3)
    heavy = np.dstack([colour * weight[..., None], weight])
    small = cv2.resize(heavy, (side, side), interpolation=cv2.INTER_AREA)
    mean = np.round(small[..., :3] / small[..., 3:]).clip(0, 255).astype(np.uint8)
    return mean, np.round(small[..., 3]).clip(0, 255).astype(np.uint8)
