"""The upright wall of a base: a curve seen from its middle, measured along from the front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from skimage.measure import find_contours

from fusion_service.domain.shape.sdf import VOXEL, Grid

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.shapes import Shape

SAMPLES = 1441  # around a base, a quarter of a degree
WAIST = 4 * VOXEL  # height at which every base is upright, and on a lattice plane
FACING = np.cos(np.radians(66.0))  # a wall that turns away further is not read from the front


@dataclass(frozen=True)
class Wall:
    """A closed outline around ``middle``, star-shaped; lengths in design millimetres."""

    middle: tuple[float, float]
    angles: Float  # (n,) from the front (+y), growing towards -x: to the right of who looks
    points: Float  # (n, 2) x, y
    normals: Float  # (n, 2)
    along: Float  # (n,) length of the outline from the front
    reach: float  # to either side that can be read from the front
    height: float

    def locate(self, points: Float) -> tuple[Float, Float]:
        """Return for (n, 2) the length along the wall and the distance outside it."""
        x, y = points[:, 0] - self.middle[0], points[:, 1] - self.middle[1]
        angle = np.arctan2(-x, y)
        radius = np.hypot(*(self.points - self.middle).T)
        away = np.hypot(x, y) - np.interp(angle, self.angles, radius)
        along = np.interp(angle, self.angles, self.along)
        return along.astype(np.float32), away.astype(np.float32)

    def at(self, along: Float, away: Float) -> Float:
        """Return the points (n, 2) at lengths along the wall and distances outside it."""
        place, normal = (
            np.stack([np.interp(along, self.along, side) for side in sides.T], axis=1)
            for sides in (self.points, self.normals)
        )
        return (place + normal * away[:, None]).astype(np.float32)


def trace_wall(base: Shape) -> Wall:
    """Follow the outline of a base at ``WAIST``."""
    low, high = base.bounds()
    middle = (low + high)[:2] / 2
    grid = Grid.spanning((*(low[:2] - 1), WAIST), (*(high[:2] + 1), WAIST))
    level = grid.full(base.field(grid))[:, :, 0]
    outline = max(find_contours(level, 0.0), key=len) * VOXEL + grid.origin[:2]  # type: ignore[no-untyped-call]
    off = outline - middle
    angle, radius = np.arctan2(-off[:, 0], off[:, 1]), np.hypot(*off.T)
    order = np.argsort(angle)
    angles = np.linspace(-np.pi, np.pi, SAMPLES)
    radii = np.interp(angles, angle[order], radius[order], period=2 * np.pi)
    points = middle + radii[:, None] * np.stack([-np.sin(angles), np.cos(angles)], axis=1)
    ahead = np.roll(points[:-1], -4, axis=0) - np.roll(points[:-1], 4, axis=0)
    ahead = np.concatenate([ahead, ahead[:1]])
    normals = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)])
    front = SAMPLES // 2
    along -= along[front]
    turned = normals[:, 1] < FACING
    right = front + int(np.argmax(turned[front:]))
    left = front - int(np.argmax(turned[front::-1]))
    reach = float(min(along[right], -along[left]))
    f32 = np.float32
    return Wall(
        (float(middle[0]), float(middle[1])),
        angles.astype(f32), points.astype(f32), normals.astype(f32), along.astype(f32),
        reach, float(high[2]),
    )  # fmt: skip
