"""Conforming cuts through a patch of triangles: finer where needed, and along a level line.

A patch is flat: its points are (along, up) on a wall. Edges on its rim are never split, so it
still fits the mesh that it was taken from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Index

Level = Callable[["Float"], "Float"]  # (n, 2) points -> (n,) values
PASSES = 5  # each halves the longest edges
SNAP = 0.22  # of the shortest edge at a vertex: nearer to the line, the vertex moves onto it
SQUASHED = 0.25  # of its area: a triangle that loses more keeps its corners
NEXT = (1, 2, 0)


@dataclass(frozen=True)
class Patch:
    """Triangles on a wall; ``parents`` says between which two vertices a vertex was put."""

    points: Float  # (n, 2)
    faces: Index  # (m, 3)
    parents: Index  # (n, 2) a vertex that was there from the start is its own parent
    shares: Float  # (n,) 0: the first parent, 1: the second


@dataclass(frozen=True)
class _Edges:
    ends: Index  # (k, 2)
    of_face: Index  # (m, 3) edge from corner i to the next
    inner: npt.NDArray[np.bool_]  # (k,) two triangles have it


def whole(points: Float, faces: Index) -> Patch:
    """Return a patch that nothing has been done to."""
    own = np.arange(len(points), dtype=np.int32)
    return Patch(points, faces, np.stack([own, own], axis=1), np.zeros(len(points), np.float32))


def refine(patch: Patch, longest: Level) -> Patch:
    """Split edges until none is longer than ``longest`` says for its middle."""
    for _ in range(PASSES):
        edges = _edges(patch.faces)
        start, end = patch.points[edges.ends[:, 0]], patch.points[edges.ends[:, 1]]
        middle = start + (end - start) * np.float32(0.5)
        long = edges.inner & (np.linalg.norm(end - start, axis=1) > longest(middle))
        if not long.any():
            break
        patch = _split(patch, edges, long, np.full(len(long), 0.5, np.float32))
    return patch


def cut(patch: Patch, level: Level) -> Patch:
    """Split triangles along the line where ``level`` is zero; no slivers beside it."""
    patch = _snapped(patch, level)
    edges = _edges(patch.faces)
    value = _clean(level(patch.points))
    first, second = (value[edges.ends[:, i]] for i in (0, 1))
    crossing = edges.inner & (first * second < 0)
    share = np.where(crossing, first / np.where(crossing, first - second, 1), 0.5)
    return _split(patch, edges, crossing, np.clip(share, 0.05, 0.95).astype(np.float32))


def _clean(value: Float) -> Float:
    """Round what is on the line but for rounding errors."""
    return np.where(np.abs(value) < 4e-3, 0, value).astype(np.float32)


def _snapped(patch: Patch, level: Level) -> Patch:
    """Move vertices that are nearly on the line onto it, along the slope of the level."""
    edges = _edges(patch.faces)
    length = np.linalg.norm(np.diff(patch.points[edges.ends], axis=1)[:, 0], axis=1)
    shortest = np.full(len(patch.points), np.inf, np.float32)
    np.minimum.at(shortest, edges.ends[:, 0], length)
    np.minimum.at(shortest, edges.ends[:, 1], length)
    shortest[edges.ends[~edges.inner]] = 0  # the rim stays
    value = level(patch.points)
    near = np.flatnonzero(np.abs(value) < SNAP * shortest)
    points = patch.points.copy()
    step = np.float32(0.02)
    for _ in range(2):
        here = points[near]
        right, above = (here + offset for offset in np.eye(2, dtype=np.float32) * step)
        value = level(here)
        slope = np.stack([level(right) - value, level(above) - value], axis=1) / step
        move = slope * (value / np.maximum((slope * slope).sum(axis=1), 0.2))[:, None]
        limit = SNAP * shortest[near]
        size = np.maximum(np.linalg.norm(move, axis=1), 1e-9)
        points[near] = here - move * np.minimum(1, limit / size)[:, None]
    points = _unsquashed(patch.points, points, patch.faces)
    return Patch(points, patch.faces, patch.parents, patch.shares)


def _unsquashed(before: Float, after: Float, faces: Index) -> Float:
    """Take back moves that press a triangle flat, as where all three corners near a line."""
    moved = np.linalg.norm(after - before, axis=1)
    old = _areas(before[faces])
    for attempt in range(4):
        spoilt = faces[_areas(after[faces]) < SQUASHED * old]
        spoilt = spoilt[(moved > 0)[spoilt].any(axis=1)]
        most = spoilt[np.arange(len(spoilt)), moved[spoilt].argmax(axis=1)]
        back = np.unique(most if attempt < 3 else spoilt)
        after[back], moved[back] = before[back], 0
    return after


def _areas(triangles: Float) -> Float:
    (ax, ay), (bx, by) = (np.moveaxis(triangles[:, i] - triangles[:, 0], 1, 0) for i in (1, 2))
    doubled: Float = ax * by - ay * bx
    return doubled


def _edges(faces: Index) -> _Edges:
    starts, ends = faces.ravel(), faces[:, NEXT].ravel()
    low, high = np.minimum(starts, ends).astype(np.int64), np.maximum(starts, ends)
    count = int(faces.max()) + 1
    keys, of_face, uses = np.unique(low * count + high, return_inverse=True, return_counts=True)
    pairs = np.stack(np.divmod(keys, count), axis=1).astype(np.int32)
    return _Edges(pairs, of_face.reshape(-1, 3).astype(np.int32), uses == 2)


def _split(patch: Patch, edges: _Edges, chosen: npt.NDArray[np.bool_], shares: Float) -> Patch:
    """Put a vertex on every chosen edge and divide the triangles to match."""
    old = len(patch.points)
    number = np.cumsum(chosen, dtype=np.int32) - 1 + old
    ends, share = edges.ends[chosen], shares[chosen]
    start, end = patch.points[ends[:, 0]], patch.points[ends[:, 1]]
    points = np.concatenate([patch.points, start + (end - start) * share[:, None]])
    marked, middle = chosen[edges.of_face], number[edges.of_face]
    faces = [patch.faces[~marked.any(axis=1)]]
    for turn in range(3):
        a, b, c = (np.roll(patch.faces, -turn, axis=1)[:, i] for i in range(3))
        ab, bc, ca = (np.roll(marked, -turn, axis=1)[:, i] for i in range(3))
        m, n, o = (np.roll(middle, -turn, axis=1)[:, i] for i in range(3))
        one = ab & ~bc & ~ca
        faces += [_rows(one, a, m, c), _rows(one, m, b, c)]
        two = ab & bc & ~ca
        across = np.where(two)[0]
        short = np.zeros(len(a), bool)
        short[across] = _squared(points, a[across], n[across]) < _squared(
            points, m[across], c[across]
        )
        faces += [_rows(two, m, b, n)]
        faces += [_rows(two & short, a, m, n), _rows(two & short, a, n, c)]
        faces += [_rows(two & ~short, a, m, c), _rows(two & ~short, m, n, c)]
        if turn == 0:
            three = ab & bc & ca
            faces += [_rows(three, a, m, o), _rows(three, m, b, n), _rows(three, o, n, c)]
            faces += [_rows(three, m, n, o)]
    return Patch(
        points,
        np.concatenate(faces),
        np.concatenate([patch.parents, ends]),
        np.concatenate([patch.shares, share]),
    )


def _rows(mask: npt.NDArray[np.bool_], a: Index, b: Index, c: Index) -> Index:
    return np.stack([a[mask], b[mask], c[mask]], axis=1)


def _squared(points: Float, a: Index, b: Index) -> Float:
    difference = points[a] - points[b]
    squared: Float = (difference * difference).sum(axis=1)
    return squared
