"""From the net's maps to calibrated scores, fine names and boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Box: TypeAlias = tuple[float, float, float, float]  # x, y, width, height as shares of the photo

POOL_SHARPNESS: Final = 4.0
_PEAK_FOR_BOX: Final = 0.2  # a place must be at least so sure before a box is drawn


@dataclass(frozen=True)
class Maps:
    """Logits at every place of one photo, at one or more scales.

    Attributes
    ----------
    fine, coarse : tuple of (classes, rows, columns) float32
        One per scale, the largest last.
    """

    fine: tuple[Floats, ...]
    coarse: tuple[Floats, ...]


def evidence(maps: Maps) -> Floats:
    """Logits (coarse,) that each class is in the photo: the mean over scales.

    Per scale it is the soft maximum of the places (log-mean-exp): a mean of the places would drown
    a small item, a maximum would believe every single place.
    """
    return np.asarray(np.mean([_pool(logits) for logits in maps.coarse], axis=0), np.float32)


def fine_logits(maps: Maps, coarse: int | None = None) -> Floats:
    """Logits (fine,) of the whole photo, or of the places where one coarse class is seen."""
    total = np.zeros(len(maps.fine[0]), np.float32)
    for fine, seen in zip(maps.fine, maps.coarse, strict=True):
        if coarse is None:
            total += fine.mean((1, 2))
            continue
        weight = _sigmoid(seen[coarse]) ** 2 + 1e-6
        total += (fine * weight).sum((1, 2)) / weight.sum()
    return np.asarray(total / len(maps.fine), np.float32)


def calibrated(logits: Floats, slope: float, offset: float) -> Floats:
    """Probabilities by Platt's scaling (1999) of logits."""
    return _sigmoid((slope * logits + offset).astype(np.float32))


def box_of(maps: Maps, coarse: int) -> Box | None:
    """Where a class is seen most: the box of the strongest connected area, or None."""
    heat = _sigmoid(maps.coarse[-1][coarse])
    peak = float(heat.max())
    if peak < _PEAK_FOR_BOX:
        return None
    rows, columns = heat.shape
    fine = cv2.resize(heat, (columns * 4, rows * 4), interpolation=cv2.INTER_LINEAR)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((fine >= peak / 2).astype(np.uint8))
    label = int(np.asarray(labels).ravel()[int(np.asarray(fine).argmax())])
    x, y, width, height = (int(v) for v in np.asarray(stats)[label, :4])
    across, down = columns * 4, rows * 4
    return x / across, y / down, width / across, height / down


def _pool(logits: Floats) -> Floats:
    flat = logits.reshape(len(logits), -1) * POOL_SHARPNESS
    top = flat.max(1)
    total = top + np.log(np.exp(flat - top[:, None]).sum(1)) - math.log(flat.shape[1])
    return np.asarray(total / POOL_SHARPNESS, np.float32)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
