"""A hollow figurine for resin: a cavity under a wall of even thickness, and two holes to drain it.

Resin that cannot flow out stays liquid inside and bursts the print later, and one hole alone does
not let air in. So both holes go straight down from the lowest reaches of the cavity, through the
legs, to the underside of the base, where nobody sees them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter, label

from fusion_service.domain.shape.distances import distance_in_plane, squared_distance

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Grid
    from fusion_service.domain.shape.union import Union

    Mask = npt.NDArray[np.bool_]

SHELL_MM: dict[Process, float] = {"fdm": 2.0, "sla": 2.0, "full_colour": 2.5}
SLEEVE_MM: dict[Process, float] = {"fdm": 1.2, "sla": 1.0, "full_colour": 2.0}  # around a hole
RIM_MM = 4.0  # between a hole and the edge of the base
HOLE_MM = 3.6  # diameter; what resin printers advise is 3.5 at least
SMALLEST_HOLE_MM = 1.6  # resin still drains, with patience
WORTH = 0.12  # share of the volume that has to be saved
LESSER = 0.02  # share of the volume: a smaller separate cavity is left solid
COARSE = 1.6  # voxels; no hole has a smaller radius
NEARLY = 0.85  # of the radius of the first hole
APART = 2.0  # millimetres of floor between two holes


@dataclass(frozen=True)
class Hole:
    """A drain through the underside, straight up to ``top``; design millimetres."""

    centre: tuple[float, float]
    radius: float
    top: float


@dataclass(frozen=True)
class Hollow:
    """What became of the wish for a hollow figurine."""

    union: Union
    cavity: Float  # negative where material was taken out, on the nodes of the union
    share: float  # of the volume that was taken out; 0 when it stays solid
    holes: tuple[Hole, ...]
    refusal: str  # why it stays solid, for people


def hollow_out(union: Union, scale: float, process: Process) -> Hollow:
    """Return the union with a drained cavity, or unchanged with the reason.

    Parameters
    ----------
    union
        Stands on z = 0; its own field stays as it is.
    scale : float
        Millimetres of the print a design millimetre.
    """
    shell = max(SHELL_MM[process] / scale, 2 * union.grid.voxel)
    volume = int(np.count_nonzero(union.field < 0))
    cavity = _cavity(union, shell)
    pieces, count = label(cavity < 0)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    holes: list[Hole] = []
    kept = np.zeros(cavity.shape, bool)
    for number in np.argsort(-sizes[1:], kind="stable") + 1:
        if sizes[number] < LESSER * volume:
            break
        mine = pieces == number
        drains = _drains(union, mine, scale, process)
        if len(drains) == 2:
            kept |= mine
            holes += drains
    share = np.count_nonzero(kept) / volume
    if share < WORTH:
        return Hollow(union, cavity, 0.0, (), _refusal(cavity < 0, volume))
    cavity = np.where(binary_dilation(kept, np.ones((3, 3, 3))), cavity, union.grid.voxel)
    bores = np.min([_bore(union.grid, hole) for hole in holes], axis=0)
    np.minimum(cavity, bores, out=cavity)
    opened = replace(union, field=np.maximum(union.field, -cavity))
    _sharpen_mouths(opened, bores)
    return Hollow(opened, cavity, share, tuple(holes), "")


def _cavity(union: Union, shell: float) -> Float:
    """Return a field that is negative deeper than ``shell`` under the surface, and smooth."""
    voxel = union.grid.voxel
    cap = min(int(np.ceil(shell / voxel)) + 4, 15)
    padded = np.pad(union.field < 0, ((0, 0), (0, cap), (0, 0)))
    depth = np.sqrt(squared_distance(padded, cap)[:, : union.field.shape[1]], dtype=np.float32)
    # the first node outside is up to a voxel beyond the surface
    field: Float = gaussian_filter(np.float32(shell + voxel) - depth * np.float32(voxel), 1.0)
    return field


def _drains(union: Union, cavity: Mask, scale: float, process: Process) -> list[Hole]:
    """Return two places where a hole leads from the cavity down and out, the widest first."""
    grid = union.grid
    low = np.argmax(cavity, axis=2)  # of every column; 0 where there is no cavity
    room = _room(union, int(low.max()))
    clear = np.where(cavity.any(axis=2), np.take_along_axis(room, low[..., None], 2)[..., 0], 0)
    limit = max(HOLE_MM / 2 / scale, COARSE * grid.voxel)
    radius = np.minimum(clear - SLEEVE_MM[process] / scale, limit)
    merit = radius - 0.02 * low * grid.voxel  # of equally wide ones the shorter
    merit[radius < max(SMALLEST_HOLE_MM / 2 / scale, COARSE * grid.voxel)] = -np.inf
    merit[room[..., _ground(union)] < radius + RIM_MM / scale] = -np.inf
    holes: list[Hole] = []
    while len(holes) < 2 and np.isfinite(merit).any():
        i, j = np.unravel_index(int(merit.argmax()), merit.shape)
        x, y = float(grid.x[i, 0, 0]), float(grid.y[0, j, 0])
        top = float(grid.z[0, 0, low[i, j]]) + 2 * grid.voxel
        holes.append(Hole((x, y), float(radius[i, j]), top))
        # the other as far away as a hole of nearly this width can be
        away = np.hypot(grid.x[..., 0] - x, grid.y[..., 0] - y)
        free = np.isfinite(merit) & (away > holes[-1].radius + limit + APART)
        wide = free & (radius >= min(NEARLY * holes[-1].radius, radius[free].max(initial=0)))
        merit = np.where(wide, away, -np.inf)
    return holes


def _room(union: Union, highest: int) -> Float:
    """Return at every node the radius of the widest upright bore from the ground up to there."""
    inside = (union.field < 0).view(np.uint8)
    room = np.zeros((*inside.shape[:2], highest + 1), np.float32)
    narrowest = np.full(inside.shape[:2], np.inf, np.float32)
    for layer in range(_ground(union), highest + 1):
        flat = np.ascontiguousarray(inside[:, :, layer])
        wide = distance_in_plane(flat)
        np.minimum(narrowest, (wide - 1) * np.float32(union.grid.voxel), out=narrowest)
        room[:, :, layer] = narrowest
    return room


def _sharpen_mouths(union: Union, bores: Float) -> None:
    """Make the holes as wide at the underside as above, in place.

    The nodes on the ground count as outside, so a mouth would flare by a voxel. Those beside a
    hole go inside; the surface that sinks below the ground there is put back on it by
    ``solidify``.
    """
    above = _ground(union)
    ground, around = above - 1, bores[:, :, above]
    beside = (around > 0) & (around < 2 * union.grid.voxel) & (union.field[:, :, above] < 0)
    sunk = -np.minimum(around[beside], np.float32(union.grid.voxel / 2))
    union.field[:, :, ground][beside] = sunk


def _ground(union: Union) -> int:
    """Return the lowest layer with something in it."""
    return int(np.argmax((union.field < 0).any(axis=(0, 1))))


def _bore(grid: Grid, hole: Hole) -> Float:
    x, y = (np.float32(c) for c in hole.centre)
    around = np.hypot(grid.x - x, grid.y - y) - np.float32(hole.radius)
    bore: Float = np.maximum(around, grid.z - np.float32(hole.top))
    return bore


def _refusal(cavity: Mask, volume: int) -> str:
    share = np.count_nonzero(cavity) / volume
    if share < WORTH:
        return f"At this size the walls leave {share:.0%} of the volume to save: it stays solid."
    return "No way out for the resin is wide enough: it stays solid."
