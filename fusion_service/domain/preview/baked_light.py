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
from scipy.ndimage import gaussian_filter

from fusion_service.domain.shape.voxels import Voxels, voxelise

if TYPE_CHECKING:
    from fusion_service.domain.preview.cameras import Camera
    from fusion_service.domain.sculpture import Float, Solid

PITCH = 1.0  # design units; the shadows are softer than this
KEY_LIGHT = (-0.44, 0.72, 0.54)  # unit vector towards the light, in the camera's axes
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
    filled = voxels.filled.astype(np.float32)
    swept = [_sweep(voxels, filled, np.array(KEY_LIGHT) @ camera.axes) for camera in cameras]
    close_volume = np.stack(
        [_fullness(voxels, filled, 1.6), *(arriving for arriving, _ in swept)], axis=-1
    )
    wide_volume = _fullness(voxels, filled, 5.0)[..., None]
    close = _sample(voxels, close_volume, points + np.float32(1.6) * normals)
    wide = _sample(voxels, wide_volume, points + np.float32(4.0) * normals)
    # a flat surface fills 0.16 and 0.21 of its own surroundings: only more than that is shade
    ambient = (1.16 - close[:, 0].clip(0.16, 1)) * (1.21 - wide[:, 0].clip(0.21, 1))
    footprint = _footprint(voxels, filled)
    floors = tuple(np.maximum(shadow, footprint) for _, shadow in swept)
    return BakedLight(ambient.clip(0.15, 1), close[:, 1:], floors)


def _sweep(voxels: Voxels, filled: Float, light: npt.NDArray[np.float64]) -> tuple[Float, Float]:
    """Carry the light down layer by layer: stop it where it is full, shift it, soften it.

    Returns the light that arrives in every voxel, and the darkness that is left on the floor.
    """
    layers = np.ascontiguousarray(filled.transpose(2, 0, 1))
    count, nx, ny = layers.shape
    front = np.ones((nx + 2 * FLOOR_REACH, ny + 2 * FLOOR_REACH), np.float32)
    window = np.s_[FLOOR_REACH : FLOOR_REACH + nx, FLOOR_REACH : FLOOR_REACH + ny]
    shift_x, shift_y = -light[:2] / light[2]
    shift = np.array([[1, 0, shift_y], [0, 1, shift_x]])  # a picture's columns are y, its rows x
    arriving = np.ones_like(layers)
    for layer in range(count - 1, _floor_layer(voxels) - 1, -1):
        arriving[layer] = front[window]
        front[window] *= 1 - layers[layer]
        front = cv2.warpAffine(front, shift, front.shape[::-1], borderValue=(1.0,))
        if layer % 2:
            front = cv2.blur(front, (3, 3))
    return arriving.transpose(1, 2, 0), 1 - _around_axis(voxels, front)


def _footprint(voxels: Voxels, filled: Float) -> Float:
    """Darkness where the base meets the floor: tight, with a wide faint edge."""
    base = filled[:, :, _floor_layer(voxels) + 1]
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


def _fullness(voxels: Voxels, filled: Float, sigma: float) -> Float:
    """Blurred occupancy; what is below the floor counts as full."""
    with_floor = filled.copy()
    with_floor[:, :, : _floor_layer(voxels)] = 1.0
    blurred: Float = gaussian_filter(with_floor, sigma, mode="nearest", truncate=2.5)
    return blurred


def _sample(voxels: Voxels, volume: Float, points: Float) -> Float:
    """Read an (nx, ny, nz, c) volume at (n, 3) points, trilinearly; (n, c)."""
    origin = voxels.origin.astype(np.float32)
    last = np.array(volume.shape[:3], np.float32) - np.float32(1.001)
    place = np.clip((points - origin) * np.float32(1 / voxels.pitch), 0, last)
    cell = place.astype(np.int32)
    near_far = np.stack([1 - (place - cell), place - cell])  # (2, n, 3)
    strides = (volume.shape[1] * volume.shape[2], volume.shape[2], 1)
    first = cell[:, 0] * strides[0] + cell[:, 1] * strides[1] + cell[:, 2]
    table = np.ascontiguousarray(volume).reshape(-1, volume.shape[3])
    total = np.zeros((len(points), volume.shape[3]), np.float32)
    for i, j, k in np.ndindex(2, 2, 2):
        share = near_far[i, :, 0] * near_far[j, :, 1] * near_far[k, :, 2]
        total += table.take(first + (i * strides[0] + j * strides[1] + k), axis=0) * share[:, None]
    return total
