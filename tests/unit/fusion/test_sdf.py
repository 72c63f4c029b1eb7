"""Distance fields against slow, independent oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.assembly import Blend, Cut, Grown, Keep, Mirrored
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import (
    Beyond,
    Box,
    Capsule,
    Disc,
    Ellipsoid,
    Plate,
    Ring,
    Shape,
    Slab,
)

GRID = Grid.spanning((-5, -5, -5), (5, 5, 5), 0.5)


def nodes(grid: Grid) -> np.ndarray:
    return np.stack(np.broadcast_arrays(grid.x, grid.y, grid.z), axis=-1).reshape(-1, 3)


def nearest(points: np.ndarray, surface: np.ndarray) -> np.ndarray:
    distance, _ = cKDTree(surface).query(points)
    return distance


def sphere_points(count: int = 40_000) -> np.ndarray:
    # golden spiral
    i = np.arange(count) + 0.5
    z = 1 - 2 * i / count
    turn = np.pi * (1 + 5**0.5) * i
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


def test_a_sphere_is_as_far_as_its_nearest_surface_point() -> None:
    centre, radius = (0.4, -0.3, 0.2), 2.3
    field = GRID.full(sdf.sphere(GRID, centre, radius)).ravel()
    oracle = nearest(nodes(GRID), np.asarray(centre) + radius * sphere_points())
    assert np.abs(np.abs(field) - oracle).max() < 0.03


def test_a_capsule_is_as_far_as_the_nearest_ball_along_its_axis() -> None:
    start, end = np.array([-1.0, 0.5, -2.0]), np.array([1.5, -0.5, 1.0])
    field = GRID.full(sdf.capsule(GRID, (-1.0, 0.5, -2.0), (1.5, -0.5, 1.0), 0.8)).ravel()
    axis = start + np.linspace(0, 1, 4000)[:, None] * (end - start)
    assert np.abs(field - (nearest(nodes(GRID), axis) - 0.8)).max() < 1e-3


def test_a_tapered_capsule_has_the_radius_of_each_end() -> None:
    grid = Grid.spanning((-4, -1, -1), (4, 1, 1), 0.25)
    field = sdf.capsule(grid, (-2, 0, 0), (2, 0, 0), 0.5, end_radius=1.5)
    middle = field[:, grid.shape[1] // 2, grid.shape[2] // 2]
    x = grid.x.ravel()
    assert middle[np.argmin(np.abs(x + 2))] == pytest.approx(-0.5, abs=1e-5)
    assert middle[np.argmin(np.abs(x - 2))] == pytest.approx(-1.5, abs=1e-5)


def test_a_box_is_as_far_as_its_nearest_face() -> None:
    half = np.array([2.0, 1.5, 1.0])
    field = GRID.full(sdf.rounded_box(GRID, (0, 0, 0), (2.0, 1.5, 1.0), 0.0)).ravel()
    line = np.linspace(-1, 1, 121)
    faces = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            u, v = np.meshgrid(line, line)
            face = np.insert(np.stack([u.ravel(), v.ravel()], axis=1), axis, side, axis=1)
            faces.append(face * half)
    points = nodes(GRID)
    oracle = nearest(points, np.concatenate(faces))
    inside = (np.abs(points) <= half).all(axis=1)
    assert np.abs(field - np.where(inside, -oracle, oracle)).max() < 0.03


def test_an_ellipsoid_has_the_right_sign_and_is_exact_on_its_surface() -> None:
    radii = np.array([3.0, 1.5, 2.0])
    field = GRID.full(sdf.ellipsoid(GRID, (0, 0, 0), (3.0, 1.5, 2.0))).ravel()
    level = ((nodes(GRID) / radii) ** 2).sum(axis=1)
    off_surface = np.abs(level - 1) > 1e-4
    assert ((field < 0) == (level < 1))[off_surface].all()
    oracle = nearest(nodes(GRID), sphere_points() * radii)
    near = oracle < 0.4
    assert np.abs(np.abs(field) - oracle)[near].max() < 0.12


def test_a_polygon_is_negative_exactly_inside() -> None:
    corners = np.array([[-2, -2], [3, -1], [0.5, 0], [2, 3], [-2, 1.0]])
    u = np.linspace(-4, 4, 83)[:, None].astype(np.float32)
    v = np.linspace(-4, 4, 79)[None].astype(np.float32)
    field = sdf.polygon(u, v, corners)
    points = np.stack(np.broadcast_arrays(u, v), axis=-1).reshape(-1, 2)
    rays = corners[None] - points[:, None]
    angles = np.arctan2(rays[..., 1], rays[..., 0])
    turns = (np.roll(angles, -1, axis=1) - angles + np.pi) % (2 * np.pi) - np.pi
    inside = np.abs(turns.sum(axis=1)) > np.pi
    assert (inside == (field.ravel() < 0)).all()


@settings(max_examples=40, deadline=None)
@given(
    a=st.floats(-3, 3, width=32),
    b=st.floats(-3, 3, width=32),
    k=st.floats(0.125, 4, width=32),
)
def test_smooth_unions_only_add_and_smooth_cuts_only_remove(a: float, b: float, k: float) -> None:
    fa, fb = np.float32([a]), np.float32([b])
    union = sdf.smooth_union(fa, fb, k)
    assert union <= min(a, b) + 1e-5
    assert union >= min(a, b) - k / 4 - 1e-5
    assert sdf.smooth_intersection(fa, fb, k) >= max(a, b) - 1e-5
    assert sdf.smooth_difference(fa, fb, k) >= max(a, -b) - 1e-5


def test_unions_keep_the_sign_away_from_the_seam() -> None:
    a = GRID.full(sdf.sphere(GRID, (-1.5, 0, 0), 1.5))
    b = GRID.full(sdf.sphere(GRID, (1.5, 0, 0), 1.5))
    union = sdf.smooth_union(a, b, 0.8)
    clear = np.abs(a - b) > 0.8
    assert (union[clear] == np.minimum(a, b)[clear]).all()


def test_smoothstep_ramps_both_ways() -> None:
    x = np.float32([-1, 0, 0.5, 1, 2])
    assert sdf.smoothstep(0, 1, x).tolist() == [0, 0, 0.5, 1, 1]
    assert sdf.smoothstep(1, 0, x).tolist() == [1, 1, 0.5, 0, 0]


@pytest.mark.parametrize(
    "shape",
    [
        Ellipsoid((1, 0, -1), (2, 1, 1.5)),
        Capsule((0, 0, 0), (1, 2, 3), 0.5, 0.9, 0.8),
        Box((0, 1, 0), (1, 2, 0.7), 0.3),
        Ring((0, 0, 1), (3.0, 2.5), 0.6, pitch=0.2),
        Disc((0, -1), 3.0, 0.0, 1.5, 0.4, 0.2),
        Keep(Plate(((-2, -2), (2, -2), (0, 2)), -1, 1), Slab(-1.5, 1.0)),
        Blend(Ellipsoid((0, 0, 0), (1, 1, 1)), Capsule((0, 0, 0), (2, 0, 0), 0.8), k=1.0),
        Cut(Grown(Box((0, 0, 0), (1, 1, 1), 0.2), 0.5), Beyond((0, 0, 0), (0, 0, 1)), k=0.5),
        Mirrored(Ellipsoid((2, 0, 0), (1, 1, 2)), k=0.5),
    ],
    ids=lambda shape: type(shape).__name__,
)
def test_nothing_of_a_shape_lies_outside_its_bounds(shape: Shape) -> None:
    grid = Grid.spanning((-6, -6, -6), (6, 6, 6), 0.3)
    inside = nodes(grid)[(grid.full(shape.field(grid)) < 0).ravel()]
    low, high = shape.bounds()
    assert len(inside) > 20
    assert (inside >= low - 1e-4).all()
    assert (inside <= high + 1e-4).all()


def test_mirrored_is_the_same_on_both_sides() -> None:
    grid = Grid.spanning((-4, -3, -3), (4, 3, 3), 0.5)
    field = grid.full(Mirrored(Ellipsoid((1.3, 0.2, 0), (1, 0.7, 2)), k=0.5).field(grid))
    assert np.allclose(field, field[::-1], atol=1e-5)


def test_windows_share_the_nodes_of_their_grid() -> None:
    inner, window = GRID.window((-1.1, 0.2, 2.9), (0.7, 9.0, 3.0))
    whole = GRID.full(sdf.sphere(GRID, (0, 0, 0), 2.0))
    assert whole[window].shape == inner.shape
    assert np.array_equal(whole[window], sdf.sphere(inner, (0, 0, 0), 2.0))
    assert GRID.place(inner) == window
