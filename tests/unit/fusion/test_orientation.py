"""How a figurine lies on the bed, and the supports it needs there."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh

from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.facets import Facets
from fusion_service.domain.files.orientation import LEANS, choose_orientation, measure_lie
from fusion_service.domain.files.placement import print_vertices
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.supports import Supports, measure_supports
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.sculpture import Form, Solid
from tests.unit.fusion.sculptures import ball_man

if TYPE_CHECKING:
    from fusion_service.domain.process import Process


def form_of(mesh: trimesh.Trimesh) -> Form:
    """The mesh as a figurine that is printed in its own size."""
    fine = mesh.subdivide_to_size(2.0)
    faces = np.asarray(fine.faces, np.int32)
    solid = Solid(fine.vertices.astype(np.float32), faces, np.zeros(len(faces), np.uint8))
    return replace(ball_man().form, solid=solid, height_mm=float(np.ptp(fine.vertices[:, 2])))


def supports_of(mesh: trimesh.Trimesh) -> Supports:
    fine = mesh.subdivide_to_size(2.0)  # as the triangles of a figurine are
    vertices, faces = fine.vertices.astype(np.float32), np.asarray(fine.faces, np.int32)
    return measure_supports(vertices, faces, Facets.of(vertices, faces))


def box(size: tuple[float, float, float], low: tuple[float, float, float]) -> trimesh.Trimesh:
    made = trimesh.creation.box(size)
    return made.apply_translation(np.add(low, np.divide(size, 2)))


def table(overhang: float) -> trimesh.Trimesh:
    """A foot of 20 mm with a board at 30 mm that stands out on both sides."""
    foot = box((20, 20, 30), (-10, -10, 0))
    board = box((20 + 2 * overhang, 20, 5), (-10 - overhang, -10, 29.9))
    return trimesh.boolean.union([foot, board])


@pytest.mark.parametrize("lean", [15.0, 30.0, 90.0])
def test_leaning_turns_the_face_up_and_keeps_the_shape(lean: float) -> None:
    form = ball_man().form
    upright, laid = print_vertices(form), print_vertices(form, lean)
    assert laid[:, 2].min() == 0.0
    head, foot = (upright[:, 2].argmax(), np.hypot(*upright[:, :2].T).argmax())
    before, after = (points[head] - points[foot] for points in (upright, laid))
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before), rel=1e-5)
    assert after[1] < before[1]  # the front is +y: the head moves to the back
    faces = form.solid.faces
    volumes = [trimesh.Trimesh(p, faces, process=False).volume for p in (upright, laid)]
    assert volumes[1] == pytest.approx(volumes[0], rel=1e-4)


def test_the_files_lean_together() -> None:
    sculpture = ball_man()
    stl = trimesh.load_mesh(io.BytesIO(to_stl(sculpture.form, 30.0)), file_type="stl")
    expected = print_vertices(sculpture.form, 30.0)
    np.testing.assert_allclose(stl.extents, np.ptp(expected, axis=0), atol=1e-3)
    package = trimesh.load_scene(
        io.BytesIO(to_3mf(sculpture, lean=30.0)), file_type="3mf"
    ).to_geometry()
    np.testing.assert_allclose(package.extents, stl.extents, atol=1e-3)


def test_a_block_needs_no_support() -> None:
    assert supports_of(box((20, 20, 30), (0, 0, 0))).volume == 0


def test_supports_reach_from_the_overhang_to_the_bed() -> None:
    found = supports_of(table(10.0))
    assert found.area == pytest.approx(2 * 10 * 20, rel=0.02)
    # two columns of 10 x 20 x 30, each some 3 mm wider on its three free sides
    assert 2 * 10 * 20 * 30 < found.volume < 2 * 14 * 27 * 31
    assert found.largest_layer == pytest.approx(40 * 20, rel=0.1)


def test_supports_end_on_the_figurine() -> None:
    shelf = trimesh.boolean.union([table(10.0), box((60, 40, 10), (-30, -20, 0))])
    ratio = supports_of(shelf).volume / supports_of(table(10.0)).volume
    assert ratio == pytest.approx(20 / 30, abs=0.06)


def test_a_cone_on_its_base_is_its_own_support() -> None:
    cone = trimesh.creation.cone(10, 30)
    assert supports_of(cone).volume == 0
    tip_down = cone.copy().apply_transform(np.diag([1, -1, -1, 1])).apply_translation((0, 0, 30))
    assert supports_of(tip_down).volume == 0  # steep enough to print in the air
    flat = trimesh.creation.cone(30, 10).apply_transform(np.diag([1, -1, -1, 1]))
    assert supports_of(flat.apply_translation((0, 0, 10))).volume > 1000


@pytest.mark.parametrize("process", ["fdm", "sla", "full_colour"])
def test_a_figurine_on_its_base_stays_upright(process: Process) -> None:
    assert choose_orientation(ball_man().form, process).lean == 0


def test_powder_is_never_turned_and_pays_for_no_supports() -> None:
    assert LEANS["full_colour"] == (0.0,)
    assert measure_lie(form_of(table(10.0)), 0.0, "full_colour").supports_cm3 == 0


def test_a_wall_with_a_roof_to_the_front_prints_better_on_its_back() -> None:
    wall = box((30, 5, 60), (-15, -5, 0))
    roof = box((30, 40, 5), (-15, -0.1, 55))
    form = form_of(trimesh.boolean.union([wall, roof]))
    chosen = choose_orientation(form, "fdm")
    assert chosen.lean == 90
    assert chosen.supports_cm3 == 0
    certificate = certify(form, "fdm", chosen.lean)
    assert (certificate.orientation, certificate.lean_degrees) == ("leaning", 90)
    overhang = next(gate for gate in certificate.gates if gate.name == "overhang")
    assert "leaning 90 degrees backwards" in overhang.note
    assert overhang.measured < 0.05


def test_upright_wins_unless_another_is_clearly_better() -> None:
    form = form_of(trimesh.creation.icosphere(3, 20.0).apply_translation((0, 0, 20)))
    assert choose_orientation(form, "sla").lean == 0
