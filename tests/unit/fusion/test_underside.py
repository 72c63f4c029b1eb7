"""The flat face on the bed: few triangles, the same outline."""

from __future__ import annotations

import numpy as np
import trimesh

from fusion_service.domain.sculpture import Mesh
from fusion_service.domain.shape.assembly import Blend
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import Disc, Shape
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.underside import flatten_underside


def standing(shape: Shape) -> Mesh:
    low, high = shape.bounds()
    grid = Grid.spanning(low - 1.2, high + 1.2)
    mesh = triangulate(grid, grid.full(shape.field(grid)))
    mesh.vertices[mesh.vertices[:, 2] < 0.05, 2] = 0
    return mesh


def disc(x: float) -> Disc:
    return Disc((x, 0.0), 8.0, 0.0, 3.0, rounding=0.5, chamfer=0.5)


def test_the_underside_becomes_a_fan_of_the_same_area() -> None:
    before = standing(disc(0.0))
    vertices, normals, faces = flatten_underside(before.vertices, before.normals, before.faces)
    assert len(faces) < 0.8 * len(before.faces)
    assert len(normals) == len(vertices) == faces.max() + 1
    was = trimesh.Trimesh(before.vertices, before.faces, process=False)
    now = trimesh.Trimesh(vertices, faces, process=False)
    assert now.is_watertight
    assert now.is_winding_consistent
    assert np.isclose(now.volume, was.volume, rtol=1e-5)
    assert np.isclose(now.area, was.area, rtol=1e-5)


def test_two_undersides_stay_as_they_are() -> None:
    mesh = standing(Blend(disc(-9.0), disc(9.0)))
    _, _, faces = flatten_underside(mesh.vertices, mesh.normals, mesh.faces)
    assert faces is mesh.faces


def test_a_body_that_floats_stays_as_it_is() -> None:
    mesh = standing(disc(0.0))
    _, _, faces = flatten_underside(mesh.vertices + np.float32(1), mesh.normals, mesh.faces)
    assert faces is mesh.faces
