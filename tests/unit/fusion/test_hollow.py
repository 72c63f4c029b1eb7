"""A hollow figurine drains, stays one body, and keeps its walls."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import trimesh
from scipy.ndimage import distance_transform_edt, label

from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Form
from fusion_service.domain.shape.hollow import SHELL_MM, hollow_out
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import Disc, Ellipsoid
from fusion_service.domain.shape.union import Block, unite
from fusion_service.domain.shape.voxels import voxelise
from tests.unit.fusion.factories import make_attributes


@lru_cache(maxsize=4)
def figurine(height_mm: float = 100.0, template: str = "default", *, hollow: bool = True) -> Form:
    return sculpt([make_attributes("short")], template, height_mm, process="sla", hollow=hollow)


def gate(form: Form, name: str) -> float:
    return next(g.measured for g in certify(form, "sla").gates if g.name == name)


def test_it_is_one_closed_body_with_two_holes_and_passes_every_gate() -> None:
    form = figurine()
    mesh = trimesh.Trimesh(form.solid.vertices, form.solid.faces, process=False)
    assert mesh.is_volume
    assert mesh.body_count == 1
    assert certify(form, "sla").passed
    assert form.facts["hollow"] is True
    assert form.facts["drain_holes_mm"] == [3.6, 3.6]


def test_half_the_resin_is_saved_and_the_outside_is_the_same() -> None:
    hollow, solid = figurine(), figurine(hollow=False)
    assert gate(hollow, "volume") < 0.6 * gate(solid, "volume")
    assert np.ptp(hollow.solid.vertices, axis=0) == pytest.approx(
        np.ptp(solid.solid.vertices, axis=0), abs=1e-3
    )


def test_no_resin_is_trapped() -> None:
    form = figurine()
    voxels = voxelise(form.solid.vertices, form.solid.faces, 0.4, margin=2)
    _, pieces = label(~voxels.filled)
    assert pieces == 1  # the cavity and the room around are the same air


def test_the_wall_is_never_thinner_than_promised() -> None:
    hollow, solid = figurine(), figurine(hollow=False)
    pitch = 0.35
    whole = voxelise(solid.solid.vertices, solid.solid.faces, pitch, margin=2)
    left = voxelise(hollow.solid.vertices, hollow.solid.faces, pitch, margin=2)
    assert whole.filled.shape == left.filled.shape
    taken = whole.filled & ~left.filled
    heights = np.arange(taken.shape[2]) * pitch - 2 * pitch
    depth = distance_transform_edt(whole.filled) * pitch
    above = taken & (heights > 8)[None, None, :]  # the holes go through below
    shell = SHELL_MM["sla"] / hollow.scale
    grazed = depth <= pitch  # a voxel on the very surface may fall either way
    assert np.count_nonzero(above & grazed) < 20
    assert depth[above & ~grazed].min() > shell - pitch


def test_the_holes_are_on_the_underside_clear_of_the_rim() -> None:
    form = figurine()
    floor = np.isclose(form.solid.vertices[:, 2], 0)
    under = form.solid.faces[floor[form.solid.faces].all(axis=1)]
    rim = trimesh.Trimesh(form.solid.vertices, under, process=True).outline()
    loops = [np.asarray(loop)[:, :2] for loop in rim.discrete]
    sizes = sorted(float(np.ptp(loop, axis=0).max()) * form.scale for loop in loops)
    assert len(sizes) == 3
    assert sizes[:2] == pytest.approx([3.6, 3.6], abs=0.4)
    for loop in loops:
        if np.ptp(loop, axis=0).max() < 10:
            assert np.hypot(loop[:, 0], loop[:, 1] + 1.5).max() < 19.5 - 3.5 / form.scale


def test_the_flat_base_counts_without_its_holes() -> None:
    loss = gate(figurine(hollow=False), "flat_base") - gate(figurine(), "flat_base")
    scale = figurine().scale
    assert loss == pytest.approx(2 * np.pi * 1.8**2 / (figurine().base_area * scale**2), rel=0.35)


def test_balance_knows_that_the_head_is_empty() -> None:
    hollow, solid = certify(figurine(), "sla"), certify(figurine(hollow=False), "sla")
    limits = [next(g.limit for g in c.gates if g.name == "balance") for c in (hollow, solid)]
    assert limits[0] != pytest.approx(limits[1], abs=0.02)


def test_too_small_to_save_anything_stays_solid_and_says_so() -> None:
    form = figurine(40.0)
    assert form.facts["hollow"] is False
    assert "stays solid" in str(form.facts["hollow_refused"])
    same = figurine(40.0, hollow=False)
    assert form.solid.vertices.tobytes() == same.solid.vertices.tobytes()


def test_a_cavity_without_a_way_out_stays_solid() -> None:
    shapes = (Disc((0, 0), 12, 0, 3, 0.5, 0.5), Ellipsoid((0, 0, 22), (11, 11, 11)))
    stem = Ellipsoid((0, 0, 7), (1.5, 1.5, 6))
    blocks = []
    for shape in (*shapes, stem):
        low, high = shape.bounds()
        grid = Grid.spanning(low - 1.2, high + 1.2)
        blocks.append(Block(grid, grid.full(shape.field(grid))))
    built = unite(blocks, range(3))
    found = hollow_out(built, 1.0, "sla")
    assert found.union is built
    assert "No way out" in found.refusal


def test_a_hollow_figurine_has_no_more_triangles_than_a_slicer_likes() -> None:
    form = figurine()
    assert len(form.solid.faces) < 1.5 * len(figurine(hollow=False).solid.faces)
    assert form.solid.part_ids.max() < len(form.parts)
