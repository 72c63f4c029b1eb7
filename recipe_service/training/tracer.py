"""A small ray tracer: boxes and ellipsoids in one hard light, for pictures without food in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Solid:
    """An ellipsoid or a box: a unit sphere or cube, scaled, turned and moved.

    Attributes
    ----------
    frame : (3, 3) float
        Columns are the half axes in the world.
    centre : (3,) float
        In the world: x right, y up, z away from the eye.
    texture : int
        Which of the scene's textures covers it.
    box : bool
        A box, else an ellipsoid.
    """

    frame: Floats
    centre: Floats
    texture: int
    box: bool = False


def trace(
    solids: list[Solid], textures: list[npt.NDArray[np.uint8]], light: Floats, side: int
) -> npt.NDArray[np.uint8]:
    """Picture of the solids from the origin towards +z, (side, side, 3) uint8.

    Where no solid is hit the picture is black; rooms are boxes seen from inside.

    Parameters
    ----------
    solids : list of Solid
    textures : list of (T, T, 3) uint8
        Square, all of one size, tiled over the surfaces.
    light : (3,) float
        Position of the lamp.
    side : int
        px of the picture.
    """
    grid = np.linspace(-0.7, 0.7, side, dtype=np.float32)
    x, y = np.meshgrid(grid, -grid)
    rays = np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    eye = np.zeros_like(rays)
    distance, normal, which, place = _nearest(solids, eye, rays)
    hit = eye + rays * distance[:, None]
    to_light = light - hit
    far = np.linalg.norm(to_light, axis=1)
    to_light /= far[:, None]
    facing = (normal * to_light).sum(1)
    blocked = _nearest(solids, hit + normal * 1e-2, to_light)[0] < far - 2e-2
    shade = 0.45 + np.where(blocked, 0.0, 0.75) * np.clip(facing, 0, 1)
    shade *= np.clip(1.4 - 0.04 * distance, 0.2, 1.2)
    picture = _surface(textures, np.array([s.texture for s in solids]), which, place)
    picture = picture * shade[:, None]
    picture[~np.isfinite(distance)] = 0
    return np.asarray(np.clip(picture, 0, 255), np.uint8).reshape(side, side, 3)


def _nearest(
    solids: list[Solid], origin: Floats, rays: Floats
) -> tuple[Floats, Floats, npt.NDArray[np.int64], Floats]:
    # Distance, normal, number of the solid, and (u, v) on it of the first hit of every ray.
    count = len(rays)
    best = np.full(count, np.inf, np.float32)
    normal = np.zeros((count, 3), np.float32)
    which = np.zeros(count, np.int64)
    place = np.zeros((count, 2), np.float32)
    for number, solid in enumerate(solids):
        inverse = np.linalg.inv(solid.frame).astype(np.float32)
        start = (origin - solid.centre) @ inverse.T
        step = rays @ inverse.T
        reach = (_hit_box if solid.box else _hit_ball)(start, step)
        closer = reach < best
        if not closer.any():
            continue
        best[closer] = reach[closer]
        which[closer] = number
        local = start[closer] + step[closer] * reach[closer, None]
        normal[closer], place[closer] = _skin(solid, inverse, local, rays[closer])
    return best, normal, which, place


def _hit_ball(start: Floats, step: Floats) -> Floats:
    a = (step * step).sum(1)
    b = (start * step).sum(1)
    c = (start * start).sum(1) - 1
    under = b * b - a * c
    reach = (-b - np.sqrt(np.maximum(under, 0))) / a
    return np.where((under > 0) & (reach > 1e-3), reach, np.inf).astype(np.float32)


def _hit_box(start: Floats, step: Floats) -> Floats:
    # Slabs (Kay and Kajiya 1986); from inside, the far wall counts.
    step = np.where(np.abs(step) < 1e-9, 1e-9, step)
    low, high = (-1 - start) / step, (1 - start) / step
    enter = np.minimum(low, high).max(1)
    leave = np.maximum(low, high).min(1)
    reach = np.where(enter > 1e-3, enter, leave)
    return np.where((leave >= enter) & (reach > 1e-3), reach, np.inf).astype(np.float32)


def _skin(solid: Solid, inverse: Floats, local: Floats, rays: Floats) -> tuple[Floats, Floats]:
    if solid.box:
        axis = np.abs(local).argmax(1)
        rows = np.arange(len(local))
        inner = np.zeros_like(local)
        inner[rows, axis] = np.sign(local[rows, axis])
        lengths = np.linalg.norm(solid.frame, axis=0)
        spread = local * lengths
        place = np.stack([spread[rows, (axis + 1) % 3], spread[rows, (axis + 2) % 3]], 1)
    else:
        inner = local
        turn = np.arctan2(local[:, 2], local[:, 0])
        place = np.stack([turn, np.arcsin(np.clip(local[:, 1], -1, 1))], 1)
    normal = inner @ inverse
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    normal = np.where((normal * rays).sum(1, keepdims=True) > 0, -normal, normal)
    return normal.astype(np.float32), place.astype(np.float32)


def _surface(
    textures: list[npt.NDArray[np.uint8]],
    of_solid: npt.NDArray[np.int64],
    which: npt.NDArray[np.int64],
    place: Floats,
) -> Floats:
    atlas = np.stack(textures)
    size = atlas.shape[1]
    pixel = (place * size * 0.35).astype(np.int64) % size
    return np.asarray(atlas[of_solid[which], pixel[:, 1], pixel[:, 0]], np.float32)
