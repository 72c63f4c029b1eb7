"""Binary STL: the solid alone, in millimetres."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.files.placement import print_vertices

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Form

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def to_stl(form: Form, lean: float = 0.0) -> bytes:
    """Write the printable solid as a binary STL, z up, the lowest point on z = 0.

    Parameters
    ----------
    form
        The figurine.
    lean : float
        Degrees by which it leans backwards on the bed; 0 is upright.

    Facet normals are computed in float64: in float32 the thin triangles of marching cubes get
    normals that a slicer has to repair.
    """
    corners = print_vertices(form, lean)[form.solid.faces]
    exact = corners.astype(np.float64)
    normals = np.cross(exact[:, 1] - exact[:, 0], exact[:, 2] - exact[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.finfo(float).tiny)
    facets = np.zeros(len(corners), FACET)
    facets["normal"] = normals
    facets["corners"] = corners
    # a header that begins with "solid" makes readers take the file for the text variant
    header = b"Kiln figurine, millimetres, z up".ljust(80)
    return header + struct.pack("<I", len(facets)) + facets.tobytes()
