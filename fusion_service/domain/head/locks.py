"""Combing: shallow grooves all over the hair, and the sculpted locks above the forehead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.frame import HEAD_CENTRE_Z
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.sdf import smoothstep

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.head.haircut import Haircut
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Grid

    Vector = npt.NDArray[np.float64]

SCALP_CENTRE = (0.0, -1.2, HEAD_CENTRE_Z + 1.0)
SCALP_RADII = (16.6, 15.6, 15.2)  # a little larger than the skull
LOCK_MM = 6.0  # width of a combed lock
WAVE_MM, LONG_WAVE_MM, WAVELENGTH_MM = 1.5, 2.1, 12.5  # of wavy hair
STUBBLE_MM = 2.6  # of cropped hair
ROOT_DEGREES = (52.0, 80.0)  # elevation where locks rise from the parting: front, sides
END_DEGREES = (-64.0, -42.0, -19.0, 4.0, 26.0, 50.0)  # azimuth, 0 is the nose
STEPS = 5  # points of a lock, as many as ``_radii`` has
BRUSHED = 0.9  # how far a fringe is swept sideways, in the units of a direction
SEAM = 1.0  # locks melt into each other over this; sharper grooves glitter


def comb(grid: Grid, haircut: Haircut) -> Float:
    """Return the height of the combed pattern, -0.7 (grooves) to 0.5, shape (nx, ny, 1 or nz).

    Hair runs away from the parting: a line on top of the head, from its front to the whorl. The
    pattern follows the length along the outline at a fixed distance from that line.
    """
    away = np.abs(grid.x - np.float32(haircut.parting))
    front = -4.0 if haircut.kind == "short" and haircut.cropped else 8.0
    along = np.clip(grid.y, np.float32(-7.0), np.float32(front))
    turn = np.arctan2(grid.y - along, away)
    length = along + np.float32(15.0) * turn - np.float32(0.25) * away
    length = length + 0.9 * np.sin(0.23 * away + 0.21 * grid.y + np.sign(grid.x))
    distance = np.sqrt(away**2 + (grid.y - along) ** 2)
    if haircut.wavy and not haircut.cropped:
        fallen = distance - grid.z  # how far along its lock a point is
        # where the locks spring from the whorl their waves would cross
        wave = smoothstep(3.0, 12.0, distance) * (LONG_WAVE_MM if haircut.long else WAVE_MM)
        length = length + wave * np.sin(np.float32(2 * np.pi / WAVELENGTH_MM) * fallen)
    phase = np.float32(np.pi / (STUBBLE_MM if haircut.cropped else LOCK_MM)) * length
    coarse = np.sqrt(np.sin(phase) ** 2 + 0.03) - 0.72
    fine = np.sqrt(np.sin(3 * phase + 0.8) ** 2 + 0.08) - 0.7
    if haircut.cropped:
        fine = np.zeros_like(fine)
    uneven = 1 + 0.3 * np.sin(0.55 * length + 1.0)
    combed = (coarse * uneven + 0.32 * fine) * smoothstep(0.5, 5.0, distance)
    return np.asarray(combed, np.float32)


def add_forelocks(grid: Grid, field: Float, haircut: Haircut) -> None:
    """Lay locks from the parting over the forehead, in place; each ends on the hairline."""
    root_azimuth = np.degrees(np.arctan2(haircut.parting, 9.0))
    for azimuth in END_DEGREES:
        spread = azimuth - root_azimuth
        if abs(spread) < 7 and not haircut.fringe:
            continue  # would stand upright on the parting
        path = _path(haircut, float(root_azimuth), azimuth)
        radii = _radii(abs(spread), blunt=haircut.fringe)
        _add_lock(grid, field, path, radii)


def _path(haircut: Haircut, root_azimuth: float, end_azimuth: float) -> Vector:
    """Return points of one lock, (STEPS, 3), from the parting to the hairline."""
    sideways = min(abs(end_azimuth - root_azimuth) / 80, 1.0)
    root = _direction(
        root_azimuth, ROOT_DEGREES[0] + sideways * (ROOT_DEGREES[1] - ROOT_DEGREES[0])
    )
    across = SCALP_RADII[0] * float(np.sin(np.radians(end_azimuth))) * 0.9
    uneven = 0.4 * float(np.sin(0.11 * end_azimuth)) - 0.8 * sideways
    clear = 2.7 if haircut.fringe else 0.9  # of the brows
    height = haircut.line_at(across) + clear + uneven - SCALP_CENTRE[2]
    elevation = float(np.degrees(np.arcsin(np.clip(height / SCALP_RADII[2], -0.9, 0.9))))
    end = _direction(end_azimuth, elevation)
    share = np.linspace(0, 1, STEPS)[:, None]
    directions = root * (1 - share) + end * share
    # The lock leaves its root sideways and turns down late: a sweep, not a straight line.
    directions[:, 2] += 0.2 * np.sin(np.pi * share[:, 0])
    if haircut.fringe:  # brushed sideways, or the tips would hang like icicles
        directions[:, 0] += (
            BRUSHED * np.sign(-root_azimuth or 1.0) * (share[:, 0] ** 3 - share[:, 0])
        )
    if haircut.wavy:
        directions[1:, 0] += 0.09 * np.array([1.0, -1.0, 1.0, -0.6])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    radial = 1 / np.linalg.norm(directions / SCALP_RADII, axis=1, keepdims=True)
    tucked = 0.5 if haircut.fringe else 0.65
    lift = haircut.crown * (1 - tucked * share**2) - 0.7 + 0.9 * np.sin(np.pi * share)
    points: Vector = np.asarray(SCALP_CENTRE) + directions * (radial + lift)
    return points


def _radii(spread: float, *, blunt: bool) -> Vector:
    """Return the thickness along a lock; locks that lie far from the parting are wider."""
    wide = 2.3 + 0.6 * min(spread / 60, 1.0)
    radii: Vector = wide * np.array([0.55, 0.95, 1.0, 1.0, 0.85 if blunt else 0.62])
    return radii


def _add_lock(grid: Grid, field: Float, path: Vector, radii: Vector) -> None:
    reach = radii.max() + SEAM + 2 * grid.voxel
    inner, window = grid.window(path.min(0) - reach, path.max(0) + reach)
    lock: Float | None = None
    for a, b, ra, rb in zip(path[:-1], path[1:], radii[:-1], radii[1:], strict=True):
        piece = sdf.capsule(inner, _point(a), _point(b), float(ra), end_radius=float(rb))
        lock = piece if lock is None else np.minimum(lock, piece)
    if lock is not None:
        field[window] = sdf.smooth_union(field[window], lock, SEAM)


def _direction(azimuth: float, elevation: float) -> Vector:
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])


def _point(values: Vector) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
