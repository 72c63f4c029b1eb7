"""Pictures as PNG, quickly: what a job draws is looked at for a minute and kept for a day.

Specification: W3C, Portable Network Graphics (Third Edition), 2025.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Pixels

# One fixed filter, and runs only: a third of the time of searching for matches with a filter
# chosen line by line, and hardly larger with flat colours and soft gradients.
SETTINGS = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),  # the first: it undoes the others
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)


def encode_png(picture: Pixels) -> bytes:
    """Compress an (h, w, 3) sRGB picture. The same pixels give the same bytes."""
    return encode_bgr(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8))


def encode_bgr(picture: Pixels) -> bytes:
    """Compress a picture with its channels in OpenCV's order, blue first."""
    return cv2.imencode(".png", picture, SETTINGS)[1].tobytes()
