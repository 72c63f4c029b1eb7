"""A close look at walls that are not surely thick: balls that fit, found to a hundredth.

The first look counts whole voxels, and cannot tell walls that differ by less than one or two.
Here voxels only tell where to look: from each one that no ball surely reaches, a centre is pushed
away from the surface until a ball fits around it, or none does. Distances are those to the
triangles, so it makes no difference how a wall lies to the voxels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label
from vtkmodules.vtkCommonCore import mutable, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData, vtkStaticCellLocator

from fusion_service.domain.certificate.thickness import HALF_DIAGONAL, LOST_SHARE, unseen_triangles
from fusion_service.domain.files.placement import extent
from fusion_service.domain.shape.distances import SHARP_CORNER, squared_distance
from fusion_service.domain.shape.voxels import voxelise
from fusion_service.domain.vtk_arrays import to_vtk

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.distances import Mask

    Points = npt.NDArray[np.float64]

VOXELS_A_WALL = 2
VOXELS = 8_000_000  # in the bounding box
TOLERANCE = 0.015  # of the wall: a ball that is smaller by this still counts
PUSHES = 10
TINY = np.finfo(float).tiny


def largest_ball(vertices: Float, faces: Index, wall: float) -> float:
    """Return the largest ball that the whole solid can be drawn with: ``wall``, or tenths of it.

    As in ``thinnest_feature``: what sticks out less than a sharp corner does is not thin, and the
    largest piece holds all but ``LOST_SHARE`` of the volume.
    """
    solid = _Solid(vertices, faces, wall)
    if solid.holds(wall):
        return wall
    passed, failed = 0, 10
    while failed - passed > 1:
        middle = (passed + failed) // 2
        if solid.holds(middle * wall / 10):
            passed = middle
        else:
            failed = middle
    return passed * wall / 10


class _Solid:
    """A solid between its triangles, and the voxels that tell where to look."""

    def __init__(self, vertices: Float, faces: Index, wall: float) -> None:
        fine = (float(extent(vertices).prod()) / VOXELS) ** (1 / 3)
        voxels = voxelise(vertices, faces, max(fine, wall / VOXELS_A_WALL), margin=1)
        self._pitch, self._origin = voxels.pitch, voxels.origin
        # layers of (x, y) pictures; the gap keeps one layer's distances out of the next
        gap = math.ceil(_reach(wall / self._pitch)) + 1
        self._filled = np.pad(voxels.filled.transpose(2, 0, 1), ((0, 0), (0, gap), (0, 0)))
        unseen, self._areas = unseen_triangles(vertices, faces, voxels)
        self._unseen = unseen.astype(np.float64)
        self._surface = _Surface(vertices, faces)

    def holds(self, wall: float) -> bool:
        """Tell whether the whole solid can be drawn with a ball of the thickness ``wall``."""
        filled, across = self._filled, wall / self._pitch
        reach, sure = _reach(across), across / 2 + HALF_DIAGONAL
        centres = squared_distance(filled, math.ceil(sure) + 1) >= math.ceil(sure**2)
        for every in (2, 1):  # an eighth of them spares most of the others
            doubtful = np.argwhere(filled & ~_within(centres, reach))
            doubtful = doubtful[(doubtful % every == 0).all(axis=1)]
            starts = self._origin + doubtful[:, [1, 2, 0]] * self._pitch
            fitting, _ = self._surface.fitting(starts, wall, reach * self._pitch)
            x, y, z = np.rint((fitting - self._origin) / self._pitch).astype(int).T
            centres[z, x, y] = True
        whole = int(np.count_nonzero(filled))
        pieces, _ = label(filled & _within(centres, reach))
        lost = whole - float(np.bincount(pieces.ravel())[1:].max(initial=0))
        _, fits = self._surface.fitting(self._unseen, wall, reach * self._pitch)
        lost += float(self._areas[~fits].sum()) / 2 / self._pitch**2  # no thicker than a voxel
        return whole > 0 and lost <= LOST_SHARE * whole


def _reach(across: float) -> float:
    """Return how far from the centre of a ball (so many voxels across) the solid is held."""
    return across / 2 * (1 + SHARP_CORNER) + HALF_DIAGONAL


def _within(centres: Mask, reach: float) -> Mask:
    return squared_distance(~centres, math.ceil(reach) + 1) <= math.floor(reach**2)


class _Surface:
    """The triangles, and which point of them is nearest."""

    def __init__(self, vertices: Float, faces: Index) -> None:
        self._vertices, self._faces = vertices.astype(np.float64), faces
        points, triangles, surface = vtkPoints(), vtkCellArray(), vtkPolyData()
        points.SetData(to_vtk(self._vertices))
        triangles.SetData(3, to_vtk(faces.astype(np.int64).ravel()))
        surface.SetPoints(points)
        surface.SetPolys(triangles)
        self._locator = vtkStaticCellLocator()
        self._locator.SetDataSet(surface)
        self._locator.BuildLocator()

    def fitting(self, starts: Points, wall: float, reach: float) -> tuple[Points, Mask]:
        """Push centres away from the surface until the ball fits around them, or none does.

        One that leaves through the other side of a thin wall is pushed back in. Returns those
        that fit in the end, and from which ``starts`` they come.
        """
        enough, aim = wall / 2 * (1 - TOLERANCE), wall / 2 * (1 - TOLERANCE / 2)
        fitted, fits = starts.copy(), np.zeros(len(starts), bool)
        left = np.arange(len(starts))
        for _ in range(PUSHES):
            nearest, normals = self._nearest(fitted[left])
            away = fitted[left] - nearest
            distance = np.linalg.norm(away, axis=1)
            inside = (away * normals).sum(axis=1) < 0
            fits[left] = inside & (distance >= enough)
            inward = np.where(inside[:, None], away / np.maximum(distance, TINY)[:, None], -normals)
            moved = nearest + inward * aim
            stays = ~fits[left] & (np.linalg.norm(moved - starts[left], axis=1) <= reach)
            left, moved = left[stays], moved[stays]
            fitted[left] = moved
        return fitted[fits], fits

    def _nearest(self, points: Points) -> tuple[Points, Points]:
        """Return the points of the surface nearest to ``points``, and the normals there."""
        nearest, triangles = np.empty_like(points), np.empty(len(points), np.int64)
        place, triangle, part, squared = [0.0, 0.0, 0.0], mutable(0), mutable(0), mutable(0.0)
        for number, point in enumerate(points.tolist()):
            self._locator.FindClosestPoint(  # type: ignore[call-overload]
                point, place, triangle, part, squared
            )
            nearest[number], triangles[number] = place, int(triangle)
        a, b, c = self._vertices[self._faces[triangles].T]
        normals = np.cross(b - a, c - a)
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        return nearest, normals / np.maximum(length, TINY)
