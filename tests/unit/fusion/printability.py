"""What every figurine must be: one watertight body without thin walls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import trimesh
from scipy import ndimage

from fusion_service.domain.shape.voxels import voxelise

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Sculpture


def solid(sculpture: Sculpture) -> trimesh.Trimesh:
    return trimesh.Trimesh(sculpture.solid.vertices, sculpture.solid.faces, process=False)


def assert_printable(sculpture: Sculpture) -> None:
    mesh = solid(sculpture)
    assert mesh.is_watertight
    assert mesh.is_volume
    assert mesh.body_count == 1
    assert len(mesh.faces) < 150_000 * (1 + sculpture.form.parts[-1].person)
    assert mesh.area_faces.min() > 1e-7
    assert mesh.vertices[:, 2].min() == 0.0
    on_bed = (mesh.triangles[:, :, 2] == 0).all(axis=1)
    assert mesh.area_faces[on_bed].sum() >= 0.75 * sculpture.form.base_area
    x, y, _ = mesh.center_mass
    footprint = np.float32(mesh.vertices[mesh.vertices[:, 2] == 0][:, :2])
    assert (
        cv2.pointPolygonTest(cv2.convexHull(footprint), (float(x), float(y)), measureDist=True) > 5
    )


def assert_no_thin_wall(sculpture: Sculpture, lost_share: float) -> None:
    """Open with a ball of 0.7 mm on a fine lattice: edges are rounded off, nothing else is lost."""
    pitch = 0.4
    shape = sculpture.solid
    room = voxelise(shape.vertices, shape.faces, pitch / sculpture.scale, 2).filled
    radius = 0.7 - pitch / 4  # distances are to the middle of the first voxel outside
    eroded = ndimage.distance_transform_edt(room) * pitch > radius
    opened = ndimage.distance_transform_edt(~eroded) * pitch <= radius
    lost = room & ~opened
    assert lost.sum() < lost_share * room.sum()
    pieces, count = ndimage.label(lost)
    largest = np.bincount(pieces.ravel())[1:].max() if count else 0
    assert largest * pitch**3 < 2.0
    body, bodies = ndimage.label(eroded)
    assert np.bincount(body.ravel())[1:].max() > 0.99 * eroded.sum()
    assert bodies >= 1
