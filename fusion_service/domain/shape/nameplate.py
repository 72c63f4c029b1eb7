"""A name in raised letters on the front wall of a base, cut into the finished solid.

The letters are finer than the lattice on which the figurine is united, so they do not go through
it: the triangles of the wall are cut along the outlines and those inside are lifted. The solid
stays closed, and the letters are as sharp at every height of print.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from common.lettering import (
    FOOT,
    LAYERS,
    SHOULDER,
    STROKE_MM,
    Front,
    check_name,
    too_long,
)
from fusion_service.domain.process import WALL_MM
from fusion_service.domain.sculpture import Mesh, Solid
from fusion_service.domain.shape.cutting import Patch, cut, refine, whole
from fusion_service.domain.shape.lettering import (
    COMFORT,
    Fit,
    Lettering,
    draw_name,
    fit,
    sample,
)
from fusion_service.domain.shape.sdf import VOXEL
from fusion_service.domain.shape.wall import Wall, trace_wall

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.shapes import Shape

# Least relief: one line of a nozzle, less what the wall gate takes for a sharp edge
RELIEF_MM: dict[Process, float] = {"fdm": 0.36, "sla": 0.28, "full_colour": 0.5}
RELIEF = 0.75  # design millimetres, where strokes are thick enough to stand out
SHARP_EDGE = 0.36  # of the wall: a relief this low is an edge to the wall gate, not a feature
EM = 6.0  # design millimetres, if there is room
STRONG = 1.05  # walls: a stroke that certainly passes the wall gate
MODEST_EM = 7.5  # larger letters are not worth it for the sake of a higher relief
# Who takes jobs in counts on a bald head. Tall hair leaves less to the base: for a name that was
# taken in and does not fit any more, letters go further round than is read well from the front, or
# the base grows higher.
FURTHER = 1.12
HIGHER = range(LAYERS.start, LAYERS.stop + 3)
SLOPE = 0.16  # of the relief: letters are wider at their foot
FINE = 0.03  # em; the longest edge beside an outline, and not below
FINEST = 0.21  # design millimetres


@dataclass(frozen=True)
class NamePlate:
    """Where and how large a name stands on a base; lengths in design millimetres."""

    lettering: Lettering
    wall: Wall
    size: Fit
    relief: float
    middle: float  # height of the middle of the letters over the ground
    layers: int  # voxels by which the base has to grow

    @property
    def slope(self) -> float:
        """How far the foot of a letter stands out beyond its top."""
        return SLOPE * self.relief

    def distance(self, points: Float) -> Float:
        """Return the distance to the letters at points (n, 2): along the wall, over ground."""
        em = np.float32(self.size.em)
        up = (points[:, 1] - np.float32(self.middle)) / em
        return sample(self.lettering, points[:, 0] / em, up) * em - np.float32(self.size.bolder)


def plan_plate(
    name: str, base: Shape, figure_height: float, height_mm: float, process: Process
) -> NamePlate:
    """Choose the size of the letters and the height of the base that carries them.

    Parameters
    ----------
    base
        Its wall is upright; it stands on z = 0.
    figure_height : float
        Of the figurine on its usual base, design millimetres.
    height_mm : float
        Of the print, the higher base included.

    Raises
    ------
    NameDoesNotFit
        A character cannot be written, or the strokes would be too thin to print.
    """
    lettering = draw_name(check_name(name))
    wall = trace_wall(base)
    # strokes as thick as a wall stand out further; long names do with what just prints
    heights, further = (figure_height, height_mm), replace(wall, reach=FURTHER * wall.reach)
    for stroke, largest, room, layers in (
        (STRONG * WALL_MM[process], MODEST_EM, wall, LAYERS),
        (STROKE_MM[process], np.inf, wall, LAYERS),
        (STROKE_MM[process], np.inf, further, HIGHER),
    ):
        plate = _planned(lettering, room, layers, heights, process, stroke_mm=stroke)
        if plate is None:
            continue
        slanted = plate.size.em * lettering.measures.width > 1.02 * COMFORT * 2 * wall.reach
        if largest == np.inf or (plate.size.em <= largest and not slanted):
            return plate
    front = Front(wall.reach, wall.height, figure_height)
    raise too_long(lettering.measures, front, height_mm, process)


def emboss(solid: Solid, plate: NamePlate, base_id: int, name_id: int) -> Solid:
    """Raise the letters of a plate from the wall of a solid; they become part ``name_id``."""
    chosen = _on_wall(solid, plate, base_id)
    used, local = np.unique(solid.faces[chosen], return_inverse=True)
    along, _ = plate.wall.locate(solid.vertices[used, :2])
    flat = np.stack([along, solid.vertices[used, 2]], axis=1).astype(np.float32)
    patch = _outlined(whole(flat, local.reshape(-1, 3).astype(np.int32)), plate)
    placed = _placed(patch, solid.vertices[used], plate)
    middles = patch.points[patch.faces].mean(axis=1)
    raised = plate.distance(middles) < plate.slope
    numbers = np.arange(len(placed), dtype=np.int32) + (len(solid.vertices) - len(used))
    numbers[: len(used)] = used
    vertices = solid.vertices.copy()
    vertices[used] = placed[: len(used)]
    return Solid(
        np.concatenate([vertices, placed[len(used) :]]),
        np.concatenate([solid.faces[~chosen], numbers[patch.faces]]),
        np.concatenate(
            [solid.part_ids[~chosen], np.where(raised, name_id, base_id).astype(np.uint8)]
        ),
    )


def letters_of(solid: Solid, name_id: int) -> Mesh:
    """Return the raised letters alone, with flat tops and sharp edges, to look at."""
    faces = solid.faces[solid.part_ids == name_id]
    corners = solid.vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(across, axis=1, keepdims=True)
    normals = np.repeat(across / np.maximum(size, 1e-12), 3, axis=0).astype(np.float32)
    own = np.arange(3 * len(faces), dtype=np.int32).reshape(-1, 3)
    return Mesh(corners.reshape(-1, 3), own, normals)


def _planned(
    lettering: Lettering,
    wall: Wall,
    all_layers: range,
    heights: tuple[float, float],
    process: Process,
    *,
    stroke_mm: float,
) -> NamePlate | None:
    """Return the plate on the lowest base that does not make the letters smaller."""
    figure_height, height_mm = heights
    best: NamePlate | None = None
    for layers in all_layers:
        lift = layers * VOXEL
        scale = height_mm / (figure_height + lift)
        room = (2 * wall.reach, wall.height + lift - FOOT - SHOULDER)
        size = fit(lettering.measures, room, stroke_mm / scale, EM)
        if size is None:
            continue
        if best is not None and size.em < 1.01 * best.size.em:
            break
        stroke = (lettering.measures.thinnest * size.em + 2 * size.bolder) * scale
        relief = _relief(stroke, scale, process)
        best = NamePlate(lettering, wall, size, relief, FOOT + room[1] / 2, layers)
    return best


def _relief(stroke_mm: float, scale: float, process: Process) -> float:
    relief = max(RELIEF * scale, RELIEF_MM[process])
    if stroke_mm < 0.999 * STRONG * WALL_MM[process]:
        relief = min(relief, max(SHARP_EDGE * WALL_MM[process], RELIEF_MM[process]))
    return relief / scale


def _on_wall(solid: Solid, plate: NamePlate, base_id: int) -> npt.NDArray[np.bool_]:
    """Choose the triangles that letters may touch, and a few around."""
    along, away = plate.wall.locate(solid.vertices[:, :2])
    half = plate.size.em * (plate.lettering.measures.width / 2 + 0.1) + 2 * VOXEL
    tall = plate.size.em * (plate.lettering.measures.height / 2 + 0.1) + 2 * VOXEL
    height = solid.vertices[:, 2]
    near = (np.abs(away) < VOXEL) & (np.abs(along) < half) & (height > 0.1)
    near &= np.abs(height - plate.middle) < tall
    chosen: npt.NDArray[np.bool_] = (solid.part_ids == base_id) & near[solid.faces].all(axis=1)
    return chosen


def _outlined(patch: Patch, plate: NamePlate) -> Patch:
    """Cut the patch along the tops and the feet of the letters."""
    slope, fine = np.float32(plate.slope), np.float32(max(FINE * plate.size.em, FINEST))

    def longest(points: Float) -> Float:
        away = np.abs(plate.distance(points) - slope / 2)
        allowed: Float = np.maximum(fine, np.float32(0.8) * away)
        return allowed

    patch = refine(patch, longest)
    patch = cut(patch, lambda points: plate.distance(points) - slope)
    return cut(patch, plate.distance)


def _placed(patch: Patch, corners: Float, plate: NamePlate) -> Float:
    """Return where the vertices of the patch are in space, the letters raised."""
    placed = np.zeros((len(patch.points), 3), np.float32)
    placed[: len(corners)] = corners
    old = len(corners)
    for generation in _generations(patch.parents, old):
        start, end = (placed[patch.parents[generation, i]] for i in (0, 1))
        placed[generation] = start + (end - start) * patch.shares[generation, None]
    rise = 1 - plate.distance(patch.points) / np.float32(plate.slope)
    on_letter = rise > -0.02
    along, up = patch.points[on_letter].T
    height = np.clip(rise[on_letter], 0, 1) * np.float32(plate.relief)
    placed[on_letter, :2] = plate.wall.at(along, height)
    placed[on_letter, 2] = up
    return placed


def _generations(parents: Index, old: int) -> list[Index]:
    """Sort the new vertices so that parents come before their children."""
    groups = []
    waiting = np.arange(old, len(parents), dtype=np.int32)
    known = np.zeros(len(parents), bool)
    known[:old] = True
    while len(waiting):
        ready = known[parents[waiting]].all(axis=1)
        groups.append(waiting[ready])
        known[waiting[ready]] = True
        waiting = waiting[~ready]
    return groups
