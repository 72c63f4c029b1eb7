"""Where the figurine stands in a file: design units to millimetres, and the axes of viewers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Form


def print_vertices(form: Form, lean: float = 0.0) -> Float:
    """Vertices of the solid as they lie on the print bed: millimetres, z up, lowest point on 0.

    Parameters
    ----------
    form
        The figurine.
    lean : float
        Degrees by which it leans backwards on the bed; 0 is upright.

    Returns
    -------
    (n, 3) float32; ``z.min()`` is exactly 0 and, upright, ``z.max()`` the requested height to
    0.01 mm.
    """
    return lay(to_millimetres(form, form.solid.vertices), lean)


def lay(millimetres: npt.NDArray[np.float64], lean: float) -> Float:
    """Lean the points (n, 3) of a whole figurine backwards, and set the lowest on the bed."""
    if lean == 0:
        return millimetres.astype(np.float32)
    sine, cosine = math.sin(math.radians(lean)), math.cos(math.radians(lean))
    x, y, z = millimetres.T
    laid = np.column_stack([x, cosine * y - sine * z, sine * y + cosine * z])
    laid[:, 2] -= laid[:, 2].min()
    return laid.astype(np.float32)


def to_millimetres(form: Form, points: Float) -> npt.NDArray[np.float64]:
    """Scale design units to the requested height, on the bed on which the solid stands."""
    placed = points.astype(np.float64)
    placed[:, 2] -= float(form.solid.vertices[:, 2].min())
    placed *= form.scale
    return placed


def extent(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the sides of the box around points (n, d), axis by axis: NumPy is slow across."""
    return np.array([np.ptp(column) for column in points.T], np.float64)


def to_viewer_axes(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Turn (right hand, front, up) into glTF's axes: y up, the front towards +z.

    A proper rotation, so the triangles keep their orientation.
    """
    turned = np.empty(vectors.shape, np.float32)
    turned[:, 0] = -vectors[:, 0]
    turned[:, 1] = vectors[:, 2]
    turned[:, 2] = vectors[:, 1]
    return turned
