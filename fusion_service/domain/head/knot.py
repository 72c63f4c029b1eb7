"""Tied hair: a bun or a ponytail, and the combing that runs towards it."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.head.curls import add_curls
from fusion_service.domain.head.locks import LOCK_MM, SCALP_CENTRE, SCALP_RADII
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.union import Block

if TYPE_CHECKING:
    from fusion_service.domain.head.haircut import Haircut
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Point

ELEVATION = {"bun": 52.0, "ponytail": 34.0}  # degrees of the knot over the back of the head
LOW_ELEVATION = 2.0  # under a hat
BUN_MM, BUN_STANDS_OFF = 6.8, 4.0
SEAM = 1.6
CURL_MM = 1.8  # by which curls stand out of a knot
OUT_OF_REACH = 5.0  # mm: what the field is where there is no hair
# points and radii of a tail below its root; its tip ends in the back, so that nothing dangles
TAIL = (
    ((0.0, -21.6, 60.0), 4.6),
    ((0.0, -19.6, 50.0), 4.3),
    ((0.0, -14.6, 42.0), 3.2),
    ((0.0, -9.0, 36.8), 2.2),
)
SHORT_TAIL = (((0.0, -21.6, 62.0), 4.3), ((0.0, -19.6, 54.0), 3.6), ((0.0, -16.0, 47.5), 2.2))


def comb_to_knot(grid: Grid, haircut: Haircut) -> Float:
    """Return the height of grooves that run together at the knot, like ``locks.comb``."""
    elevation = np.radians(ELEVATION[haircut.tied])
    x, y, z = (
        axis - np.float32(centre)
        for axis, centre in zip((grid.x, grid.y, grid.z), SCALP_CENTRE, strict=True)
    )
    back, up = np.float32(-np.cos(elevation)), np.float32(np.sin(elevation))
    turn = np.arctan2(x, z * -back + y * up)
    lobes = round(np.pi * SCALP_RADII[0] / LOCK_MM)
    phase = np.float32(lobes) * turn
    coarse = np.sqrt(np.sin(phase) ** 2 + 0.03) - 0.72
    fine = np.sqrt(np.sin(3 * phase + 0.8) ** 2 + 0.08) - 0.7
    away = np.hypot(x, z * -back + y * up)
    combed = (0.8 * coarse + 0.3 * fine) * sdf.smoothstep(1.0, 8.0, away)
    return np.asarray(combed, np.float32)


def add_knot(hair: Block, haircut: Haircut, *, hatted: bool) -> Block:
    """Return the hair with its bun or ponytail; under a hat a tail hangs low, a bun is hidden."""
    if haircut.tied == "none" or (hatted and haircut.tied == "bun"):
        return hair
    elevation = LOW_ELEVATION if hatted else ELEVATION[haircut.tied]
    points = _tail(elevation, long=haircut.tail_long) if haircut.tied == "ponytail" else ()
    low, high = _reach(points, elevation)
    grid = Grid.spanning(
        np.minimum(hair.grid.origin, low),
        np.maximum(hair.grid.origin + (np.array(hair.grid.shape) - 1) * hair.grid.voxel, high),
    )
    field = np.full(grid.shape, OUT_OF_REACH, np.float32)
    field[grid.place(hair.grid)] = hair.field
    inner, window = grid.window(low, high)
    knot = _bun(inner, elevation) if not points else _tail_field(inner, points)
    if haircut.curly_knot:
        knot = inner.full(knot + np.float32(CURL_MM / 2))
        add_curls(inner, knot, field[window] > 0)
    field[window] = sdf.smooth_union(field[window], knot, SEAM)
    return Block(grid, field)


def _on_scalp(elevation: float, off: float) -> Point:
    angle = np.radians(elevation)
    (x, y, z), (_, ry, rz) = SCALP_CENTRE, SCALP_RADII
    return x, float(y - (ry + off) * np.cos(angle)), float(z + (rz + off) * np.sin(angle))


def _reach(
    points: tuple[tuple[Point, float], ...], elevation: float
) -> tuple[np.ndarray, np.ndarray]:
    if not points:
        points = ((_on_scalp(elevation, BUN_STANDS_OFF), BUN_MM + 1.0),)
    centres = np.array([point for point, _ in points])
    reach = max(radius for _, radius in points) + SEAM + CURL_MM
    return centres.min(0) - reach, centres.max(0) + reach


def _bun(grid: Grid, elevation: float) -> Float:
    """Return a ball of hair wound around the axis that points away from the head."""
    centre = np.array(_on_scalp(elevation, BUN_STANDS_OFF))
    angle = np.radians(elevation)
    back, up = np.float32(-np.cos(angle)), np.float32(np.sin(angle))
    x, y, z = (
        axis - np.float32(c) for axis, c in zip((grid.x, grid.y, grid.z), centre, strict=True)
    )
    outwards, across = y * back + z * up, z * -back + y * up
    reach = np.hypot(x, across)
    wound = np.arctan2(x, across) + np.float32(0.75) * reach + np.float32(0.35) * outwards
    ball = np.sqrt(reach**2 + (outwards * np.float32(1.12)) ** 2) - np.float32(BUN_MM)
    grooves = np.sqrt(np.sin(wound * np.float32(1.5)) ** 2 + 0.05) - 0.7
    return np.asarray(ball - 0.65 * grooves * np.clip(reach / 2, 0, 1), np.float32)


def _tail(elevation: float, *, long: bool) -> tuple[tuple[Point, float], ...]:
    root = _on_scalp(elevation, 1.0), 3.0
    bow = _on_scalp(elevation - 14, 4.6), 4.4
    rest = TAIL if long else SHORT_TAIL
    if elevation < 20:  # below a hat there is no room for a bow
        return (root, *rest[1:])
    return (root, bow, *rest)


def _tail_field(grid: Grid, points: tuple[tuple[Point, float], ...]) -> Float:
    pieces = [
        sdf.capsule(grid, start, end, radius, end_radius=end_radius)
        for (start, radius), (end, end_radius) in pairwise(points)
    ]
    tail = reduce(lambda a, b: sdf.smooth_union(a, b, 2.0), pieces)
    grooves = np.sqrt(np.sin(grid.x * np.float32(1.15) + 0.4 * np.sin(0.3 * grid.z)) ** 2 + 0.04)
    return np.asarray(tail - 0.55 * (grooves - 0.7), np.float32)
