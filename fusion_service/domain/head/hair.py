"""Hair: a scalp grown thicker, combed into locks, trimmed to the measured outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.attributes import PROFILE_DEGREES
from fusion_service.domain.frame import HEAD_CENTRE_Z
from fusion_service.domain.head.curls import add_curls
from fusion_service.domain.head.haircut import HAIRLINE_X
from fusion_service.domain.head.knot import comb_to_knot
from fusion_service.domain.head.locks import SCALP_CENTRE, SCALP_RADII, add_forelocks, comb
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.assembly import Blend
from fusion_service.domain.shape.sdf import Grid, smoothstep
from fusion_service.domain.shape.shapes import Capsule
from fusion_service.domain.shape.union import Block

if TYPE_CHECKING:
    from fusion_service.domain.head.haircut import Haircut
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.shapes import Shape


# Lower edge of short hair seen from the side: nape, over the ear, sideburn, temple.
TRIM_Y = (-16.0, -11.0, -7.0, -4.8, -3.4, -2.4, 1.2, 2.0, 2.8, 4.0, 8.0)
TRIM_Z = (48.6, 49.0, 50.2, 52.0, 56.5, 60.4, 60.8, 58.0, 54.6, 54.2, 58.0)
FULL_TRIM_Z = (47.6, 47.8, 48.6, 50.0, 53.0, 56.0, 57.0, 55.6, 53.6, 53.2, 56.0)
# Front edge of the hair beside the face: further back lower down.
TEMPLE_Z = (50.0, 55.0, 59.0, 63.0, 66.0, 69.0, 71.0)
SIDEBURN_Y, SIDEBURN_Z = -5.0, 58.5  # in front of and below: no curls before a bare ear
RECEDING_MM = 6.0  # by which the temples of a half bald head lie further back
TEMPLE_Y = (4.4, 4.7, 5.0, 6.0, 8.6, 10.4, 11.0)


def model_hair(haircut: Haircut) -> Block | None:
    """Return the field of the hair, or None for a bald or a covered head."""
    if haircut.kind == "bald" or haircut.covered:
        return None
    grid = _room(haircut)
    # 1. comb: a pattern of locks that run down from the parting
    locks = comb(grid, haircut) if haircut.tied == "none" else comb_to_knot(grid, haircut)
    # 2. grow the scalp, and let long hair fall from it
    field = _cap(grid, haircut, locks)
    if haircut.long:
        field = _curtains(grid, field, haircut, locks)
    # 3. trim below and around the face
    if not haircut.long:
        field = _trimmed(grid, field, haircut, locks)
    window = _face_window(grid, haircut)
    field = sdf.smooth_difference(field, window, 1.3)
    if haircut.locked:
        add_forelocks(grid, field, haircut)
    # 4. curl, and wash out what is finer than the lattice
    if haircut.kind == "curly":
        clipped = (grid.y > SIDEBURN_Y) & (grid.z < SIDEBURN_Z) & (not haircut.covers_ears)
        add_curls(grid, field, (window > 0.8) & ~clipped)
    return Block(grid, _softened(field))


def _room(haircut: Haircut) -> Grid:
    bulge = float(haircut.thickness.max()) + (4.6 if haircut.kind == "curly" else 2.0)
    (_, cy, cz), (rx, ry, rz) = SCALP_CENTRE, SCALP_RADII
    ends = [tip for tip in haircut.tips if tip is not None]
    bottom = min(ends) - 4.0 if ends else 44.5
    side = max(rx + bulge, 20.5) if haircut.long else rx + bulge
    return Grid.spanning(
        (-side, min(cy - ry - bulge, -18.0), bottom), (side, cy + ry + bulge, cz + rz + bulge)
    )


def _cap(grid: Grid, haircut: Haircut, locks: Float) -> Float:
    degrees = np.degrees(np.arctan2(-grid.x, grid.z - np.float32(HEAD_CENTRE_Z)))
    thickness = np.interp(degrees, PROFILE_DEGREES, haircut.thickness).astype(np.float32)
    # Behind the ears the photo shows nothing, and at 180 degrees the two sides must meet.
    middle = float(0.75 * haircut.thickness[6:17].mean() + 0.25 * haircut.thickness[[3, -4]].min())
    behind = smoothstep(2.0, -7.0, grid.y)
    low = smoothstep(HEAD_CENTRE_Z - 4, HEAD_CENTRE_Z - 10, grid.z)
    thickness = thickness + (np.float32(min(middle, 5.0)) - thickness) * np.maximum(behind, low)
    combed = locks * np.float32(_groove_depth(haircut))
    if not haircut.long and not haircut.covers_ears:
        # Clipped sides: the hair thins out towards its edge instead of ending like a bowl.
        above = smoothstep(0.0, 8.0, grid.z - _trim_line(grid, haircut))
        edge = np.float32(0.75 + 1.3 * haircut.fullness)
        thickness = edge + (thickness - edge) * above
        combed = combed * (0.3 + 0.7 * above)
    if haircut.cropped:
        thickness = thickness - 0.6 * smoothstep(3.0, 9.0, grid.y)
    elif haircut.kind != "curly":
        # the forelocks lie on a thinner cap, or its cut edge would show under them
        thickness = thickness * (1 - 0.5 * smoothstep(3.0, 10.0, grid.y))
    field = sdf.ellipsoid(grid, SCALP_CENTRE, SCALP_RADII)
    field -= thickness
    field -= combed
    if haircut.tied == "none" and not haircut.cropped and haircut.kind != "curly":
        line = np.exp(-(((grid.x - haircut.parting) / 1.1) ** 2)) * smoothstep(-9.0, -4.0, grid.y)
        field += (0.7 * line * smoothstep(66.0, 70.0, grid.z)).astype(np.float32)
    return field


def _groove_depth(haircut: Haircut) -> float:
    if haircut.kind == "curly":
        return 0.2  # curls hide most of the combing
    return 0.35 if haircut.cropped else 0.95


def _trim_line(grid: Grid, haircut: Haircut) -> Float:
    full = haircut.fullness
    heights = (1 - full) * np.asarray(TRIM_Z) + full * np.asarray(FULL_TRIM_Z)
    return np.interp(grid.y, TRIM_Y, heights).astype(np.float32)


def _trimmed(grid: Grid, field: Float, haircut: Haircut, locks: Float) -> Float:
    """Cut short hair: around the ear and along the nape, or as a bob that hides the ears."""
    if haircut.covers_ears:
        edge = np.interp(grid.y, (-14, -6, 3, 8), (47.6, 48.0, 50.4, 52.5)).astype(np.float32)
        return sdf.smooth_intersection(field, edge - 1.4 * locks - grid.z, 2.2)
    return sdf.smooth_intersection(field, _trim_line(grid, haircut) - 0.5 * locks - grid.z, 1.0)


def _curtains(grid: Grid, field: Float, haircut: Haircut, locks: Float) -> Float:
    """Let hair fall down the back and, where it is long, in front of the shoulders."""
    lowest = min(tip for tip in haircut.tips if tip is not None)
    lowest = min(lowest, 44.0)
    middle, half = (HEAD_CENTRE_Z + lowest) / 2 - 1, (HEAD_CENTRE_Z - lowest) / 2 + 7
    back = sdf.ellipsoid(grid, (0, -7.0, middle), (15.2, 9.0, half))
    back -= locks * np.float32(0.95) * smoothstep(62.0, 57.0, grid.z)
    back = sdf.smooth_intersection(back, (lowest + 1.0) - 1.6 * locks - grid.z, 2.0)
    field = sdf.smooth_union(field, back, 5)
    for side, tip in zip((1, -1), haircut.tips, strict=True):
        if tip is not None:
            strand = _side_strand(side, tip, wavy=haircut.wavy)
            low, high = strand.bounds()
            inner, window = grid.window(low - 4.2, high + 4.2)
            combed = strand.field(inner) - np.broadcast_to(locks, grid.shape)[window] * np.float32(
                0.6
            )
            field[window] = sdf.smooth_union(field[window], combed, 3)
    return field


def _side_strand(side: int, tip: float, *, wavy: bool) -> Shape:
    """Return the hair that hangs beside the face and ends in front of the shoulder."""
    z = HEAD_CENTRE_Z
    if wavy:
        return _wavy_strand(side, tip)
    temple, cheek = (side * 15.4, 0.5, z + 4), (side * 14.9, 3.2, z - 7)
    if tip > z - 17:
        end = Capsule(cheek, (side * 13.1, 4.4, tip + 2), 4.2, 1.9)
        return Blend(Capsule(temple, cheek, 4.0, 4.4), end, k=3)
    shoulder = (side * 12.4, 6.4, z - 15)
    behind_ear, on_shoulder = (side * 14.0, -3.0, z - 6), (side * 12.6, -0.5, max(tip + 3, 41.0))
    return Blend(
        Capsule(temple, cheek, 4.0, 4.4),
        Capsule(cheek, shoulder, 4.4, 4.2),
        Capsule(shoulder, (side * 10.8, 8.0, tip + 2.5), 4.2, 2.4),
        Capsule(behind_ear, on_shoulder, 4.6, 3.4),
        k=3,
    )


def _wavy_strand(side: int, tip: float) -> Shape:
    """Return hair that meanders on its way to the shoulder."""
    z = HEAD_CENTRE_Z
    ends = (np.array([side * 15.4, 0.5, z + 4]), np.array([side * 14.9, 3.0, z - 7]))
    low = np.array([side * 11.6, 7.6, tip + 2.5]) if tip < z - 17 else None
    last = np.array([side * 13.1, 4.6, tip + 2]) if low is None else low
    knots = np.stack(
        [*ends, np.array([side * 12.6, 6.2, z - 15]), last][: 4 if tip < z - 17 else 2]
    )
    if tip >= z - 17:
        knots = np.stack([*ends, last])
    height = np.arange(knots[0, 2], knots[-1, 2] - 0.1, -3.2)
    path = np.stack([np.interp(-height, -knots[:, 2], knots[:, i]) for i in range(3)], axis=1)
    swing = np.sin(np.arange(len(path)) * 1.25) * np.clip(np.arange(len(path)) / 3, 0, 1)
    path[:, 0] += side * 1.1 * swing
    path[:, 1] += 0.7 * swing
    radii = np.interp(np.linspace(0, 1, len(path)), (0, 0.35, 0.8, 1), (4.0, 4.4, 3.9, 2.4))
    points = [(float(x), float(y), float(h)) for x, y, h in path]
    locks = [
        Capsule(a, b, float(ra), float(rb))
        for a, b, ra, rb in zip(points, points[1:], radii, radii[1:], strict=False)
    ]
    if tip < z - 17:
        behind, on = (side * 14.0, -3.0, z - 6), (side * 12.6, -0.5, max(tip + 3, 41.0))
        locks.append(Capsule(behind, on, 4.6, 3.4))
    return Blend(*locks, k=2)


def _face_window(grid: Grid, haircut: Haircut) -> Float:
    """Return the field of the opening that shows the face, bounded above by the hairline."""
    order = np.argsort(HAIRLINE_X)
    x_axis = grid.x[:, 0, 0]
    heights = np.interp(x_axis, np.asarray(HAIRLINE_X)[order], haircut.hairline[order])
    line = heights.astype(np.float32)[:, None, None]
    # the ends of the forelocks draw the hairline; the cap behind them stops a little higher
    higher = (4.2 if haircut.fringe else 1.2) if haircut.locked else 0.0
    top = grid.z - line - np.float32(higher)
    front = np.float32(2.0) - grid.y
    if not haircut.covers_ears and not haircut.long and haircut.kind != "curly":
        recede = haircut.receding * np.interp(TEMPLE_Z, (58.0, 66.0), (0.0, RECEDING_MM))
        temple = np.interp(grid.z, TEMPLE_Z, TEMPLE_Y - recede).astype(np.float32) - grid.y
        opening: Float = np.maximum(sdf.smooth_intersection(top, temple, 2.5), front)
        return opening
    half = np.float32(12.9 if haircut.long else 13.7)
    # Below the chin it closes, or hair would bridge under it and side locks would be cut.
    closing = (half - np.float32(7.2)) * smoothstep(49.0, 42.0, grid.z)
    widening = np.clip((54.0 - grid.z) * 0.12, 0, 1)
    swept_back = np.float32(0.3) * np.clip(grid.y - 4.0, 0, 10)  # else the edge is a thin fin
    sides = np.abs(grid.x) - half - widening - swept_back + closing
    return np.asarray(np.maximum(sdf.smooth_intersection(top, sides, 2.0), front))


def _softened(field: Float) -> Float:
    """Blur by a binomial filter of three nodes an axis (a sigma of 0.7 voxels)."""
    for axis in range(3):
        moved = np.moveaxis(field, axis, 0)
        middle = moved[1:-1] * np.float32(0.5)
        middle += np.float32(0.25) * moved[:-2]
        middle += np.float32(0.25) * moved[2:]
        moved[1:-1] = middle
    return field
