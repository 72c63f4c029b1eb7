"""Whose surface is it: part ids for the triangles of a union, and straight lines between parts.

Marching cubes puts vertices where lattice edges cross the surface, so the line between two
colours would be a saw. Vertices beside it slide along the surface onto the true line, which is
where the distances of the two parts are equal.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.union import Block, Union

Ids = npt.NDArray[np.uint8]

CORNERS = np.array(list(product((0, 1), repeat=3)), np.int32)  # of a lattice cell
REACH = 0.45  # millimetres that a vertex may slide
PROBE = 0.3  # millimetres between the samples of a gradient
SMALLEST = 0.01  # square millimetres: no triangle becomes smaller by sliding
ATTEMPTS = 3  # to take back single vertices before whole triangles
NOBODY = 255
PARALLEL = 0.04  # squared slope between two surfaces that hardly cross: no line to slide to
FAR = 10.0  # millimetres, outside a part's block


def owners_at(union: Union, blocks: Sequence[Block], points: Float) -> Ids:
    """Return whose surface each point (n, 3) lies on: the block with the smallest distance."""
    places = points / np.float32(union.grid.voxel)
    cell = np.floor(places).astype(np.int32) - np.asarray(union.grid.start, np.int32)
    first = _flat(np.clip(cell, 0, np.subtract(union.grid.shape, 2)), union.grid.shape)
    table = union.owner.reshape(-1)
    owners: Ids = table.take(first)
    disputed = np.zeros(len(points), bool)
    for offset in _flat(CORNERS[1:], union.grid.shape):
        disputed |= table.take(first + offset) != owners
    places = points[disputed]
    nearest = np.full(len(places), np.inf, np.float32)
    winner = owners[disputed]
    for number, block in enumerate(blocks):
        distance = _interpolated(block, places)
        closer = distance < nearest
        nearest[closer] = distance[closer]
        winner[closer] = number
    owners[disputed] = winner
    return owners


def straighten(
    vertices: Float, normals: Float, faces: Index, owners: Ids, blocks: Sequence[Block]
) -> Float:
    """Return the vertices with those beside a seam slid onto it.

    Parameters
    ----------
    vertices, normals : (n, 3)
    faces : (m, 3)
    owners : (m,)
        Part id of each face, as ``owners_at`` finds it at the centroids.
    blocks
        The parts' fields, in the order of their ids.
    """
    beside, one, other = _seam(len(vertices), faces, owners)
    if not len(beside):
        return vertices
    start, normal = vertices[beside], normals[beside]
    probes = start[None] + np.float32(PROBE) * np.eye(4, 3, -1, dtype=np.float32)[:, None]
    difference = _sampled(blocks, one, probes) - _sampled(blocks, other, probes)
    gradient = ((difference[1:] - difference[0]) / np.float32(PROBE)).T
    along = gradient - normal * (normal * gradient).sum(axis=1, keepdims=True)
    steepness = (along * along).sum(axis=1)
    step = -(difference[0] / np.maximum(steepness, PARALLEL))[:, None] * along
    slides = (steepness > PARALLEL) & ((step * step).sum(axis=1) < REACH**2)
    moved = vertices.copy()
    moved[beside[slides]] += step[slides]
    return _unfolded(vertices, moved, faces)


def _seam(count: int, faces: Index, owners: Ids) -> tuple[Index, Ids, Ids]:
    """Return the vertices between exactly two parts, and the two parts of each."""
    low, high = np.full(count, NOBODY, np.uint8), np.zeros(count, np.uint8)
    for corner in range(3):
        np.minimum.at(low, faces[:, corner], owners)
        np.maximum.at(high, faces[:, corner], owners)
    crowded = np.zeros(count, bool)
    for corner in range(3):
        vertex = faces[:, corner]
        crowded[vertex[(owners != low[vertex]) & (owners != high[vertex])]] = True
    beside = np.flatnonzero((low < high) & ~crowded).astype(np.int32)
    return beside, low[beside], high[beside]


def _sampled(blocks: Sequence[Block], numbers: Ids, probes: Float) -> Float:
    """Return the distance to each point's own block, probes (4, n, 3) -> (4, n)."""
    values = np.zeros(probes.shape[:2], np.float32)
    for number in np.unique(numbers):
        mine = numbers == number
        points = probes[:, mine]
        found = _interpolated(blocks[number], points.reshape(-1, 3))
        values[:, mine] = np.minimum(found, FAR).reshape(points.shape[:2])
    return values


def _unfolded(before: Float, after: Float, faces: Index) -> Float:
    """Take back the moves that would fold a triangle over or make it vanish."""
    slid = np.linalg.norm(after - before, axis=1)
    near = faces[(slid > 0)[faces].any(axis=1)]
    old = _areas(before[near])
    for attempt in range(ATTEMPTS):
        new = _areas(after[near])
        size = np.linalg.norm(new, axis=1) / 2
        spoilt = near[((old * new).sum(axis=1) <= 0) | (size < SMALLEST)]
        last = attempt == ATTEMPTS - 1
        longest = spoilt[np.arange(len(spoilt)), slid[spoilt].argmax(axis=1)]
        taken_back = np.unique(spoilt if last else longest)
        after[taken_back], slid[taken_back] = before[taken_back], 0.0
    return after


def _areas(triangles: Float) -> Float:
    a, b, c = triangles.swapaxes(0, 1)
    doubled: Float = np.cross(b - a, c - a)
    return doubled


def _interpolated(block: Block, points: Float) -> Float:
    """Return a field between its nodes (trilinear) at points (n, 3), infinity outside."""
    local = points / np.float32(block.grid.voxel) - np.asarray(block.grid.start, np.float32)
    cell = np.floor(local).astype(np.int32)
    x, y, z = ((c >= 0) & (c < n - 1) for c, n in zip(cell.T, block.grid.shape, strict=True))
    inside = np.flatnonzero(x & y & z)
    values = np.full(len(points), np.inf, np.float32)
    if not len(inside):
        return values
    cell = cell[inside]
    first, table = _flat(cell, block.grid.shape), block.field.reshape(-1)
    up = np.ascontiguousarray((local[inside] - cell).T)
    weights = (1 - up, up)
    total = np.zeros(len(cell), np.float32)
    offsets = _flat(CORNERS, block.grid.shape)
    for (di, dj, dk), offset in zip(CORNERS, offsets, strict=True):
        weight = weights[di][0] * weights[dj][1] * weights[dk][2]
        total += weight * table.take(first + offset)
    values[inside] = total
    return values


def _flat(cells: Index, shape: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """Return where the nodes (..., 3) of a block lie in its memory."""
    strides = np.array([shape[1] * shape[2], shape[2], 1], np.intp)
    return cells.astype(np.intp) @ strides
