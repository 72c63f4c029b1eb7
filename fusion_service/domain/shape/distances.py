"""Distances on voxels, exact and cut off, of which eroding with a ball is made, and on pixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]  # (layers, rows, columns)
Squares = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.uint8]  # (rows, columns)
Distances = npt.NDArray[np.float32]
SHARP_CORNER = 0.74  # radii from a ball in the corner of a box to the tip: sharp is not thin


def squared_distance(inside: Mask, cap: int) -> Squares:
    """Squared distance in voxels to the nearest voxel outside, at most ``cap`` squared.

    Exact: the minimum along one axis after the other (Felzenszwalb and Huttenlocher 2012), by
    trying all steps below ``cap``, which are few. Rows of one layer count as beside the rows of
    the next.

    Parameters
    ----------
    inside : (layers, rows, columns)
    cap : int
        At most 15: squared distances on a lattice are whole numbers and fit into bytes.
    """
    nearest = inside.view(np.uint8) * np.uint8(cap * cap)
    rows = nearest.reshape(-1, inside.shape[2])
    _lower(rows, cap, along_rows=True)
    _lower(rows, cap)
    _lower(nearest.reshape(len(inside), -1), cap)
    return nearest


def _lower(squares: Squares, cap: int, *, along_rows: bool = False) -> None:
    """Take the minimum over all steps from row to row of a picture, or along rows, in place."""
    before, raised, rise = squares.copy(), np.empty_like(squares), np.empty_like(squares)
    to, start = (squares.T, raised.T) if along_rows else (squares, raised)
    for step in range(1, min(cap, len(to))):
        rise.fill(step * step)
        cv2.add(before, rise, raised)  # stops at 255, which is over the cap
        np.minimum(to[step:], start[:-step], out=to[step:])
        np.minimum(to[:-step], start[step:], out=to[:-step])


def distance_in_plane(inside: Pixels) -> Distances:
    """Distance in pixels to the nearest pixel that is 0: exact, and the same each time.

    Intel's library, which OpenCV takes for this where it has one thread, rounds by where its
    memory happens to lie.
    """
    usual = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)
    try:
        found = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    finally:
        cv2.ipp.setUseIPP(usual)
    return np.asarray(found, np.float32)
