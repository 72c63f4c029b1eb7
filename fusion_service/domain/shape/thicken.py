"""Thin features made thick enough to print, where they are thin and nowhere else.

A feature is thin when opening with a ball as large as the wall would take it away (the wall gate
of the certificate asks the same). Its surface moves outward by what it lacks; fingers, hems and
capes grow, while a face on a thick head stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import find_objects, gaussian_filter, label, maximum_filter

from fusion_service.domain.shape.distances import SHARP_CORNER, squared_distance
from fusion_service.domain.shape.sdf import VOXEL, smoothstep

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Window
    from fusion_service.domain.shape.union import Union

    Mask = npt.NDArray[np.bool_]

SAFE = 2 * VOXEL  # thinner is never modelled, so nothing has to be looked for
MARGIN = 1.2  # of the wall: what the gate's voxels may cost
MOST = 1.0  # millimetres that a surface may move; fields are known 1.2 mm outside their parts
SLACK = 0.3  # voxels
CRUMB = 12  # lattice nodes; smaller leftovers are sharp corners
OFF_RIDGE = 0.2  # millimetres by which the lattice may miss the middle of a feature
LEAST = 0.08  # millimetres; what lacks less is left alone
SMOOTH = 1.4  # voxels over which growth fades, so that it leaves no step


def thicken(union: Union, wall: float, floor: float) -> Union:
    """Return the union with no feature thinner than ``wall``, if moving ``MOST`` is enough.

    Parameters
    ----------
    union
        On its usual base; its own field stays as it is.
    wall : float
        Needed thickness in design millimetres.
    floor : float
        Top of the base, which is thick enough and must stay flat below.

    Returns
    -------
    The very same union when nothing is thin.
    """
    if wall <= SAFE:
        return union
    radius = MARGIN * wall / 2
    growth = np.zeros(union.grid.shape, np.float32)
    for box in _suspects(union, radius):
        np.maximum(growth[box], _lacking(union.field[box], radius), out=growth[box])
    growth *= smoothstep(floor - VOXEL, floor + VOXEL, union.grid.z)
    if growth.max() < LEAST:
        return union
    return replace(union, field=union.field - growth)


def _suspects(union: Union, radius: float) -> list[Window]:
    """Return boxes around what a ball on the lattice, a little too large, does not reach."""
    voxels = radius / union.grid.voxel
    inside = union.field < 0
    core = _depth_squared(inside, voxels + 1) >= (voxels + 0.5) ** 2
    thin = inside & ~_within(core, voxels)
    pieces, _ = label(thin, np.ones((3, 3, 3)))
    counts = np.bincount(pieces.ravel())
    pad = int(np.ceil(2 * voxels)) + 3
    boxes: list[Window] = []
    for number, found in enumerate(find_objects(pieces), start=1):
        if counts[number] >= CRUMB:
            a, b, c = (
                slice(max(s.start - pad, 0), min(s.stop + pad, n))
                for s, n in zip(found, thin.shape, strict=True)
            )
            boxes.append((a, b, c))
    return _merged(boxes)


def _merged(boxes: list[Window]) -> list[Window]:
    """Join boxes where one around two is no larger than the two."""
    joined: list[Window] = []
    for box in boxes:
        mine = box
        for other in tuple(joined):
            both = _around(mine, other)
            if _volume(both) <= _volume(mine) + _volume(other):
                joined.remove(other)
                mine = both
        joined.append(mine)
    return joined


def _around(one: Window, other: Window) -> Window:
    a, b, c = (
        slice(min(s.start, t.start), max(s.stop, t.stop)) for s, t in zip(one, other, strict=True)
    )
    return a, b, c


def _volume(box: Window) -> int:
    a, b, c = (s.stop - s.start for s in box)
    return int(a * b * c)


def _lacking(field: Float, radius: float) -> Float:
    """Return how far the surface has to move outward at every node of a box."""
    voxels = radius / VOXEL
    inside = field < 0
    depth = _depth(field, radius + VOXEL)
    thin = inside & ~_within(depth >= radius - OFF_RIDGE, voxels)
    reach = 2 * int(np.ceil(voxels)) + 1
    middle = maximum_filter(np.where(thin, depth, 0), reach)
    lack = np.where(thin, np.clip(radius - middle, 0, MOST), 0).astype(np.float32)
    spread = maximum_filter(lack, reach + 2)
    smooth: Float = gaussian_filter(spread, SMOOTH)
    return smooth


def _within(core: Mask, radius: float) -> Mask:
    """Tell what a ball whose middle stays in ``core`` reaches, sharp corners included."""
    reach = radius * (1 + SHARP_CORNER) + SLACK
    return _depth_squared(~core, reach) <= reach**2


def _depth_squared(inside: Mask, reach: float) -> npt.NDArray[np.uint8]:
    """Return squared distances in voxels to the nearest node outside, up to a little over reach."""
    cap = min(int(np.ceil(reach)) + 1, 15)
    # layers of (y, z) pictures; the gap keeps one layer's distances out of the next
    padded = np.pad(inside, ((0, 0), (0, cap), (0, 0)))
    return squared_distance(padded, cap)[:, : inside.shape[1]]


def _depth(field: Float, reach: float) -> Float:
    """Return the distance of the inside to the surface, up to ``reach``, finer than a voxel.

    Around every node outside there is an empty ball as large as its distance.
    """
    room = np.where(field > 0, -np.minimum(field, VOXEL), np.float32(reach)).astype(np.float32)
    depth = np.full(field.shape, reach, np.float32)
    steps = int(np.ceil(reach / VOXEL))
    for offset in product(range(-steps, steps + 1), repeat=3):
        length = VOXEL * float(np.linalg.norm(offset))
        if length > reach:
            continue
        here, there = _shifted(offset)
        np.minimum(depth[here], room[there] + np.float32(length), out=depth[here])
    depth[field >= 0] = 0
    return depth


def _shifted(offset: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    here = tuple(slice(max(-o, 0), -o if o > 0 else None) for o in offset)
    there = tuple(slice(max(o, 0), o if o < 0 else None) for o in offset)
    return here, there
