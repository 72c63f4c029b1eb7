"""The head: a soft egg with cheeks, chin, nose and ears, and the drawn face as relief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.face.eyes import drop_of
from fusion_service.domain.face.paint import RELIEF_PX
from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z, TEXTURE_MM
from fusion_service.domain.sculpture import Mesh
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.assembly import Blend, Cut
from fusion_service.domain.shape.sdf import VOXEL, Grid
from fusion_service.domain.shape.shapes import Capsule, Ellipsoid
from fusion_service.domain.shape.union import Block

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.shapes import Shape

BLUR = 0.55  # voxels; a step of the relief must not be steeper than the lattice can hold
FRONT_Y = -1.0  # behind it the head is plain skin
SKIN_TEXEL = (0.005, 0.99)  # u, v of a corner that is never painted


def model_head(attributes: Attributes, relief: Float | None, *, ears: bool) -> Block:
    """Return the field of the head.

    Parameters
    ----------
    relief : (n, n), optional
        Height of the drawn face over the skin in millimetres, in the frame of the texture.
    ears : bool
        False when hair covers them.
    """
    z = HEAD_CENTRE_Z
    jaw = float(np.clip(1 + (attributes.jaw - 0.805) * 2.2, 0.9, 1.1))
    tall = float(np.clip(1 + (attributes.aspect - 1.2) * 0.45, 0.95, 1.05))
    round_ = 0.9 * attributes.child + 0.25 * float(np.clip(attributes.smile / 0.05, 0, 1))
    grid = Grid.spanning((-20.5, -17.4, 37.0), (20.5, 18.8, 77.4))
    field = sdf.ellipsoid(grid, (0, -0.6, z + 1.0), (16.4, 15.2, 14.8 * tall))
    jaws = sdf.ellipsoid(grid, (0, 2.0, z - 6.6), (13.6 * jaw, 12.2, 9.6 * tall))
    field = sdf.smooth_union(field, jaws, 9)
    for side in (-1, 1):
        cheek = Ellipsoid((side * 7.6 * jaw, 5.4 + 0.4 * round_, z - 6.4), (6.0, 7.2, 5.4 + round_))
        _add(field, grid, cheek, k=3)
    _add(field, grid, Ellipsoid((0, 5.2, z - 13.0 * tall), (4.6 * jaw, 6.2, 3.2)), k=4)
    _add(field, grid, Capsule((0, -1.2, 38), (0, -0.8, 50), 4.4), k=2)
    if relief is not None:
        field -= _sampled(relief, grid)[:, None, :] * sdf.smoothstep(1.0, 6.0, grid.y)
    nose_width = float(np.clip(attributes.nose_width / 0.31, 0.85, 1.25))
    small = 1 - 0.15 * attributes.child
    nose = Ellipsoid(
        (0, 14.9, EYE_LINE_Z - drop_of(attributes) - 3.7 + 0.4 * attributes.child),
        (1.75 * nose_width * small, 1.9, 1.45 * small),
    )
    _add(field, grid, nose, k=1.6)
    if ears:
        for side in (-1, 1):
            _add(field, grid, _ear(side, z - 3.6), k=0.9)
    return Block(grid, field)


def project_texture(mesh: Mesh) -> Mesh:
    """Give the head's mesh its place on the face texture.

    The texture is seen from the front. On the back of the head it would show a second face, so
    triangles there become plain skin; vertices on the seam are doubled, once for either side.
    """
    x, y, z = mesh.vertices.T
    border = SKIN_TEXEL[0]
    u = np.clip(0.5 - x / TEXTURE_MM, border, 1 - border)
    v = np.clip(0.5 + (z - HEAD_CENTRE_Z) / TEXTURE_MM, border, 1 - border)
    uv = np.stack([u, v], axis=1).astype(np.float32)
    behind = (y < FRONT_Y)[mesh.faces].all(axis=1)
    in_front = np.zeros(len(y), bool)
    in_front[mesh.faces[~behind]] = True
    uv[~in_front] = SKIN_TEXEL
    seam = np.zeros(len(y), bool)
    seam[mesh.faces[behind]] = True
    seam &= in_front
    doubles = np.flatnonzero(seam)
    renumbered = np.arange(len(y), dtype=np.int32)
    renumbered[doubles] = len(y) + np.arange(len(doubles), dtype=np.int32)
    faces = mesh.faces.copy()
    faces[behind] = renumbered[faces[behind]]
    plain = np.full((len(doubles), 2), SKIN_TEXEL, np.float32)
    return Mesh(
        np.concatenate([mesh.vertices, mesh.vertices[doubles]]),
        faces,
        np.concatenate([mesh.normals, mesh.normals[doubles]]),
        np.concatenate([uv, plain]),
    )


def _ear(side: int, z: float) -> Shape:
    """Return an ear: an upright shell with a lobe, hollow towards the front."""
    shell = Blend(
        Ellipsoid((side * 16.3, -0.9, z + 0.5), (2.6, 2.0, 3.7)),
        Ellipsoid((side * 15.7, -0.4, z - 2.7), (1.7, 1.5, 1.7)),
        k=1.2,
    )
    return Cut(shell, Ellipsoid((side * 17.7, 0.9, z + 0.4), (1.35, 1.5, 2.3)), k=0.8)


def _add(field: Float, grid: Grid, shape: Shape, k: float) -> None:
    """Blend a shape into the field, in place, computing only where it can matter."""
    low, high = shape.bounds()
    inner, window = grid.window(low - k - 2 * VOXEL, high + k + 2 * VOXEL)
    field[window] = sdf.smooth_union(field[window], shape.field(inner), k)


def _sampled(relief: Float, grid: Grid) -> Float:
    """Return the relief at the lattice columns (nx, nz), smoothed to what the lattice can hold."""
    per_mm = RELIEF_PX / TEXTURE_MM
    small = cv2.GaussianBlur(relief, (0, 0), BLUR * VOXEL * per_mm)
    column = (TEXTURE_MM / 2 - grid.x[:, 0, 0]) * per_mm - 0.5
    row = (HEAD_CENTRE_Z + TEXTURE_MM / 2 - grid.z[0, 0, :]) * per_mm - 0.5
    columns, rows = np.meshgrid(column, row, indexing="ij")
    sampled = cv2.remap(small, columns, rows, cv2.INTER_LINEAR, borderValue=0)
    return np.asarray(sampled, np.float32)
