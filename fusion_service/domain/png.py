"""Pictures as PNG, quickly: what a job draws is looked at for a minute and kept for a day.

Specification: W3C, Portable Network Graphics (Third Edition), 2025.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

# One fixed filter, and runs only: a third of the time of searching for matches with a filter
# chosen line by line, and hardly larger with flat colours and soft gradients.
SETTINGS = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),  # the first: it undoes the others
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)


def encode_png(picture: npt.NDArray[np.uint8]) -> bytes:
    """Compress an (h, w, 3) sRGB picture. The same pixels give the same bytes."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", bgr, SETTINGS)[1].tobytes()


def decode_picture(data: bytes) -> npt.NDArray[np.uint8]:
    """Read a PNG or JPEG of ours: (h, w, 3) sRGB.

    Raises
    ------
    ValueError
        The bytes are no picture.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError("the picture cannot be read")
    return np.asarray(picture, np.uint8)
