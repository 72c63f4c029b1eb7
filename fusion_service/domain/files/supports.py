"""How much support a print needs in one orientation.

Triangles that overhang too much are found on the mesh itself. Under them, and a little around
them, columns reach down to the bed or to the figurine itself; these are counted on coarse voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.files.placement import extent
from fusion_service.domain.shape.voxels import Voxels, voxelise

if TYPE_CHECKING:
    from fusion_service.domain.files.facets import Facets
    from fusion_service.domain.sculpture import Float, Index

# Both agree best with PrusaSlicer 2.5, layers of 0.2 mm, automatic supports; see estimate.py.
STEEP = 0.8  # downward part of the unit normal of what needs support: 53 degrees from upright
MARGIN_MM = 3.0  # by which a support is wider than what rests on it
VOXELS_HIGH = 64  # along the longest side

Mask = npt.NDArray[np.bool_]  # (layers, rows, columns)


@dataclass(frozen=True)
class Supports:
    """What a print stands on, in millimetres."""

    volume: float  # of the columns, as if they were solid
    area: float  # of the surface that rests on them
    largest_layer: float  # area of the largest layer of the figurine


def measure_supports(vertices: Float, faces: Index, facets: Facets) -> Supports:
    """Measure the support that a solid on the bed needs, in millimetres, z up.

    Parameters
    ----------
    vertices : (n, 3), the lowest at z = 0.
    faces : (m, 3)
    facets : what was measured of these faces.
    """
    pitch = float(extent(vertices).max()) / VOXELS_HIGH
    radius = round(MARGIN_MM / pitch)
    voxels = voxelise(vertices, faces, pitch, margin=radius + 1)
    filled = np.ascontiguousarray(voxels.filled.transpose(2, 0, 1))
    steep = (facets.facing_up < -STEEP) & ~facets.on_bed
    under = _cells_under(voxels, facets.corners[:, :, steep].mean(axis=1).T)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    resting = np.zeros(filled.shape, np.uint8)
    resting[under] = 1
    for layer in np.unique(under[0]):
        resting[layer] = cv2.dilate(resting[layer], disc)
    lowest = int(filled.any(axis=(1, 2)).argmax())
    columns = _columns(resting[lowest:].view(bool), filled[lowest:])
    return Supports(
        volume=float(np.count_nonzero(columns)) * pitch**3,
        area=float(facets.areas[steep].sum()),
        largest_layer=float(np.count_nonzero(filled, axis=(1, 2)).max()) * pitch**2,
    )


def _cells_under(
    voxels: Voxels, points: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Layers, rows and columns of the voxels half a voxel below the points (n, 3)."""
    place = np.rint((points - voxels.origin) / voxels.pitch - (0, 0, 0.5)).astype(np.intp)
    x, y, z = np.clip(place, 0, np.subtract(voxels.filled.shape, 1)).T
    return z, x, y


def _columns(resting: Mask, filled: Mask) -> Mask:
    """Mark the empty voxels from those under an overhang down to the next filled one."""
    columns = np.zeros_like(filled)
    needed = np.zeros(filled.shape[1:], bool)
    for height in range(len(filled) - 1, -1, -1):
        needed = (needed | resting[height]) & ~filled[height]
        columns[height] = needed
    return columns
