"""Solids as values: what a template is written in; ``assembly`` puts them together.

A shape knows its bounding box and its distance field. All lengths are design millimetres, see
``sculpture``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fusion_service.domain.shape import sdf

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.sdf import Grid, Point

Corner = npt.NDArray[np.float64]
Bounds = tuple[Corner, Corner]
FAR = 100.0  # further than any part of a figurine


class Shape(ABC):
    """Anything with a bounding box and a signed distance field."""

    def bounds(self) -> Bounds:
        """Return the lower and the upper corner of a box that holds the shape."""
        return self._bounds()

    def field(self, grid: Grid) -> Float:
        """Return signed distances (negative inside) that broadcast over the grid."""
        return self._field(grid)

    @abstractmethod
    def _bounds(self) -> Bounds: ...

    @abstractmethod
    def _field(self, grid: Grid) -> Float: ...


@dataclass(frozen=True)
class Ellipsoid(Shape):
    """A ball stretched along the axes."""

    centre: Point
    radii: Point

    def _bounds(self) -> Bounds:
        return np.subtract(self.centre, self.radii), np.add(self.centre, self.radii)

    def _field(self, grid: Grid) -> Float:
        return sdf.ellipsoid(grid, self.centre, self.radii)


@dataclass(frozen=True)
class Capsule(Shape):
    """A limb: a thick line from ``start`` to ``end``; ``depth`` squeezes it along y."""

    start: Point
    end: Point
    radius: float
    end_radius: float | None = None
    depth: float = 1.0

    def _bounds(self) -> Bounds:
        reach = max(self.radius, self.end_radius or 0.0)
        ends = np.asarray([self.start, self.end], float)
        return ends.min(0) - reach, ends.max(0) + reach

    def _field(self, grid: Grid) -> Float:
        return sdf.capsule(
            grid,
            self.start,
            self.end,
            self.radius,
            end_radius=self.end_radius,
            depth=self.depth,
        )


@dataclass(frozen=True)
class Box(Shape):
    """A box with rounded edges; ``half`` are half the side lengths."""

    centre: Point
    half: Point
    rounding: float

    def _bounds(self) -> Bounds:
        return np.subtract(self.centre, self.half), np.add(self.centre, self.half)

    def _field(self, grid: Grid) -> Float:
        return sdf.rounded_box(grid, self.centre, self.half, self.rounding)


@dataclass(frozen=True)
class Disc(Shape):
    """A plinth between two heights; the upper edge is rounded, the lower one chamfered.

    ``stretch`` makes it longer along x, by so much on either side, for people side by side: two
    half discs with straight walls between them.
    """

    centre: tuple[float, float]
    radius: float
    bottom: float
    top: float
    rounding: float
    chamfer: float
    stretch: float = 0.0

    @property
    def area(self) -> float:
        """Area of the outline."""
        return math.pi * self.radius**2 + 4 * self.stretch * self.radius

    def _bounds(self) -> Bounds:
        cx, cy = self.centre
        along, reach = self.radius + self.stretch, self.radius
        return (
            np.array([cx - along, cy - reach, self.bottom]),
            np.array([cx + along, cy + reach, self.top]),
        )

    def _field(self, grid: Grid) -> Float:
        cx, cy = self.centre
        along = np.maximum(np.abs(grid.x - np.float32(cx)) - np.float32(self.stretch), 0)
        wall = np.hypot(along, grid.y - np.float32(cy)) - self.radius
        edge_wall, edge_top = wall + self.rounding, grid.z - self.top + self.rounding
        outside = np.hypot(np.maximum(edge_wall, 0), np.maximum(edge_top, 0))
        rounded = outside + np.minimum(np.maximum(edge_wall, edge_top), 0) - self.rounding
        below = self.bottom - grid.z
        slanted = (wall + below + self.chamfer) * np.float32(np.sqrt(0.5))
        return _f32(np.maximum(np.maximum(rounded, slanted), below))


@dataclass(frozen=True)
class Ring(Shape):
    """A ring around the z axis; ``pitch`` lifts its back (mm of z per mm of -y)."""

    centre: Point
    radii: tuple[float, float]
    thickness: float
    pitch: float = 0.0

    def _bounds(self) -> Bounds:
        reach = np.array([*self.radii, 0.0]) + self.thickness * 1.3
        reach[2] += abs(self.pitch) * (self.radii[1] + self.thickness)
        return np.subtract(self.centre, reach), np.add(self.centre, reach)

    def _field(self, grid: Grid) -> Float:
        cx, cy, cz = self.centre
        rx, ry = self.radii
        x, y = grid.x - np.float32(cx), grid.y - np.float32(cy)
        z = grid.z - np.float32(cz) + np.float32(self.pitch) * y
        across = (np.sqrt((x / rx) ** 2 + (y / ry) ** 2) - 1) * np.float32((rx + ry) / 2)
        return _f32(np.sqrt(across**2 + z**2) - self.thickness)


@dataclass(frozen=True)
class Plate(Shape):
    """A flat outline in x and z, cut through the whole figure between two depths in y."""

    outline: tuple[tuple[float, float], ...]
    near: float
    far: float

    def _bounds(self) -> Bounds:
        corners = np.asarray(self.outline, float)
        (x0, z0), (x1, z1) = corners.min(0), corners.max(0)
        return np.array([x0, self.near, z0]), np.array([x1, self.far, z1])

    def _field(self, grid: Grid) -> Float:
        flat = sdf.polygon(grid.x, grid.z, np.asarray(self.outline, float))
        middle, half = (self.near + self.far) / 2, (self.far - self.near) / 2
        return _f32(np.maximum(flat, np.abs(grid.y - np.float32(middle)) - np.float32(half)))


@dataclass(frozen=True)
class Slab(Shape):
    """Everything between two heights: used to cut hems and cuffs."""

    bottom: float = -FAR
    top: float = FAR

    def _bounds(self) -> Bounds:
        return np.array([-FAR, -FAR, self.bottom]), np.array([FAR, FAR, self.top])

    def _field(self, grid: Grid) -> Float:
        return _f32(np.maximum(self.bottom - grid.z, grid.z - self.top))


@dataclass(frozen=True)
class Beyond(Shape):
    """Everything on the far side of a plane: ``normal`` (unit length) points away from it."""

    point: Point
    normal: Point

    def _bounds(self) -> Bounds:
        return np.full(3, -FAR), np.full(3, FAR)

    def _field(self, grid: Grid) -> Float:
        (px, py, pz), (nx, ny, nz) = self.point, self.normal
        return _f32(nx * (px - grid.x) + ny * (py - grid.y) + nz * (pz - grid.z))


@dataclass(frozen=True)
class Drape(Shape):
    """A cape: a sheet hanging from the shoulders, flaring and falling in soft folds."""

    top: float
    bottom: float
    half_widths: tuple[float, float]  # at the top, at the bottom
    depths: tuple[float, float]  # y at the top, at the bottom
    thickness: float
    folds: int

    def _bounds(self) -> Bounds:
        half = max(self.half_widths) + 1
        low, high = min(self.depths) - 4, max(self.depths) + 6
        return np.array([-half, low, self.bottom]), np.array([half, high, self.top + 1])

    def _field(self, grid: Grid) -> Float:
        fall = np.clip((self.top - grid.z) / np.float32(self.top - self.bottom), 0, 1)
        half = self.half_widths[0] + (self.half_widths[1] - self.half_widths[0]) * fall**0.9
        across = grid.x / half
        wave = np.cos(across * np.float32(np.pi * self.folds)) * fall**1.2
        hugging = np.minimum(across * across, 2) * (3.4 - 1.6 * fall)  # the sides come forward
        middle = self.depths[0] + (self.depths[1] - self.depths[0]) * fall**1.25
        sheet = np.abs(grid.y - (middle + hugging + 0.9 * wave)) * 0.88 - self.thickness / 2
        edges = np.maximum(np.abs(grid.x) - half, grid.z - self.top)
        edges = np.maximum(edges, self.bottom - grid.z)
        return _f32(sdf.smooth_intersection(sheet, edges, self.thickness))


def _f32(field: npt.NDArray[Any]) -> Float:
    return np.asarray(field, np.float32)
