"""Cutting pictures to size and dividing a canvas: what training and evaluation collages share."""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np

from recipe_service.training.dataset import Picture

Rectangle: TypeAlias = tuple[int, int, int, int]


def divide(area: Rectangle, parts: int, rng: np.random.Generator) -> list[Rectangle]:
    """Cut an area (left, top, width, height) into uneven rectangles."""
    if parts == 1:
        return [area]
    left, top, width, height = area
    first = parts // 2 if rng.random() < 0.5 else parts - parts // 2
    share = min(max(first / parts * rng.uniform(0.8, 1.2), 0.25), 0.75)
    if (width > height) ^ (rng.random() < 0.15):
        cut = int(width * share)
        one, two = (left, top, cut, height), (left + cut, top, width - cut, height)
    else:
        cut = int(height * share)
        one, two = (left, top, width, cut), (left, top + cut, width, height - cut)
    return divide(one, first, rng) + divide(two, parts - first, rng)


def cut_to(
    picture: Picture, width: int, height: int, rng: np.random.Generator, least: float = 0.6
) -> Picture:
    """Cut a random part of a picture, mirrored or not, (height, width, 3).

    Parameters
    ----------
    picture : (H, W, 3) uint8
    width, height : int
        px of the result.
    rng : Generator
    least : float
        Smallest share of the largest part of that aspect.
    """
    full_h, full_w = picture.shape[:2]
    scale = min(full_w / width, full_h / height) * math.sqrt(rng.uniform(least, 1))
    part_w, part_h = max(8, int(width * scale)), max(8, int(height * scale))
    left = int(rng.integers(0, full_w - part_w + 1))
    top = int(rng.integers(0, full_h - part_h + 1))
    part = picture[top : top + part_h, left : left + part_w]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=how)
    return np.asarray(resized, np.uint8)
