"""Pictures that come as files."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt


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
