"""The display mesh of the base: turned on a lathe, so that its edge is a true circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.sculpture import Float, Index, Mesh

if TYPE_CHECKING:
    from fusion_service.domain.shape.shapes import Disc

SEGMENTS = 96
BEVEL_STEPS = 5
EDGES = (1, 3)  # rows that coincide with the next: one point, the normals of two surfaces


def lathe(disc: Disc) -> Mesh:
    """Return a disc as a closed mesh with crisp edges and true normals.

    A stretched one is pulled apart between two segments, whose edge is parallel to x.
    """
    radii, heights, outward, upward = _profile(disc)
    turned = 0.5 if disc.stretch else 0.0
    angle = (np.arange(SEGMENTS) + turned) * (2 * np.pi / SEGMENTS)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows = len(radii)
    vertices = np.zeros((rows, SEGMENTS, 3), np.float32)
    normals = np.zeros_like(vertices)
    vertices[..., :2] = radii[:, None, None] * around + np.asarray(disc.centre)
    vertices[..., 0] += disc.stretch * np.sign(around[:, 0])
    vertices[..., 2] = heights[:, None]
    normals[..., :2] = outward[:, None, None] * around
    normals[..., 2] = upward[:, None]
    faces = _faces(rows, open_at=(SEGMENTS // 4 - 1, 3 * SEGMENTS // 4 - 1) if disc.stretch else ())
    return Mesh(vertices.reshape(-1, 3), faces, normals.reshape(-1, 3))


def _profile(disc: Disc) -> tuple[Float, Float, Float, Float]:
    """Return radius, height and normal from the centre below to the centre above.

    Points are doubled where the surface has an edge, once for the normal of each side.
    """
    turn = np.linspace(0, np.pi / 2, BEVEL_STEPS)
    bevel_radii = disc.radius - disc.rounding * (1 - np.cos(turn))
    bevel_heights = disc.top - disc.rounding * (1 - np.sin(turn))
    foot, knee, slant = disc.radius - disc.chamfer, disc.bottom + disc.chamfer, np.sqrt(0.5)
    radii = [0.0, foot, foot, disc.radius, disc.radius, *bevel_radii, 0.0]
    heights = [*[disc.bottom] * 3, knee, knee, *bevel_heights, disc.top]
    outward = [0.0, 0.0, slant, slant, 1.0, *np.cos(turn), 0.0]
    upward = [-1.0, -1.0, -slant, -slant, 0.0, *np.sin(turn), 1.0]
    a, b, c, d = (np.asarray(v, np.float32) for v in (radii, heights, outward, upward))
    return a, b, c, d


def _faces(rows: int, open_at: tuple[int, ...]) -> Index:
    """Return the triangles; at the segments ``open_at`` the two centres are a line."""
    here = np.arange(SEGMENTS)
    there = (here + 1) % SEGMENTS
    faces = []
    for row in range(rows - 1):
        if row in EDGES:
            continue
        low, high = row * SEGMENTS, (row + 1) * SEGMENTS
        if row > 0:  # the first row is the centre: one triangle of each pair has no area
            faces.append(np.stack([low + here, low + there, high + there], axis=1))
        if row < rows - 2:  # and so is the last
            faces.append(np.stack([low + here, high + there, high + here], axis=1))
    for segment in open_at:
        high = (rows - 1) * SEGMENTS
        faces.append(np.array([[segment, segment + 1, segment + 1 + SEGMENTS]]))
        faces.append(np.array([[segment + high - SEGMENTS, segment + 1 + high, segment + high]]))
    return np.concatenate(faces).astype(np.int32)
