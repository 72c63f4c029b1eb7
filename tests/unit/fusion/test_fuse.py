"""Uniting fields, and the mesh that comes out."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.fuse import solidify
from fusion_service.domain.shape.lift import lift_block, lift_union
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import Disc
from fusion_service.domain.shape.surface import largest_body, triangulate
from fusion_service.domain.shape.union import Block, extend, unite


def ball(centre: tuple[float, float, float], radius: float) -> Block:
    low, high = np.subtract(centre, radius + 1.5), np.add(centre, radius + 1.5)
    grid = Grid.spanning(low, high)
    return Block(grid, grid.full(sdf.sphere(grid, centre, radius)))


def as_trimesh(vertices: np.ndarray, faces: np.ndarray) -> trimesh.Trimesh:
    return trimesh.Trimesh(vertices, faces, process=False)


def test_a_ball_becomes_a_closed_mesh_of_its_volume_with_outward_normals() -> None:
    block = ball((1, 2, 3), 5.0)
    mesh = triangulate(block.grid, block.field)
    solid = as_trimesh(mesh.vertices, mesh.faces)
    assert solid.is_volume
    assert abs(solid.volume / (4 / 3 * np.pi * 125) - 1) < 0.02
    outward = (mesh.vertices - [1, 2, 3]) / 5.0
    assert (np.einsum("ij,ij->i", mesh.normals, outward) > 0.97).all()


def test_two_overlapping_balls_become_one_body_whose_triangles_know_their_ball() -> None:
    blocks = [ball((0, 0, 10), 4), ball((5, 0, 10), 3)]
    solid = solidify(unite(blocks, (0, 1)), blocks)
    mesh = as_trimesh(solid.vertices, solid.faces)
    assert mesh.is_volume
    assert mesh.body_count == 1
    assert set(np.unique(solid.part_ids)) == {0, 1}
    centres = mesh.triangles_center
    apart = np.linalg.norm(centres - (0, 0, 10), axis=1) - 4
    apart -= np.linalg.norm(centres - (5, 0, 10), axis=1) - 3
    clear = np.abs(apart) > 0.05
    assert clear.mean() > 0.95
    assert ((apart > 0) == (solid.part_ids == 1))[clear].all()


def test_extending_a_union_is_the_same_as_uniting_everything_and_spares_the_shared_part() -> None:
    first, second, third = ball((0, 0, 10), 4), ball((5, 0, 10), 3), ball((0, 0, 15), 3)
    shared = unite([first, second], (0, 1))
    before = shared.field.copy()
    shared.field.setflags(write=False)
    blocks = [first, second, third]
    grown = solidify(extend(shared, [third], (2,)), blocks)
    whole = solidify(unite(blocks, (0, 1, 2)), blocks)
    assert np.array_equal(shared.field, before)
    assert np.allclose(grown.vertices, whole.vertices, atol=1e-5)
    assert np.array_equal(grown.part_ids, whole.part_ids)


def test_crumbs_and_cavities_are_dropped() -> None:
    hollow = ball((0, 0, 10), 6)
    hollow.field[:] = np.maximum(hollow.field, -sdf.sphere(hollow.grid, (0, 0, 10), 2.0))
    crumb = ball((12, 0, 10), 1.0)
    solid = solidify(unite([hollow, crumb], (0, 1)), [hollow, crumb])
    mesh = as_trimesh(solid.vertices, solid.faces)
    assert mesh.body_count == 1
    assert mesh.is_volume
    assert abs(mesh.volume / (4 / 3 * np.pi * 216) - 1) < 0.02
    assert mesh.bounds[1, 0] < 7
    assert len(mesh.vertices) == len(np.unique(mesh.faces))


def test_a_surface_through_the_lattice_nodes_gives_no_triangle_without_area() -> None:
    grid = Grid.spanning((-3, -3, -3), (3, 3, 3), 0.5)
    field = grid.full(np.abs(grid.x) + np.abs(grid.y) + np.abs(grid.z) - 2.0)
    assert (field == 0).sum() > 20
    mesh = triangulate(grid, field)
    solid = as_trimesh(mesh.vertices, mesh.faces)
    assert solid.is_volume
    assert solid.area_faces.min() > 1e-6


def test_a_solid_that_reaches_the_border_of_its_grid_is_closed_there() -> None:
    grid = Grid.spanning((-3, -3, -3), (3, 3, 3))
    mesh = triangulate(grid, grid.full(sdf.capsule(grid, (0, 0, -9), (0, 0, 9), 1.5)))
    assert as_trimesh(mesh.vertices, mesh.faces).is_volume


def test_the_largest_body_is_chosen_by_volume_not_by_triangles() -> None:
    coarse = trimesh.creation.box((4, 4, 4))
    fine = trimesh.creation.icosphere(subdivisions=3, radius=1.0)
    fine.apply_translation((9, 0, 0))
    both = trimesh.util.concatenate([fine, coarse])
    chosen = largest_body(both.vertices.astype(np.float32), both.faces.astype(np.int32))
    assert len(chosen) == len(coarse.faces)


def test_the_line_between_two_parts_is_where_they_are_equally_near() -> None:
    blocks = [ball((0, 0.1, 10.05), 4), ball((5, 0, 10), 3)]
    solid = solidify(unite(blocks, (0, 1)), blocks)
    line = np.intersect1d(
        solid.faces[solid.part_ids == 0].ravel(), solid.faces[solid.part_ids == 1].ravel()
    )
    points = solid.vertices[line]
    apart = np.linalg.norm(points - (0, 0.1, 10.05), axis=1) - 4
    apart -= np.linalg.norm(points - (5, 0, 10), axis=1) - 3
    assert len(line) > 15
    assert np.median(np.abs(apart)) < 0.05
    assert np.abs(apart).mean() < 0.15  # without sliding it is more than half a voxel
    assert as_trimesh(solid.vertices, solid.faces).area_faces.min() > 1e-5


def test_a_higher_base_lifts_what_stands_on_it_and_repeats_its_waist() -> None:
    base = Grid.spanning((-9, -9, -1.2), (9, 9, 5.2))
    disc = Block(base, base.full(Disc((0, 0), 8, 0, 4, rounding=1, chamfer=0.5).field(base)))
    figure = ball((0, 0, 12), 8.5)
    blocks = [disc, figure]
    plain = solidify(unite(blocks, (0, 1)), blocks)
    lifted = [lift_block(block, 5) for block in blocks]
    higher = solidify(lift_union(unite(blocks, (0, 1)), 5), lifted)
    high = ball((0, 0, 20), 4)
    assert lift_block(high, 5).field is high.field  # nothing is computed anew above the base
    assert np.ptp(higher.vertices[:, 2]) - np.ptp(plain.vertices[:, 2]) == pytest.approx(3.0)
    one, other = (as_trimesh(solid.vertices, solid.faces) for solid in (plain, higher))
    assert other.is_volume
    assert other.volume - one.volume == pytest.approx(np.pi * 64 * 3, rel=0.01)
    assert solidify(unite(lifted, (0, 1)), lifted).vertices.shape == higher.vertices.shape
