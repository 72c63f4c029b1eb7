"""Every gate must fail on a figurine that is broken in its way, and agree with slow oracles."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import trimesh
from scipy.ndimage import distance_transform_edt

from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.thickness import thinnest_feature
from fusion_service.domain.certificate.topology import count_bodies, count_edges, volume_and_centre
from fusion_service.domain.files.placement import print_vertices
from fusion_service.domain.process import WALL_MM
from fusion_service.domain.sculpture import Form, Sculpture
from fusion_service.domain.shape.distances import distance_in_plane, squared_distance
from fusion_service.domain.shape.voxels import voxelise
from tests.unit.fusion.sculptures import ball_field, ball_man, with_extra, with_form, with_solid

if TYPE_CHECKING:
    from fusion_service.domain.certificate.verdict import Gate


def gate(sculpture: Sculpture, name: str, process: str = "fdm") -> Gate:
    gates = certify(sculpture.form, process).gates  # type: ignore[arg-type]
    return next(gate for gate in gates if gate.name == name)


def slab(thickness: float, size: float = 30.0) -> Sculpture:
    """A block of 20 mm on the bed with a plate standing on it, turned off the lattice."""
    block = trimesh.creation.box((20, 20, 20))
    plate = trimesh.creation.box((thickness, 16, size)).apply_translation((0, 0, size / 2))
    turn = trimesh.transformations.rotation_matrix(0.35, (0, 0, 1))
    union = trimesh.boolean.union([block, plate.apply_transform(turn)])
    union.apply_translation((0, 0, 10))
    height = float(np.ptp(union.vertices[:, 2]))
    sculpture = with_solid(ball_man(), union.vertices, union.faces)
    return with_form(sculpture, height_mm=height, base_area=np.pi * 11.0**2)


def test_a_sound_figurine_passes_every_gate_and_no_advice_is_given() -> None:
    certificate = certify(ball_man().form)
    assert [g.name for g in certificate.gates if not g.passed] == []
    assert {g.fix for g in certificate.gates} == {""}
    assert certificate.passed
    assert certificate.size_mm[2] == pytest.approx(80, abs=0.01)
    assert certificate.process == "fdm"


@pytest.mark.parametrize("height", [40.0, 150.0, 200.0])
def test_the_certificate_is_about_the_printed_size(height: float) -> None:
    small, usual = certify(ball_man(height).form), certify(ball_man(80.0).form)
    assert small.volume_cm3 == pytest.approx(usual.volume_cm3 * (height / 80) ** 3, rel=1e-3)
    assert small.size_mm[0] == pytest.approx(usual.size_mm[0] * height / 80, rel=1e-3)


def test_certificates_travel_as_json() -> None:
    certificate = certify(ball_man().form)
    assert type(certificate).model_validate_json(certificate.model_dump_json()) == certificate


def test_the_certificate_agrees_with_trimesh() -> None:
    sculpture = ball_man()
    oracle = trimesh.Trimesh(print_vertices(sculpture.form), sculpture.solid.faces, process=False)
    certificate = certify(sculpture.form)
    assert oracle.is_watertight
    assert oracle.is_winding_consistent
    assert oracle.body_count == 1
    assert certificate.volume_cm3 == pytest.approx(oracle.volume / 1000, rel=1e-4)
    normals, areas = oracle.face_normals, oracle.area_faces
    flat = oracle.triangles[:, :, 2].max(axis=1) < 1e-3
    disc = math.pi * (20 * sculpture.scale) ** 2
    assert gate(sculpture, "flat_base").measured == pytest.approx(areas[flat].sum() / disc, 1e-3)
    steep = (normals[:, 2] < -math.cos(math.radians(45))) & ~flat
    share = areas[steep].sum() / areas.sum()
    assert gate(sculpture, "overhang").measured == pytest.approx(share, abs=1e-3)
    _, centre = volume_and_centre(print_vertices(sculpture.form), sculpture.solid.faces)
    np.testing.assert_allclose(centre, oracle.center_mass, atol=1e-3)


def test_every_limit_is_the_one_that_was_promised() -> None:
    form = ball_man().form
    limits = {gate.name: gate.limit for gate in certify(form).gates}
    _, centre = volume_and_centre(print_vertices(form), form.solid.faces)
    assert limits.pop("balance") == pytest.approx(math.tan(math.radians(5)) * centre[2], abs=1e-3)
    assert limits == {
        "watertight": 0, "open_edges": 0, "non_manifold_edges": 0, "winding": 0, "one_body": 1,
        "volume": 0.1, "flat_base": 0.75, "on_the_bed": 0.01, "height": 0.01,
        "wall": WALL_MM["fdm"], "triangles": 149_999, "overhang": 0.25,
    }  # fmt: skip


def test_two_people_may_have_twice_the_triangles() -> None:
    sound = ball_man()
    parts = tuple(replace(part, person=i % 2) for i, part in enumerate(sound.form.parts))
    assert gate(with_form(sound, parts=parts), "triangles").limit == 299_999


# --- one way of being broken a test ------------------------------------------------------------


def test_a_hole_is_not_watertight() -> None:
    sound = ball_man()
    holed = with_solid(sound, sound.solid.vertices, sound.solid.faces[1:])
    assert gate(holed, "watertight").measured == 3
    assert gate(holed, "open_edges").measured == 3
    assert not gate(holed, "open_edges").passed
    assert not certify(holed.form).passed
    assert "holes" in gate(holed, "open_edges").fix


def test_an_edge_of_four_triangles_is_not_manifold() -> None:
    sound = ball_man()
    vertices = np.vstack([sound.solid.vertices, [[0, 0, 90]]])
    a, b, _ = sound.solid.faces[0]
    tip = len(vertices) - 1
    fin = np.array([[a, b, tip], [b, a, tip]])
    crowded = with_solid(sound, vertices, np.vstack([sound.solid.faces, fin]))
    assert gate(crowded, "non_manifold_edges").measured == 1
    assert not gate(crowded, "watertight").passed


def test_one_turned_triangle_breaks_the_winding() -> None:
    sound = ball_man()
    faces = sound.solid.faces.copy()
    faces[5] = faces[5][::-1]
    turned = with_solid(sound, sound.solid.vertices, faces)
    assert gate(turned, "winding").measured == 3
    assert not certify(turned.form).passed


def test_a_figurine_turned_inside_out_has_no_positive_volume() -> None:
    sound = ball_man()
    inside_out = with_solid(sound, sound.solid.vertices, sound.solid.faces[:, ::-1])
    assert gate(inside_out, "winding").passed
    assert not gate(inside_out, "volume").passed
    assert gate(inside_out, "volume").measured < 0


def test_a_loose_ball_is_a_second_body() -> None:
    loose = with_extra(ball_man(), ball_field((16, 0, 20), 4))
    assert gate(loose, "one_body").measured == 2
    assert not gate(loose, "one_body").passed
    assert gate(loose, "watertight").passed


def test_a_floating_sculpture_is_not_on_the_bed() -> None:
    sound = ball_man()
    lifted = with_solid(sound, sound.solid.vertices + np.float32([0, 0, 3]), sound.solid.faces)
    assert not gate(lifted, "on_the_bed").passed
    assert gate(lifted, "on_the_bed").measured == pytest.approx(3 * lifted.scale, abs=0.01)
    assert gate(sound, "on_the_bed").passed


def test_a_round_underside_does_not_lie_flat() -> None:
    round_base = with_extra(ball_man(), ball_field((0, 0, 4), 5))
    assert not gate(round_base, "flat_base").passed
    assert certify(round_base.form).passed is False


def test_a_wrong_scale_misses_the_height() -> None:
    @dataclass(frozen=True)
    class Shrunk(Form):
        @property
        def scale(self) -> float:
            return super().scale * 0.999

    sound = ball_man()
    shrunk = Shrunk(**{name: getattr(sound.form, name) for name in Form.__dataclass_fields__})
    figure = Sculpture(shrunk, sound.coats)
    assert not gate(figure, "height").passed
    assert gate(figure, "height").measured == pytest.approx(0.08, abs=0.01)


@pytest.mark.parametrize("process", sorted(WALL_MM))
def test_a_plate_thinner_than_the_process_needs_is_found(process: str) -> None:
    limit = WALL_MM[process]  # type: ignore[index]
    assert not gate(slab(limit * 0.6), "wall", process).passed
    sturdy = gate(slab(limit * 1.9), "wall", process)
    assert sturdy.passed
    assert sturdy.uncertainty > 0


def test_the_same_figurine_is_too_thin_when_it_is_printed_small() -> None:
    usual = slab(1.9)
    assert gate(usual, "wall").passed
    assert not gate(with_form(usual, height_mm=usual.height_mm / 3), "wall").passed


def test_a_big_head_in_front_of_the_base_falls_over() -> None:
    arm = [ball_field((0, 3.0 * i, 52), 7) for i in range(7)]
    heavy = with_extra(ball_man(), *arm, ball_field((0, 15, 60), 18))
    narrow = with_form(heavy, base_area=np.pi * 20.0**2)
    assert gate(narrow, "balance").passed  # the disc of 20 mm still holds it
    vertices = narrow.solid.vertices.copy()
    low = vertices[:, 2] < 22
    vertices[low, :2] *= 0.1
    tipping = with_solid(narrow, vertices, narrow.solid.faces)
    assert not gate(tipping, "balance").passed
    assert gate(tipping, "balance").measured < 0


def test_too_many_triangles_are_counted() -> None:
    sound = ball_man()
    copies = 150_000 // len(sound.solid.faces) + 1
    heavy = with_solid(sound, sound.solid.vertices, np.tile(sound.solid.faces, (copies, 1)))
    assert not gate(heavy, "triangles").passed
    assert gate(heavy, "triangles").measured == len(heavy.solid.faces)


def test_overhang_informs_but_does_not_decide() -> None:
    sound = ball_man()
    vertices = sound.solid.vertices * np.float32([1, 1, -1]) + np.float32([0, 0, 80])
    upside_down = with_solid(sound, vertices * [1, 1, 0.05], sound.solid.faces[:, ::-1])
    overhang = gate(upside_down, "overhang")
    assert not overhang.passed
    assert overhang.required is False


# --- the parts, against slow and simple oracles --------------------------------------------------


def test_edge_and_body_counts_of_known_shapes() -> None:
    box = trimesh.creation.box()
    edges = count_edges(np.asarray(box.faces, np.int32))
    assert (edges.open, edges.crowded, edges.reversed) == (0, 0, 0)
    two = trimesh.util.concatenate([box, box.copy().apply_translation((3, 0, 0))])
    assert count_bodies(np.asarray(two.faces, np.int32), len(two.vertices)) == 2
    assert count_bodies(np.asarray(box.faces, np.int32), len(box.vertices) + 5) == 1


def test_voxels_of_a_ball_are_where_the_ball_is() -> None:
    ball = trimesh.creation.icosphere(subdivisions=5, radius=10.0)
    vertices = np.add(ball.vertices, [0.13, -0.21, 3.7]).astype(np.float32)
    voxels = voxelise(vertices, np.asarray(ball.faces), 0.7, margin=2)
    cells = np.indices(voxels.filled.shape).reshape(3, -1).T
    radius = np.linalg.norm(voxels.origin + cells * voxels.pitch - [0.13, -0.21, 3.7], axis=1)
    sure = np.abs(radius - 10) > 0.02
    np.testing.assert_array_equal(voxels.filled.ravel()[sure], radius[sure] < 10)


def test_overlapping_bodies_stay_filled() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3, radius=5.0)
    both = trimesh.util.concatenate([ball, ball.copy().apply_translation((4, 0, 0))])
    united = trimesh.boolean.union([ball, ball.copy().apply_translation((4, 0, 0))])
    voxels = voxelise(np.asarray(both.vertices, np.float32), np.asarray(both.faces), 0.5, margin=1)
    assert voxels.filled.sum() * 0.125 == pytest.approx(united.volume, rel=0.01)


def test_the_distance_transform_equals_the_one_of_scipy() -> None:
    filled = np.zeros((20, 30, 25), bool)
    filled[2:-2, 1:-8, 2:-2] = np.random.default_rng(5).random((16, 21, 21)) < 0.97
    expected = np.minimum(np.rint(distance_transform_edt(filled) ** 2), 36)
    np.testing.assert_array_equal(squared_distance(filled, 6), expected)


def test_distances_in_a_plane_are_exact_wherever_the_picture_lies_in_memory() -> None:
    picture = (np.random.default_rng(5).random((64, 90)) > 0.02).astype(np.uint8)
    exact = distance_transform_edt(picture).astype(np.float32)
    threads, kept = cv2.getNumThreads(), []
    cv2.setNumThreads(1)  # as in a worker
    try:
        for size in range(1, 6_400, 100):  # makes the next picture begin elsewhere
            kept.append(np.empty(size, np.uint8))
            np.testing.assert_array_equal(distance_in_plane(picture), exact)
    finally:
        cv2.setNumThreads(threads)


@pytest.mark.parametrize("thickness", [1.0, 1.5, 2.5, 4.0])
def test_the_measured_thickness_of_a_plate_is_right_within_a_voxel(thickness: float) -> None:
    solid = slab(thickness).solid
    found = thinnest_feature(solid.vertices, solid.faces, 1.0)
    expected = min(thickness, 8 * found.error)
    assert found.thinnest == pytest.approx(expected, abs=found.error * 1.5)


def test_a_ball_has_no_thin_part() -> None:
    ball = trimesh.creation.icosphere(subdivisions=4, radius=20.0)
    found = thinnest_feature(np.asarray(ball.vertices, np.float32), np.asarray(ball.faces), 1.0)
    assert found.at_least
