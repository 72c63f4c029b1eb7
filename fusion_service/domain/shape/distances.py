"""Distances on voxels, exact and cut off: what eroding and dilating with a ball are made of."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]  # (layers, rows, columns)
SHARP_CORNER = 0.74  # radii from a ball in the corner of a box to the tip: sharp is not thin


def squared_distance(inside: Mask, cap: int) -> npt.NDArray[np.uint8]:
    """Squared distance in voxels to the nearest voxel outside, at most ``cap`` squared.

    Exact: the distance within every layer by OpenCV, then the minimum over the layers
    (Felzenszwalb and Huttenlocher 2012). Squared distances on a lattice are whole numbers.
    """
    tall = np.ascontiguousarray(inside).view(np.uint8).reshape(-1, inside.shape[2])
    within = cv2.distanceTransform(tall, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    within = np.minimum(within, np.float32(cap), out=within)
    flat = np.rint(within * within).astype(np.uint8).reshape(inside.shape)
    nearest: npt.NDArray[np.uint8] = flat.copy()
    for step in range(1, cap):
        raised = np.minimum(flat, np.uint8(cap * cap - step * step)) + np.uint8(step * step)
        np.minimum(nearest[step:], raised[:-step], out=nearest[step:])
        np.minimum(nearest[:-step], raised[step:], out=nearest[:-step])
    return nearest
