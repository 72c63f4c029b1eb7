"""Pixels of the irises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.photo.head_crop import FINE, SIZE
from fusion_service.domain.photo.light import to_lab

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.photo.head_crop import HeadCrop

EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
IRIS_RADIUS = 0.2  # of the width of the eye: 11.7 mm of 30, halved


def iris_samples(head: HeadCrop) -> Floats:
    """Lab of the rings between pupil and sclera, (n, 3)."""
    return np.concatenate([_ring(head, eye) for eye in EYES])


def _ring(head: HeadCrop, eye: tuple[int, ...]) -> Floats:
    corners = head.points[list(eye)] * (FINE / SIZE)
    width = float(np.linalg.norm(corners[0] - corners[1]))
    radius = IRIS_RADIUS * width
    x, y = corners.mean(0)
    reach = int(0.4 * width) + 1
    left, top = int(x) - reach, int(y) - reach
    patch = np.ascontiguousarray(head.fine[top : top + 2 * reach + 1, left : left + 2 * reach + 1])
    lab = to_lab(patch)
    # eyes look aside: the iris is the darkest disc near the middle of the eye
    dark = cv2.GaussianBlur(lab[..., 0], (0, 0), max(0.6 * radius, 0.5))
    rows, columns = np.mgrid[: lab.shape[0], : lab.shape[1]].astype(np.float32)
    near = (np.abs(columns + left - x) < 0.15 * width) & (np.abs(rows + top - y) < 0.05 * width)
    row, column = np.unravel_index(int(np.where(near, dark, 1e3).argmin()), dark.shape)
    away = np.hypot(columns - column, rows - row)
    lids = sorted((float(corners[2, 1]), float(corners[3, 1])))
    open_eye = (rows + top > lids[0] + 0.5) & (rows + top < lids[1] - 0.5)
    ring = (away > 0.4 * radius) & (away < 0.95 * radius)
    chosen = ring & open_eye if np.count_nonzero(ring & open_eye) > 8 else ring | (away < 1.5)
    return np.asarray(lab[chosen])
