"""Shapes made of shapes: join, cut, thicken, mirror.

``Blend(Capsule(...), Mirrored(Ellipsoid(...)), k=2)`` is a torso with two round shoulders.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.shapes import Bounds, Shape

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Grid


@dataclass(frozen=True, init=False)
class Blend(Shape):
    """Shapes joined with seams rounded over about ``k`` millimetres."""

    shapes: tuple[Shape, ...]
    k: float

    def __init__(self, *shapes: Shape, k: float = 0.0) -> None:
        object.__setattr__(self, "shapes", shapes)
        object.__setattr__(self, "k", k)

    def _bounds(self) -> Bounds:
        boxes = [shape.bounds() for shape in self.shapes]
        return (
            np.min([low for low, _ in boxes], axis=0) - self.k / 4,
            np.max([high for _, high in boxes], axis=0) + self.k / 4,
        )

    def _field(self, grid: Grid) -> Float:
        fields = (shape.field(grid) for shape in self.shapes)
        return reduce(lambda a, b: sdf.smooth_union(a, b, self.k), fields)


@dataclass(frozen=True)
class Keep(Shape):
    """What is inside both ``shape`` and ``where``."""

    shape: Shape
    where: Shape
    k: float = 0.0

    def _bounds(self) -> Bounds:
        (low, high), (other_low, other_high) = self.shape.bounds(), self.where.bounds()
        return np.maximum(low, other_low), np.minimum(high, other_high)

    def _field(self, grid: Grid) -> Float:
        return sdf.smooth_intersection(self.shape.field(grid), self.where.field(grid), self.k)


@dataclass(frozen=True)
class Cut(Shape):
    """``shape`` without ``tool``."""

    shape: Shape
    tool: Shape
    k: float = 0.0

    def _bounds(self) -> Bounds:
        return self.shape.bounds()

    def _field(self, grid: Grid) -> Float:
        return sdf.smooth_difference(self.shape.field(grid), self.tool.field(grid), self.k)


@dataclass(frozen=True)
class Grown(Shape):
    """``shape`` thicker by ``by`` millimetres on all sides: cloth over a body."""

    shape: Shape
    by: float

    def _bounds(self) -> Bounds:
        low, high = self.shape.bounds()
        return low - self.by, high + self.by

    def _field(self, grid: Grid) -> Float:
        return self.shape.field(grid) - np.float32(self.by)


@dataclass(frozen=True)
class Mirrored(Shape):
    """``shape`` on both sides of the plane x = 0; the seam is rounded over ``k``."""

    shape: Shape
    k: float = 0.0

    def _bounds(self) -> Bounds:
        low, high = self.shape.bounds()
        reach = max(abs(low[0]), abs(high[0])) + self.k / 4
        return np.array([-reach, *low[1:]]), np.array([reach, *high[1:]])

    def _field(self, grid: Grid) -> Float:
        right = self.shape.field(grid)
        left = self.shape.field(grid.mirrored())[::-1]
        return sdf.smooth_union(right, left, self.k)


@dataclass(frozen=True)
class Pleated(Shape):
    """``shape`` in upright folds around the z axis: deepest at ``bottom``, none from ``top`` up.

    Put the deeper end first: a hat is folded upside down, with ``bottom`` above ``top``.
    """

    shape: Shape
    folds: int
    depth: float
    bottom: float
    top: float

    def _bounds(self) -> Bounds:
        low, high = self.shape.bounds()
        return low - self.depth, high + self.depth

    def _field(self, grid: Grid) -> Float:
        wave = np.cos(np.float32(self.folds) * np.arctan2(grid.x, -grid.y))
        fading = sdf.smoothstep(self.top, self.bottom, grid.z) * np.float32(self.depth)
        return np.asarray(self.shape.field(grid) - wave * fading, np.float32)
