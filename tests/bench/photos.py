"""Photos for bench and faults: one face, never twice the same pixels, so nothing is a memo hit.

Equal pixels in another file would not do: stages remember by content, and an equally measured
face is an equal sculpture.
"""

from __future__ import annotations

import random

import cv2
import numpy as np

from tests.portraits import astronaut


def new_portrait(side: int = 1024) -> bytes:
    """Encode the astronaut, turned and scaled a little at random, as a square JPEG."""
    return _portrait(side, random.uniform(1.0, 1.04), random.uniform(-3, 3))


def plain_portrait(side: int = 1024) -> bytes:
    """Encode the astronaut as a square JPEG: always the same."""
    return _portrait(side, 1.0, 0.0)


def _portrait(side: int, larger: float, degrees: float) -> bytes:
    photo = astronaut()
    centre = (photo.shape[1] / 2, photo.shape[0] / 2)
    scale = side / photo.shape[0] * larger
    matrix = cv2.getRotationMatrix2D(centre, degrees, scale)
    matrix[:, 2] += side / 2 - np.array(centre)
    turned = cv2.warpAffine(
        photo, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    _, data = cv2.imencode(".jpg", turned[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return bytes(data)
