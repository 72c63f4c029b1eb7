"""The display mesh of the base: turned on a lathe, so that its edge is a true circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.sculpture import Float, Index, Mesh

if TYPE_CHECKING:
    from fusion_service.domain.shapes import Disc

SEGMENTS = 96
BEVEL_STEPS = 5
UNDERSIDE_EDGE = 1


def lathe(disc: Disc) -> Mesh:
    """Return a disc as a closed mesh with crisp edges and true normals."""
    radii, heights, outward, upward = _profile(disc)
    angle = np.arange(SEGMENTS) * (2 * np.pi / SEGMENTS)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows = len(radii)
    vertices = np.zeros((rows, SEGMENTS, 3), np.float32)
    normals = np.zeros_like(vertices)
    vertices[..., :2] = radii[:, None, None] * around + np.asarray(disc.centre)
    vertices[..., 2] = heights[:, None]
    normals[..., :2] = outward[:, None, None] * around
    normals[..., 2] = upward[:, None]
    return Mesh(vertices.reshape(-1, 3), _faces(rows), normals.reshape(-1, 3))


def _profile(disc: Disc) -> tuple[Float, Float, Float, Float]:
    """Return radius, height and normal from the centre below to the centre above.

    Points are doubled where the surface has an edge, once for the normal of each side.
    """
    turn = np.linspace(0, np.pi / 2, BEVEL_STEPS)
    radii = [1e-3, disc.radius, disc.radius]
    radii += list(disc.radius - disc.rounding * (1 - np.cos(turn))) + [1e-3]
    heights = [disc.bottom] * 3 + list(disc.top - disc.rounding * (1 - np.sin(turn))) + [disc.top]
    outward = [0.0, 0.0, 1.0, *np.cos(turn), 0.0]
    upward = [-1.0, -1.0, 0.0, *np.sin(turn), 1.0]
    a, b, c, d = (np.asarray(v, np.float32) for v in (radii, heights, outward, upward))
    return a, b, c, d


def _faces(rows: int) -> Index:
    here = np.arange(SEGMENTS)
    there = (here + 1) % SEGMENTS
    faces = []
    for row in range(rows - 1):
        if row == UNDERSIDE_EDGE:
            continue  # rows 1 and 2 coincide: one carries the normals below, one those of the wall
        low, high = row * SEGMENTS, (row + 1) * SEGMENTS
        faces.append(np.stack([low + here, low + there, high + there], axis=1))
        faces.append(np.stack([low + here, high + there, high + here], axis=1))
    return np.concatenate(faces).astype(np.int32)
