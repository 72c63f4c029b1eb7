"""Cut a square out of a photo by an affine map, averaged: a warp alone looks at single pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from common.vision.network import RGB

FINE_ENOUGH = 0.75  # px of the photo for one of the square, from where it is shrunk first


def warp_photo(image: RGB, matrix: npt.NDArray[np.float64], side: int) -> RGB:
    """Cut out a square; beyond the photo its border is repeated.

    Parameters
    ----------
    image : (H, W, 3) uint8
        RGB.
    matrix : (2, 3)
        From px of the photo to px of the square.
    side : int
        Of the square in px.
    """
    # a large photo is first shrunk by a whole number
    step = int(FINE_ENOUGH / float(np.hypot(matrix[0, 0], matrix[0, 1])))
    if step > 1:
        corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]], np.float64)
        back = corners @ np.asarray(cv2.invertAffineTransform(matrix), np.float64).T
        height, width = image.shape[:2]
        x0, y0 = np.clip(np.floor(back.min(0)), 0, [width - step, height - step]).astype(int)
        x1, y1 = np.clip(np.ceil(back.max(0)), [x0 + step, y0 + step], [width, height]).astype(int)
        columns, rows = (x1 - x0) // step, (y1 - y0) // step
        part = image[y0 : y0 + rows * step, x0 : x0 + columns * step]
        image = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA))
        # pixel centres: x = x0 + step * (x' + 0.5) - 0.5
        offset = np.array([x0, y0]) + (step - 1) / 2
        matrix = np.column_stack([matrix[:, :2] * step, matrix[:, 2] + matrix[:, :2] @ offset])
    warped = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)
