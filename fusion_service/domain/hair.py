"""Hair: a scalp grown thicker, combed into locks, trimmed to the measured outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain import sdf
from fusion_service.domain.attributes import PROFILE_DEGREES
from fusion_service.domain.curls import add_curls
from fusion_service.domain.frame import HEAD_CENTRE_Z
from fusion_service.domain.fuse import Block
from fusion_service.domain.haircut import HAIRLINE_X
from fusion_service.domain.sdf import Grid, smoothstep
from fusion_service.domain.shapes import Blend, Capsule

if TYPE_CHECKING:
    from fusion_service.domain.haircut import Haircut
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shapes import Shape

SCALP = ((0.0, -1.2, HEAD_CENTRE_Z + 1.0), (16.6, 15.6, 15.2))  # a little larger than the skull
LOCK_MM = 6.0  # width of a lock of hair
CURL_GROOVES = 0.2  # curls hide most of the combing

# Lower edge of short hair seen from the side: nape, over the ear, sideburn, temple.
TRIM_Y = (-16.0, -11.0, -7.0, -4.8, -3.4, -2.4, 1.2, 2.0, 2.8, 4.0, 8.0)
TRIM_Z = (48.6, 49.0, 50.2, 52.0, 56.5, 60.4, 60.8, 58.0, 54.6, 54.2, 58.0)
# Front edge of the hair beside the face: further back lower down.
TEMPLE_Z = (50.0, 55.0, 59.0, 63.0, 67.0, 71.0)
TEMPLE_Y = (3.9, 4.1, 5.2, 7.6, 9.6, 10.4)


def model_hair(haircut: Haircut) -> Block | None:
    """Return the field of the hair, or None for a bald head."""
    if haircut.kind == "bald":
        return None
    grid = _room(haircut)
    # 1. comb: a pattern of locks that run down from the parting
    locks = _locks(grid, haircut)
    # 2. grow the scalp, and let long hair fall from it
    field = _cap(grid, haircut, locks)
    if haircut.long:
        field = _curtains(grid, field, haircut, locks)
    # 3. trim below and around the face
    if not haircut.long:
        field = _trimmed(grid, field, haircut, locks)
    window = _face_window(grid, haircut, locks)
    field = sdf.smooth_difference(field, window, 1.3)
    # 4. curl, and wash out what is finer than the lattice
    if haircut.kind == "curly":
        add_curls(grid, field, window > 0.8)
    return Block(grid, _softened(field))


def _room(haircut: Haircut) -> Grid:
    bulge = float(haircut.thickness.max()) + (4.6 if haircut.kind == "curly" else 2.0)
    (_, cy, cz), (rx, ry, rz) = SCALP
    ends = [tip for tip in haircut.tips if tip is not None]
    bottom = min(ends) - 4.0 if ends else 44.5
    side = max(rx + bulge, 20.5) if haircut.long else rx + bulge
    return Grid.spanning(
        (-side, min(cy - ry - bulge, -18.0), bottom), (side, cy + ry + bulge, cz + rz + bulge)
    )


def _locks(grid: Grid, haircut: Haircut) -> Float:
    """Return the height of the combed locks, about -0.6 (grooves) to 0.4, shape (nx, ny, 1).

    Hair runs away from the parting: a line on top of the head, from its front to the whorl. The
    pattern follows the length along the outline at a fixed distance from that line.
    """
    away = np.abs(grid.x - np.float32(haircut.parting))
    front = 8.0 if haircut.parting or haircut.long else -4.0
    along = np.clip(grid.y, np.float32(-7.0), np.float32(front))
    turn = np.arctan2(grid.y - along, away)
    length = along + 10.0 * turn - np.float32(0.25) * away
    length = length + 0.9 * np.sin(0.23 * away + 0.21 * grid.y + np.sign(grid.x))
    phase = np.float32(np.pi / LOCK_MM) * length
    coarse = np.sqrt(np.sin(phase) ** 2 + 0.03) - 0.72
    fine = np.sqrt(np.sin(3 * phase + 0.8) ** 2 + 0.08) - 0.7
    distance = np.sqrt(away**2 + (grid.y - along) ** 2)
    uneven = 1 + 0.3 * np.sin(0.55 * length + 1.0)
    combed = (coarse * uneven + 0.32 * fine) * smoothstep(0.5, 5.0, distance)
    return np.asarray(combed, np.float32)


def _cap(grid: Grid, haircut: Haircut, locks: Float) -> Float:
    degrees = np.degrees(np.arctan2(-grid.x, grid.z - np.float32(HEAD_CENTRE_Z)))
    thickness = np.interp(degrees, PROFILE_DEGREES, haircut.thickness).astype(np.float32)
    # Behind the ears the photo shows nothing, and at 180 degrees the two sides must meet.
    middle = float(0.75 * haircut.thickness[6:17].mean() + 0.25 * haircut.thickness[[3, -4]].min())
    behind = smoothstep(2.0, -7.0, grid.y)
    low = smoothstep(HEAD_CENTRE_Z - 4, HEAD_CENTRE_Z - 10, grid.z)
    thickness = thickness + (np.float32(min(middle, 5.0)) - thickness) * np.maximum(behind, low)
    depth = CURL_GROOVES if haircut.kind == "curly" else 0.75
    if not haircut.long and not haircut.covers_ears:
        # Clipped sides: the hair thins out towards its edge instead of ending like a bowl.
        above = smoothstep(0.0, 8.0, grid.z - _trim_line(grid))
        thickness = np.float32(0.75) + (thickness - np.float32(0.75)) * above
        depth = (0.25 + 0.5 * above) * (depth / 0.75)
    if not haircut.fringe and haircut.kind == "short":
        # combed up from the forehead, higher on the side away from the parting
        lean = smoothstep(-6.0, 6.0, -np.sign(haircut.parting) * grid.x)
        forelock = smoothstep(2.0, 11.0, grid.y) * smoothstep(64.0, 70.0, grid.z)
        thickness = thickness + (0.5 + 1.3 * lean) * forelock
    field = sdf.ellipsoid(grid, *SCALP)
    field -= thickness
    field -= locks * depth
    if haircut.parting or haircut.long:
        line = np.exp(-(((grid.x - haircut.parting) / 1.1) ** 2)) * smoothstep(-9.0, -4.0, grid.y)
        field += (0.7 * line * smoothstep(66.0, 70.0, grid.z)).astype(np.float32)
    return field


def _trim_line(grid: Grid) -> Float:
    return np.interp(grid.y, TRIM_Y, TRIM_Z).astype(np.float32)


def _trimmed(grid: Grid, field: Float, haircut: Haircut, locks: Float) -> Float:
    """Cut short hair: around the ear and along the nape, or as a bob that hides the ears."""
    if haircut.covers_ears:
        edge = np.interp(grid.y, (-14, -6, 3, 8), (47.6, 48.0, 50.4, 52.5)).astype(np.float32)
        return sdf.smooth_intersection(field, edge - 1.4 * locks - grid.z, 2.2)
    return sdf.smooth_intersection(field, _trim_line(grid) - 0.5 * locks - grid.z, 1.0)


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
            strand = _side_strand(side, tip)
            low, high = strand.bounds()
            inner, window = grid.window(low - 4.2, high + 4.2)
            combed = strand.field(inner) - locks[window[0], window[1]] * np.float32(0.6)
            field[window] = sdf.smooth_union(field[window], combed, 3)
    return field


def _side_strand(side: int, tip: float) -> Shape:
    """Return the hair that hangs beside the face and ends in front of the shoulder."""
    z = HEAD_CENTRE_Z
    temple = (side * 15.6, 1.0, z + 4)
    cheek = (side * 14.8, 4.2, z - 7)
    if tip > z - 17:
        end = Capsule(cheek, (side * 13.1, 5.0, tip + 2), 4.3, 1.9)
        return Blend(Capsule(temple, cheek, 4.2, 4.7), end, k=3)
    shoulder = (side * 11.6, 7.6, z - 15)
    return Blend(
        Capsule(temple, cheek, 4.2, 4.7),
        Capsule(cheek, shoulder, 4.7, 4.3),
        Capsule(shoulder, (side * 10.2, 8.4, tip + 2), 4.3, 1.6),
        k=3,
    )


def _face_window(grid: Grid, haircut: Haircut, locks: Float) -> Float:
    """Return the field of the opening that shows the face, bounded above by the hairline."""
    order = np.argsort(HAIRLINE_X)
    x_axis = grid.x[:, 0, 0]
    line = np.interp(x_axis, np.asarray(HAIRLINE_X)[order], haircut.hairline[order])
    line = line.astype(np.float32)[:, None, None]
    tips = 0.0 if haircut.kind == "curly" else (2.2 if haircut.fringe else 1.2)
    top = grid.z - line + np.float32(tips) * locks
    front = np.float32(2.0) - grid.y
    if not haircut.covers_ears and not haircut.long and haircut.kind != "curly":
        temple = np.interp(grid.z, TEMPLE_Z, TEMPLE_Y).astype(np.float32) - grid.y
        return np.maximum(sdf.smooth_intersection(top, temple, 4.0), front)
    half = np.float32(12.9 if haircut.long else 13.7)
    # Below the chin it closes, or hair would bridge under it and side locks would be cut.
    closing = (half - np.float32(7.2)) * smoothstep(49.0, 42.0, grid.z)
    widening = np.clip((54.0 - grid.z) * 0.12, 0, 1)
    sides = np.abs(grid.x) - half - widening + closing
    return np.maximum(sdf.smooth_intersection(top, sides, 2.0), front)


def _softened(field: Float) -> Float:
    """Blur by a binomial filter of three nodes an axis (a sigma of 0.7 voxels)."""
    for axis in range(3):
        moved = np.moveaxis(field, axis, 0)
        middle = moved[1:-1] * np.float32(0.5)
        middle += np.float32(0.25) * moved[:-2]
        middle += np.float32(0.25) * moved[2:]
        moved[1:-1] = middle
    return field
