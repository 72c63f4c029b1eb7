"""Cap, beanie and headscarf: they sit on the skull and press flat what hair is under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.head.locks import SCALP_CENTRE, SCALP_RADII
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.sdf import Grid, smoothstep
from fusion_service.domain.shape.shapes import FAR, Shape
from fusion_service.domain.shape.union import Block

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.sculpture import Float
    from fusion_service.domain.shape.shapes import Bounds

BRIM_Z, BRIM_SLOPE = 62.4, 0.24  # the edge is higher over the forehead than at the nape
CLOTH = 2.2  # mm over the scalp
PRESSED = 1.0  # mm of hair that is left under it
PANELS, RIBS = 6, 34  # of a cap, of a knitted band
BAND_MM = 5.0  # height of a beanie's folded band
VISOR = (11.6, 11.0, 23.2)  # half width, y of its middle, y of its tip
VISOR_HALF = 0.95  # of its thickness


def model_headwear(attributes: Attributes) -> Block | None:
    """Return what is worn on the head; None for nothing, and for what was not recognised."""
    makers = {"cap": _cap, "beanie": _beanie, "hat": _beanie, "headscarf": _headscarf}
    make = makers.get(attributes.headwear)
    return None if make is None else make()


def hair_room(attributes: Attributes) -> Shape | None:
    """Return what the headwear leaves of the hair; None for everything."""
    if attributes.headwear not in {"cap", "beanie", "hat"}:
        return None
    return _Room()


class _Room(Shape):
    """Little room over the edge of a hat, more and more below it: hair comes out flat."""

    def _bounds(self) -> Bounds:
        return np.full(3, -FAR), np.full(3, FAR)

    def _field(self, grid: Grid) -> Float:
        below = np.clip(0.5 - _above_brim(grid), 0, None)
        allowed = np.float32(PRESSED) + np.minimum(0.6 * below + 0.05 * below**2, 40)
        return np.asarray(sdf.ellipsoid(grid, SCALP_CENTRE, SCALP_RADII) - allowed, np.float32)


def _grown(by: float) -> tuple[float, float, float]:
    x, y, z = SCALP_RADII
    return x + by, y + by, z + by


def _above_brim(grid: Grid) -> Float:
    """Return the height over the edge, mm."""
    return np.asarray(grid.z - np.float32(BRIM_Z) - np.float32(BRIM_SLOPE) * grid.y, np.float32)


def _cap() -> Block:
    grid = Grid.spanning((-21, -20.5, 56), (21, VISOR[2] + 2, 82.5))
    dome = sdf.ellipsoid(grid, SCALP_CENTRE, _grown(CLOTH))
    azimuth = np.arctan2(grid.x, grid.y - np.float32(SCALP_CENTRE[1]))
    seam = np.abs(np.sin(np.float32(PANELS / 2) * azimuth))
    reach = np.hypot(grid.x, grid.y - np.float32(SCALP_CENTRE[1]))
    dome += np.float32(0.35) * np.clip(1 - seam * reach / np.float32(2.4), 0, 1)
    dome = sdf.smooth_intersection(dome, -_above_brim(grid), 1.6)
    top = SCALP_CENTRE[2] + SCALP_RADII[2] + CLOTH
    dome = sdf.smooth_union(
        dome, sdf.ellipsoid(grid, (0, SCALP_CENTRE[1], top), (1.9, 1.9, 1.1)), 0.5
    )
    return Block(grid, sdf.smooth_union(dome, _visor(grid), 1.2))


def _visor(grid: Grid) -> Float:
    """Return a stiff peak, bent down at its sides."""
    half, middle, tip = VISOR
    root = BRIM_Z + BRIM_SLOPE * 14.0 + 0.5
    sheet = root - np.float32(0.022) * grid.x**2 - np.float32(0.16) * (grid.y - 14.0)
    flat = np.hypot(grid.x / half, (grid.y - np.float32(middle)) / np.float32(tip - middle)) - 1
    outline = np.maximum(flat * np.float32(half), np.float32(4.0) - grid.y)
    layer = np.abs(grid.z - sheet) * np.float32(0.92) - np.float32(VISOR_HALF)
    return sdf.smooth_intersection(layer, np.broadcast_to(outline, layer.shape), 1.2)


def _beanie() -> Block:
    grid = Grid.spanning((-22, -21, 55), (22, 19.5, 84.5))
    (cx, cy, cz), (rx, ry, rz) = SCALP_CENTRE, _grown(CLOTH)
    above = _above_brim(grid)
    azimuth = np.arctan2(grid.x, grid.y - np.float32(cy))
    ribs = np.cos(np.float32(RIBS) * azimuth) * np.float32(0.3)
    dome = sdf.ellipsoid(grid, (cx, cy, cz + 0.4), (rx, ry, rz + 1.4))
    dome -= 0.8 * ribs * smoothstep(4.0, 12.0, np.hypot(grid.x, grid.y - np.float32(cy)))
    dome = sdf.smooth_intersection(dome, 1.0 - above, 0.6)
    band = sdf.ellipsoid(grid, (cx, cy, cz + 0.4), (rx + 1.1, ry + 1.1, rz + 2.2)) - ribs
    band = sdf.smooth_intersection(band, np.abs(above - BAND_MM / 2) - BAND_MM / 2, 1.6)
    return Block(grid, np.asarray(sdf.smooth_union(dome, band, 0.3), np.float32))


def _headscarf() -> Block:
    grid = Grid.spanning((-21, -21, 31.5), (21, 18.5, 81.5))
    hood = sdf.ellipsoid(grid, (0, -1.4, 60.4), (18.7, 17.6, 18.6))
    jaw = sdf.ellipsoid(grid, (0, 0.0, 50.5), (16.6, 14.2, 10.5))
    hood = sdf.smooth_union(hood, jaw, 6)
    drape = sdf.ellipsoid(grid, (0, -0.6, 40.5), (15.0, 11.4, 8.0))
    hood = sdf.smooth_union(hood, drape, 4)
    opening = _opening(grid)
    away = np.clip(opening, 0, 30)
    folds = np.sin(away * np.float32(1.15) + 0.03 * grid.y) * np.float32(0.45)
    hood -= folds * smoothstep(1.0, 4.0, away) * smoothstep(16.0, 8.0, away)
    hood = sdf.smooth_difference(hood, np.maximum(opening, 1.5 - grid.y), 1.6)
    return Block(grid, np.asarray(hood, np.float32))


def _opening(grid: Grid) -> Float:
    """Return the distance to the oval that shows the face, seen from the front."""
    half, high = np.float32(12.5), np.float32(12.2)
    across, up = grid.x / half, (grid.z - np.float32(56.2)) / high
    return np.asarray((np.hypot(across, up) - 1) * half, np.float32)
