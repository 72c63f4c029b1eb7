"""Glasses: rims, bridge and temples that lie on the face, and dark lenses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

from fusion_service.domain.face.canvas import FEATURE_SCALE, ellipse
from fusion_service.domain.face.eyes import EyeShape, drop_of
from fusion_service.domain.frame import EYE_LINE_Z
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.union import Block

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes, Glasses
    from fusion_service.domain.sculpture import Float

FINE_VOXEL = 0.4  # of the mesh for the eye: a rim is three voxels of the solid wide
RIM = 0.75  # half its width, mm
STANDS_OUT, SUNK = 1.0, 0.9  # of the rims, mm from the skin
LENS_STANDS_OUT = 0.5
ROUNDED = 0.7  # mm over which edges are rounded
TEMPLE_HALF, TEMPLE_END_Y = 0.75, 0.2
# half axes in mm of the drawing, and how square the outline is
LENSES: dict[Glasses, tuple[float, float, float]] = {
    "round": (4.35, 4.3, 1.0),
    "square": (4.7, 3.75, 0.42),
    "sunglasses": (4.9, 4.0, 0.58),
}


def model_glasses(
    attributes: Attributes, head: Block, eye: tuple[float, float] | None = None
) -> list[tuple[str, Block, Block]]:
    """Return the parts of the glasses on a head, each on the lattice and on a finer one.

    Rims follow the skin, half sunk into it: nothing stands free that could break off. ``eye`` is
    x and z of the left eye where it is not drawn at its usual place.
    """
    if attributes.glasses == "none":
        return []
    eye = eye or drawn_eye(attributes)
    grids = [_room(head.grid, voxel, eye[1]) for voxel in (head.grid.voxel, FINE_VOXEL)]
    skins = [_skin(head, grid) for grid in grids]
    frames = [
        Block(grid, _frame(grid, skin, attributes.glasses, eye))
        for grid, skin in zip(grids, skins, strict=True)
    ]
    parts = [("glasses", frames[0], frames[1])]
    if attributes.glasses == "sunglasses":
        lenses = [
            Block(grid, _lenses(grid, skin, attributes.glasses, eye))
            for grid, skin in zip(grids, skins, strict=True)
        ]
        parts.append(("lenses", lenses[0], lenses[1]))
    return parts


def _room(grid: Grid, voxel: float, eye_z: float) -> Grid:
    low, high = grid.origin, grid.origin + (np.array(grid.shape) - 1) * grid.voxel
    low = np.maximum(low, [-20.0, TEMPLE_END_Y - 2, eye_z - 7.0])
    high = np.minimum(high, [20.0, 18.6, eye_z + 7.0])
    return Grid.spanning(low, high, voxel)


def _skin(head: Block, grid: Grid) -> Float:
    """Return the head's field on another lattice."""
    if grid.voxel == head.grid.voxel:
        return head.field[head.grid.place(grid)].copy()
    axes = [
        (axis.ravel() - start) / head.grid.voxel
        for axis, start in zip((grid.x, grid.y, grid.z), head.grid.origin, strict=True)
    ]
    where = np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32)
    sampled = map_coordinates(head.field, where, order=1, mode="nearest", prefilter=False)
    return np.asarray(sampled, np.float32)


def _frame(grid: Grid, skin: Float, kind: Glasses, eye: tuple[float, float]) -> Float:
    """Return the field of rims, bridge and temples."""
    eye_x, eye_z = eye
    half, _, _ = LENSES[kind]
    inner = eye_x - half * FEATURE_SCALE
    rims = np.abs(_outlines(grid, kind, eye)) - np.float32(RIM)
    sag = np.clip(1 - (grid.x / np.float32(inner + 0.8)) ** 2, 0, 1)
    bridge = np.maximum(
        np.abs(grid.z - np.float32(eye_z + 0.7) - np.float32(0.8) * sag) - np.float32(RIM),
        np.abs(grid.x) - np.float32(inner + 0.3),
    )
    outer = eye_x + half * FEATURE_SCALE
    height = np.abs(grid.z - np.float32(eye_z + 1.0)) - np.float32(TEMPLE_HALF)
    ends = np.maximum(np.float32(outer - 0.2) - np.abs(grid.x), np.float32(TEMPLE_END_Y) - grid.y)
    flat = np.minimum(np.minimum(rims, bridge), np.maximum(height, ends))
    return _raised(np.maximum(flat, np.float32(TEMPLE_END_Y) - grid.y), skin, STANDS_OUT)


def _lenses(grid: Grid, skin: Float, kind: Glasses, eye: tuple[float, float]) -> Float:
    flat = np.maximum(_outlines(grid, kind, eye) + np.float32(0.1), np.float32(2.0) - grid.y)
    return _raised(flat, skin, LENS_STANDS_OUT)


def _raised(flat: Float, skin: Float, height: float) -> Float:
    """Keep what lies between so far under the skin and so high over it."""
    middle, half = np.float32((height - SUNK) / 2), np.float32((height + SUNK) / 2)
    layer = np.abs(skin - middle) - half
    return sdf.smooth_intersection(np.broadcast_to(flat, layer.shape), layer, ROUNDED)


def _outlines(grid: Grid, kind: Glasses, eye: tuple[float, float]) -> Float:
    """Return signed distances to the outline of the nearer lens, seen from the front."""
    eye_x, eye_z = eye
    half, high, power = LENSES[kind]
    corners = ellipse(eye_x, eye_z, half * FEATURE_SCALE, high * FEATURE_SCALE, power)[:-1]
    return sdf.polygon(np.abs(grid.x), grid.z, corners)


def drawn_eye(attributes: Attributes) -> tuple[float, float]:
    """Return x and z of the left eye of a drawn face."""
    x = EyeShape(attributes).u * FEATURE_SCALE
    return x, EYE_LINE_Z - drop_of(attributes) - 0.1
