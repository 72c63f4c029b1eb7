"""The photographed faces on their way from measuring to painting: one JPEG, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.frame import FACE_PICTURE_PX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.sculpture import Pixels

QUALITY = 93


def pictures_to_bytes(pictures: Sequence[Pixels]) -> bytes:
    """Pack the (512, 512, 3) RGB picture of each person, from left to right."""
    strip = cv2.cvtColor(np.concatenate(pictures, axis=1), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", strip, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def pictures_from_bytes(data: bytes) -> tuple[Pixels, ...]:
    """Unpack what ``pictures_to_bytes`` packed."""
    strip = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if strip is None:
        raise ValueError("the picture of the face cannot be read")
    count = strip.shape[1] // FACE_PICTURE_PX
    return tuple(np.asarray(part, np.uint8) for part in np.split(strip, count, axis=1))
