"""Where faces may be: BlazeFace (Bazarevsky et al. 2019) on the photo, then on tiles of it."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.vision.network import RGB, Floats, Network

WINDOW = 128  # px, side of the network's input
KEEP_SCORE = 0.5
SURE_SCORE = 0.75  # below it, or with a small face, the tiles are searched too
SMALL_FACE = 0.12  # of the photo's long side
MERGE_IOU = 0.3
MAX_TILES = 24  # of one size, 1.3 ms each; a panorama gets coarser steps instead of more tiles
SMALLEST_TILE = 64  # px


@dataclass(frozen=True)
class Detection:
    """A place that may be a face: score 0..1, box x0 y0 x1 y1 and six key points, in px."""

    score: float
    box: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]


def detect(network: Network, image: RGB) -> list[Detection]:
    """Candidate faces, most certain first. Many are no faces: the landmarks decide.

    Parameters
    ----------
    network : Network
        The short-range face detector.
    image : (H, W, 3) uint8
        RGB.
    """
    height, width = image.shape[:2]
    pyramid = _pyramid(image)
    side = max(height, width)
    whole = ((width - side) / 2, (height - side) / 2, float(side))
    found = _merge(_detect_in_window(network, pyramid, whole))
    sure = [d for d in found if d.score >= SURE_SCORE]
    if sure and max(d.box[2] - d.box[0] for d in found) >= SMALL_FACE * side:
        return found
    for tile in _tiles(width, height):
        found += _detect_in_window(network, pyramid, tile)
    return _merge(found)


def _pyramid(image: RGB) -> list[RGB]:
    levels = [image]
    while min(levels[-1].shape[:2]) >= 2 * WINDOW:
        halved = cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(halved, np.uint8))
    return levels


def _tiles(width: int, height: int) -> Iterator[tuple[float, float, float]]:
    short = min(width, height)
    sides = {short, max(short // 2, min(SMALLEST_TILE, short))}
    for side in sorted(sides, reverse=True):
        rows = _starts(height, side, MAX_TILES)
        columns = _starts(width, side, MAX_TILES // len(rows))
        yield from ((x, y, float(side)) for x, y in itertools.product(columns, rows))


def _starts(length: int, side: int, most: int) -> list[float]:
    count = 1 + math.ceil((length - side) / (0.5 * side))
    return [float(x) for x in np.linspace(0, length - side, min(count, most))]


def _detect_in_window(
    network: Network, pyramid: list[RGB], window: tuple[float, float, float]
) -> list[Detection]:
    x0, y0, side = window
    # The level that is still at least as fine as the input, so that a linear warp suffices.
    level = min(len(pyramid) - 1, max(0, math.floor(math.log2(side / WINDOW))))
    source = pyramid[level]
    fine = source.shape[1] / pyramid[0].shape[1]
    scale = WINDOW / (side * fine)
    warp = np.array([[scale, 0, -x0 * fine * scale], [0, scale, -y0 * fine * scale]])
    grey = (127, 127, 127)
    crop = cv2.warpAffine(source, warp, (WINDOW, WINDOW), flags=cv2.INTER_LINEAR, borderValue=grey)
    outputs = network.run(np.asarray(crop, np.float32) / np.float32(127.5) - np.float32(1))
    return _decode(outputs, np.array([x0, y0]), side)


def _decode(
    outputs: dict[int, Floats], origin: npt.NDArray[np.float64], side: float
) -> list[Detection]:
    anchors = _anchors()
    scores = 1 / (1 + np.exp(-np.clip(outputs[len(anchors)].astype(np.float64), -50, 50)))
    raw = outputs[len(anchors) * 16].reshape(-1, 16).astype(np.float64) / WINDOW
    detections = []
    for index in np.flatnonzero(scores > KEEP_SCORE):
        centre = anchors[index] + raw[index, :2]
        half = raw[index, 2:4] / 2
        box = np.concatenate([centre - half, centre + half]) * side + np.tile(origin, 2)
        points = (raw[index, 4:].reshape(6, 2) + anchors[index]) * side + origin
        detections.append(Detection(float(scores[index]), box, points))
    return detections


def _anchors() -> npt.NDArray[np.float64]:
    # Two grids: 16 x 16 cells with 2 anchors and 8 x 8 cells with 6, all at the cell centres.
    grids = []
    for cells, repeats in ((16, 2), (8, 6)):
        y, x = np.mgrid[0:cells, 0:cells]
        centres = (np.stack([x, y], -1).reshape(-1, 2) + 0.5) / cells
        grids.append(np.repeat(centres, repeats, axis=0))
    return np.concatenate(grids)


def _merge(detections: list[Detection]) -> list[Detection]:
    # Non-maximum suppression that averages the boxes of a group instead of dropping them.
    rest = sorted(detections, key=lambda detection: -detection.score)
    merged = []
    while rest:
        best = rest[0]
        near = [d for d in rest if d is best or overlap(d.box, best.box) > MERGE_IOU]
        rest = [d for d in rest if not any(d is other for other in near)]
        weights = np.array([d.score for d in near]) / sum(d.score for d in near)
        box = np.tensordot(weights, np.stack([d.box for d in near]), 1)
        points = np.tensordot(weights, np.stack([d.points for d in near]), 1)
        merged.append(Detection(best.score, box, points))
    return merged


def overlap(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Intersection over union of two boxes x0 y0 x1 y1."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (first, second)]
    return shared / max(sum(areas) - shared, 1e-9)
