"""What many pixels have in common: medians, and the colour that dominates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.attributes import Lab

MOST_SAMPLES = 800  # more pixels of one thing do not change its colour


def lab_tuple(colour: Floats) -> Lab:
    """Return an array of three as a Lab tuple."""
    lightness, a, b = (float(value) for value in colour)
    return (lightness, a, b)


def median_colour(samples: Floats) -> Lab:
    """Median of each channel of (n, 3) samples."""
    return lab_tuple(np.median(samples, axis=0))


def dominant(samples: Floats) -> Lab:
    """Colour of the largest of three clusters of (n, 3) Lab samples, vivid ones counting more."""
    few = np.ascontiguousarray(samples[:: max(1, len(samples) // MOST_SAMPLES)], np.float32)
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 10, 1.0)
    _, labels, centres = cv2.kmeans(few, 3, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    # a strong colour says more about clothes than the black or white beside it
    vivid = 1 + np.hypot(centres[:, 1], centres[:, 2]) / 30
    chosen = int((np.bincount(labels.ravel(), minlength=3) * vivid).argmax())
    return lab_tuple(centres[chosen])
