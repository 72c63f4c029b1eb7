"""The thinnest feature of a solid, by morphological opening with a ball.

A feature thinner than the ball disappears when the solid is opened (eroded, then dilated), see
Serra, Image Analysis and Mathematical Morphology, 1982. Distances are exact Euclidean distances
on voxels, cut off where they no longer matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import label

from fusion_service.domain.files.placement import extent
from fusion_service.domain.shape.distances import SHARP_CORNER, squared_distance
from fusion_service.domain.shape.triangles import all_corners
from fusion_service.domain.shape.voxels import voxelise

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.distances import Mask, Squares
    from fusion_service.domain.shape.voxels import Voxels

LOST_SHARE = 1e-3  # of the volume
VOXELS = 1_100_000  # in the bounding box: half a millimetre on a figurine of 80 mm
VOXELS_A_WALL = 5  # finer voxels would not reach beyond the wall in question
VOXELS_ACROSS = (0, 1, 2, 3, 4, 5, 6, 8)  # the balls that are tried
SURELY_ACROSS = (0, 0, 2, 2, 4, 4, 5.6, 8)  # voxels that a plate has, however it lies, to hold one
NEARLY_ONE = 1.5  # voxels
SURFACE = 0.5  # of a voxel: how far it lies before the centre of the first empty voxel
HALF_DIAGONAL = 0.87  # of a voxel: how far the ball's true centre is from the nearest voxel's


@dataclass(frozen=True)
class Thickness:
    """The thinnest feature, in the unit of the vertices."""

    thinnest: float  # diameter of the largest ball that opens the solid without loss
    error: float  # one voxel
    at_least: bool  # True: no larger ball was tried
    surely: float  # no plate is thinner, however it lies to the voxels


def thinnest_feature(
    vertices: Float, faces: Index, wall: float, enough: float = math.inf
) -> Thickness:
    """Find the largest ball, in steps of a voxel, that the whole solid can be drawn with.

    A solid passes a ball when the largest piece that opening leaves holds all but ``LOST_SHARE``
    of the volume: nothing that matters vanishes or falls off. What sticks out by less than
    ``SHARP_CORNER`` radii, as the edges of a box do, does not count as thin. The result is
    uncertain by one voxel or two: ``surely`` says what is certain. ``wall`` is the thickness in
    question; the largest ball that is tried is thicker. The search ends early once nothing is
    thinner than ``enough``.
    """
    box = float(extent(vertices).prod())
    pitch = max((box / VOXELS) ** (1 / 3), wall / VOXELS_A_WALL)
    if wall >= 3 * pitch:
        # an odd number of voxels: a ball of an even number asks for one voxel more than its size
        pitch = wall / (5 if wall >= 5 * pitch else 3)
    elif pitch <= wall < NEARLY_ONE * pitch:
        pitch = wall  # one voxel, or a sound wall fails by the tenth that one voxel lacks
    voxels = voxelise(vertices, faces, pitch, margin=1)
    # layers of (x, y) pictures; the gap keeps one layer's distances out of the next
    gap = VOXELS_ACROSS[-1] + 2
    filled = np.pad(voxels.filled.transpose(2, 0, 1), ((0, 0), (0, gap), (0, 0)))
    depth = squared_distance(filled, VOXELS_ACROSS[-1] // 2 + 1)
    passed, failed = 0, len(VOXELS_ACROSS)
    while failed - passed > 1 and VOXELS_ACROSS[passed] * pitch < enough:
        middle = (passed + failed) // 2
        if _survives(filled, depth, VOXELS_ACROSS[middle] / 2):
            passed = middle
        else:
            failed = middle
    across, surely = VOXELS_ACROSS[passed], SURELY_ACROSS[passed]
    _, areas = unseen_triangles(vertices, faces, voxels)
    if areas.sum() * pitch / 2 > LOST_SHARE * np.count_nonzero(filled) * pitch**3:
        surely = 0
    untried = failed - passed > 1 or failed == len(VOXELS_ACROSS)
    return Thickness(across * pitch, pitch, untried, surely * pitch)


def unseen_triangles(vertices: Float, faces: Index, voxels: Voxels) -> tuple[Float, Float]:
    """Return the middles and areas of triangles with no filled voxel around them.

    Of eight voxels around a point of a surface one at least is filled, unless it bounds a wall
    that lies between the layers of voxels, or is at a sharp edge.
    """
    unseen = faces[all_corners(_unseen(vertices, voxels), faces)]
    a, b, c = corners = vertices[unseen.T]
    middles, areas = corners.mean(axis=0), np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    far = _unseen(middles, voxels)
    return middles[far], areas[far]


def _unseen(points: Float, voxels: Voxels) -> Mask:
    filled, origin = voxels.filled, voxels.origin.astype(np.float32)
    x, y, z = np.floor((points - origin).T / np.float32(voxels.pitch)).astype(np.int32)
    place = (x * filled.shape[1] + y) * filled.shape[2] + z
    along = np.cumprod((1, *filled.shape[:0:-1]))
    seen = np.zeros(len(place), bool)
    for step in product((0, 1), repeat=3):
        seen |= filled.reshape(-1).take(place + np.dot(step, along))
    return ~seen


def open_with_ball(filled: Mask, depth: Squares, radius: float) -> Mask:
    """Return what opening with a ball (radius in voxels) leaves, sharp corners included.

    ``depth`` is the squared distance to the outside, at least as far as that of the ball.
    """
    eroded = depth >= math.ceil((radius + SURFACE) ** 2)
    reach = reach_of(radius)
    opened = squared_distance(~eroded, math.ceil(reach) + 1) <= math.floor(reach**2)
    return filled & opened


def reach_of(radius: float) -> float:
    """Return how far from the centre of a ball (radius in voxels) the solid counts as held."""
    return radius * (1 + SHARP_CORNER) + HALF_DIAGONAL


def _survives(filled: Mask, depth: Squares, radius: float) -> bool:
    """Tell whether opening with a ball (radius in voxels) keeps the solid whole."""
    whole = np.count_nonzero(filled)
    remains = open_with_ball(filled, depth, radius)
    kept = np.count_nonzero(remains)
    if kept == 0 or whole - kept > LOST_SHARE * whole:
        return False  # spares the search for pieces
    pieces, _ = label(remains)
    largest = int(np.bincount(pieces[remains]).max(initial=0))
    return bool(whole - largest <= LOST_SHARE * whole)
