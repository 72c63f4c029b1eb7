"""Only what nobody can see is left out of the parts."""

from __future__ import annotations

import numpy as np

from fusion_service.domain.shape.hidden import without_hidden
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import Ellipsoid
from fusion_service.domain.shape.surface import triangulate
from fusion_service.domain.shape.union import Block, unite


def ball(x: float) -> Block:
    shape = Ellipsoid((x, 0, 0), (6, 6, 6))
    grid = Grid.spanning((x - 8, -8, -8), (x + 8, 8, 8))
    return Block(grid, grid.full(shape.field(grid)))


def test_what_lies_inside_another_part_is_left_out_and_all_else_stays() -> None:
    left, right = ball(-4), ball(4)
    union = unite([left, right], [0, 1])
    whole = triangulate(left.grid, left.field)
    seen = without_hidden(whole, union)
    inside_right = np.linalg.norm(whole.vertices - (4, 0, 0), axis=1) < 6
    assert 0.5 * inside_right.mean() < 1 - len(seen.faces) / len(whole.faces) < inside_right.mean()
    kept = {tuple(vertex) for vertex in seen.vertices}
    assert all(tuple(vertex) in kept for vertex in whole.vertices[~inside_right])
    assert np.unique(seen.faces).tolist() == list(range(len(seen.vertices)))
    np.testing.assert_allclose(np.linalg.norm(seen.vertices - (-4, 0, 0), axis=1), 6, atol=0.1)


def test_a_part_that_stands_alone_stays_whole() -> None:
    alone = ball(0)
    mesh = triangulate(alone.grid, alone.field)
    seen = without_hidden(mesh, unite([alone], [0]))
    assert seen.faces.tobytes() == mesh.faces.tobytes()
    assert seen.normals.tobytes() == mesh.normals.tobytes()
