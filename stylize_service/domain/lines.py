"""Lines as a cartoonist would ink them: the flow-based difference of Gaussians.

Kang, Lee, Chui 2007, "Coherent line drawing", with the soft threshold of Winnemoeller 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from common.vision.network import Floats

Vector = npt.NDArray[np.float64]

TENSOR_SIGMA = 2.2  # px, over which a direction is agreed on
WIDTH_RATIO = 1.6  # of the two Gaussians


@dataclass(frozen=True)
class Flow:
    """Direction across edges, unit vectors, and the pixel grid they start from.

    All are (H, W) float32; ``coherence`` is 0 where no direction is better than another.
    """

    across_x: Floats
    across_y: Floats
    coherence: Floats
    grid_x: Floats
    grid_y: Floats


def edge_flow(lightness: Floats, sigma: float = TENSOR_SIGMA) -> Flow:
    """Direction of the strongest change around each pixel, from the smoothed structure tensor.

    Parameters
    ----------
    lightness : (H, W) float32
        CIE L.
    sigma : float
        Smoothing of the tensor in px.
    """
    dx = cv2.Sobel(lightness, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(lightness, cv2.CV_32F, 0, 1)
    xx, xy, yy = (cv2.GaussianBlur(v, (0, 0), sigma) for v in (dx * dx, dx * dy, dy * dy))
    across = cv2.phase(xx - yy, 2 * xy) * np.float32(0.5)
    spread = cv2.magnitude(xx - yy, 2 * xy)
    x, y = cv2.polarToCart(np.ones_like(across), across)
    height, width = lightness.shape
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    coherence = spread / (xx + yy + np.float32(1e-3))
    fields = [np.asarray(field, np.float32) for field in (x, y, coherence, grid_x, grid_y)]
    return Flow(*fields)


def line_response(
    lightness: Floats, flow: Flow, width: float = 1.15, length: float = 3.5, tau: float = 0.985
) -> Floats:
    """How much darker a pixel is than its surroundings across the edge: negative on lines.

    Parameters
    ----------
    lightness : (H, W) float32
        CIE L.
    flow : Flow
        Of the same picture.
    width, length : float
        Gaussian sigmas across and along the line in px.
    tau : float
        Weight of the wider Gaussian; below 1, dark areas turn black too.
    """
    reach = np.arange(1.0, np.ceil(2 * width * WIDTH_RATIO) + 1)
    near, wide = (_gaussian(reach, s) for s in (width, WIDTH_RATIO * width))
    weights = near / (1 + 2 * near.sum()) - tau * wide / (1 + 2 * wide.sum())
    middle = 1 / (1 + 2 * near.sum()) - tau / (1 + 2 * wide.sum())
    line = (flow.across_x, flow.across_y)
    across = _weigh_along(lightness, flow, line, (reach, weights), middle)
    return smear(across, flow, length)


def smear(values: Floats, flow: Flow, length: float) -> Floats:
    """Gaussian mean along the edges, sigma ``length`` in px: what lies across stays sharp."""
    steps = np.arange(1.0, int(length * 1.5) + 1, 1.5)
    share = _gaussian(steps, length)
    total = 1 + 2 * share.sum()
    tangent = (-flow.across_y, flow.across_x)
    return _weigh_along(values, flow, tangent, (steps, share / total), 1 / total)


def ink(response: Floats, side: int, threshold: float = 0.3, softness: float = 0.8) -> Floats:
    """Ink at the size of the result: 0 on bare paper, 1 on full black.

    Parameters
    ----------
    response : (H, W) float32
        Of ``line_response``; enlarged before it is cut, so that the lines stay sharp.
    side : int
        Side of the result in px.
    threshold, softness : float
        Responses above the threshold leave no ink; a larger softness makes harder edges.
    """
    large = cv2.resize(response, (side, side), interpolation=cv2.INTER_CUBIC)
    excess = np.maximum(np.float32(threshold) - large, 0) * np.float32(softness)
    # x / sqrt(1 + x^2) squared twice stands in for tanh, which costs ten times as much.
    squared = excess * excess
    return np.asarray(cv2.sqrt(squared / (1 + squared)), np.float32)


def without_specks(response: Floats, threshold: float = 0.3, smallest: int = 14) -> Floats:
    """Response without lines of fewer than ``smallest`` px: pores and noise are not drawn."""
    marked = (response < threshold - 0.4).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    speck = stats[:, cv2.CC_STAT_AREA] < smallest
    speck[0] = False
    drop = cv2.dilate(speck[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(drop > 0, np.maximum(response, np.float32(threshold)), response)


def _gaussian(distance: Vector, sigma: float) -> Vector:
    return np.asarray(np.exp(-(distance**2) / (2 * sigma**2)), np.float64)


def _weigh_along(
    values: Floats,
    flow: Flow,
    direction: tuple[Floats, Floats],
    taps: tuple[Vector, Vector],
    middle: float,
) -> Floats:
    """Weighted sum along a line through each pixel; ``taps`` are distances and their weights."""
    total = values * np.float32(middle)
    for step, weight in zip(*taps, strict=True):
        for signed in (step, -step):
            x = cv2.scaleAdd(direction[0], float(signed), flow.grid_x)
            y = cv2.scaleAdd(direction[1], float(signed), flow.grid_y)
            moved = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            total = np.asarray(cv2.scaleAdd(moved, float(weight), total), np.float32)
    return total
