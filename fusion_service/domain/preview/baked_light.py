"""The light of the preview: soft shadows and ambient occlusion, computed before drawing.

A software rasteriser is too slow for shadow maps and screen-space occlusion. Both change slowly
over a toy's surface, so they are computed on a coarse grid and read at every vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.shape.voxels import Voxels, voxelise

if TYPE_CHECKING:
    from fusion_service.domain.preview.cameras import Camera
    from fusion_service.domain.sculpture import Float, Solid

PITCH = 1.0  # design units; the shadows are softer than this
KEY_LIGHT = (-0.44, 0.72, 0.54)  # unit vector towards the light, in the camera's axes
ONE = np.ones((1, 1), np.float32)
FLOOR_REACH = 88  # voxels of floor around the axis on which a shadow may fall


@dataclass(frozen=True)
class BakedLight:
    """What the geometry lets through, before any material."""

    ambient: Float  # (n,) 1 in the open, towards 0 in creases
    key: Float  # (n, cameras) 1 where the key light of that camera arrives
    floors: tuple[Float, ...]  # one a camera: (2 * FLOOR_REACH)^2, rows x, columns y, 0..1


def bake_light(
    solid: Solid, points: Float, normals: Float, cameras: tuple[Camera, ...]
) -> BakedLight:
    """Compute soft shadows and ambient occlusion at surface points (design units).

    The key light is fixed to the camera, as when a toy is turned in front of a photographer, so
    every camera has its own shadow. Occlusion is how full the space in front of a point is, at
    two sizes (the idea of ambient occlusion fields, Kontkanen and Laine 2005).
    """
    voxels = voxelise(solid.vertices, solid.faces, PITCH, margin=4)
    layers = np.ascontiguousarray(voxels.filled.transpose(2, 0, 1)).astype(np.float32)
    swept = [_sweep(voxels, layers, np.array(KEY_LIGHT) @ camera.axes) for camera in cameras]
    close_volumes = [_fullness(voxels, layers, 1.6), *(arriving for arriving, _ in swept)]
    places, ahead = np.ascontiguousarray(points.T), np.ascontiguousarray(normals.T)
    close = _sample(voxels, close_volumes, places + np.float32(1.6) * ahead)
    wide = _sample(voxels, [_fullness(voxels, layers, 5.0)], places + np.float32(4.0) * ahead)
    # a flat surface fills 0.16 and 0.21 of its own surroundings: only more than that is shade
    ambient = (1.16 - close[0].clip(0.16, 1)) * (1.21 - wide[0].clip(0.21, 1))
    footprint = _footprint(voxels, layers)
    floors = tuple(np.maximum(shadow, footprint) for _, shadow in swept)
    return BakedLight(ambient.clip(0.15, 1), close[1:].T, floors)


def _sweep(voxels: Voxels, layers: Float, light: npt.NDArray[np.float64]) -> tuple[Float, Float]:
    """Carry the light down layer by layer: stop it where it is full, shift it, soften it.

    Returns the light that arrives in every voxel, and the darkness that is left on the floor.
    """
    count, nx, ny = layers.shape
    front = np.ones((nx + 2 * FLOOR_REACH, ny + 2 * FLOOR_REACH), np.float32)
    window = np.s_[FLOOR_REACH : FLOOR_REACH + nx, FLOOR_REACH : FLOOR_REACH + ny]
    step = -light[:2] / light[2]
    shift = np.array([[1, 0, step[1]], [0, 1, step[0]]])  # a picture's columns are y, its rows x
    arriving = np.ones_like(layers)
    for layer in range(count - 1, _floor_layer(voxels) - 1, -1):
        arriving[layer] = front[window]
        front[window] *= 1 - layers[layer]
        shade = front[_reached(window, step, count - layer)]
        moved = cv2.warpAffine(shade, shift, shade.shape[::-1], borderValue=(1.0,))
        shade[...] = cv2.blur(moved, (3, 3)) if layer % 2 else moved
    return arriving, 1 - _around_axis(voxels, front)


def _reached(
    window: tuple[slice, slice], step: npt.NDArray[np.float64], layers: int
) -> tuple[slice, slice]:
    """Where light that fell into the window may be after some layers; elsewhere nothing changed.

    A layer moves it by a step and widens it: the moving by up to a quarter of a voxel squared,
    every second blur by two thirds. Two deviations of that hold all that can be seen.
    """
    spread = 2 + int(2 * np.sqrt(0.6 * layers))
    rows, columns = (
        slice(
            max(0, side.start - spread + int(min(0.0, travelled))),
            side.stop + spread + int(max(0.0, travelled)),
        )
        for side, travelled in zip(window, step * layers, strict=True)
    )
    return rows, columns


def _footprint(voxels: Voxels, layers: Float) -> Float:
    """Darkness where the base meets the floor: tight, with a wide faint edge."""
    base = layers[_floor_layer(voxels) + 1]
    wide = _around_axis(voxels, np.pad(base, FLOOR_REACH))
    spread = cv2.GaussianBlur(wide, (0, 0), 5.0)
    dark: Float = np.maximum(cv2.GaussianBlur(wide, (0, 0), 1.6), spread * 0.9)
    return dark


def _floor_layer(voxels: Voxels) -> int:
    """First layer of voxels above the floor."""
    return int(np.ceil(-voxels.origin[2] / voxels.pitch))


def _around_axis(voxels: Voxels, padded: Float) -> Float:
    """Cut the square of floor around the axis out of a picture with FLOOR_REACH to spare."""
    axis = np.rint(-voxels.origin[:2] / voxels.pitch).astype(int)
    x, y = axis
    square: Float = padded[x : x + 2 * FLOOR_REACH, y : y + 2 * FLOOR_REACH]
    return square


def _fullness(voxels: Voxels, layers: Float, sigma: float) -> Float:
    """Blurred occupancy; what is below the floor counts as full."""
    with_floor = layers.copy()
    with_floor[: _floor_layer(voxels)] = 1.0
    kernel = cv2.getGaussianKernel(2 * int(2.5 * sigma + 0.5) + 1, sigma, cv2.CV_32F)
    columns = with_floor.reshape(len(layers), -1)
    upright = cv2.sepFilter2D(columns, -1, ONE, kernel, borderType=cv2.BORDER_REPLICATE)
    blurred = np.empty_like(layers)
    for layer, soft in zip(upright.reshape(layers.shape), blurred, strict=True):
        soft[...] = cv2.sepFilter2D(layer, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    return blurred


def _sample(voxels: Voxels, volumes: list[Float], points: Float) -> Float:
    """Read c volumes (nz, nx, ny) at points (3, n), trilinearly; (c, n)."""
    nz, nx, ny = volumes[0].shape
    first = np.zeros(points.shape[1], np.intp)
    shares = []
    for axis, (size, stride) in enumerate(((nx, ny), (ny, 1), (nz, nx * ny))):
        place = (points[axis] - np.float32(voxels.origin[axis])) * np.float32(1 / voxels.pitch)
        place = place.clip(0, np.float32(size - 1.001))
        cell = place.astype(np.int32)
        first += cell * stride
        shares.append((1 - (place - cell), place - cell))
    table = np.stack(volumes).reshape(len(volumes), -1)
    total = np.zeros((len(volumes), points.shape[1]), np.float32)
    for k, i, j in np.ndindex(2, 2, 2):
        share = shares[0][i] * shares[1][j] * shares[2][k]
        total += table.take(first + (i * ny + j + k * nx * ny), axis=1) * share
    return total
