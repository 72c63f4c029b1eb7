"""Walls that are not surely thick are looked at closely: 3 % too thin fails, sound passes."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from fusion_service.domain.certificate import gates
from fusion_service.domain.certificate.close_look import largest_ball
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.thickness import SURELY_ACROSS, VOXELS_ACROSS
from fusion_service.domain.process import WALL_MM
from fusion_service.domain.sculpt import sculpt
from tests.unit.fusion.factories import make_attributes
from tests.unit.fusion.sculptures import ball_man, with_form, with_solid

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_service.domain.certificate.verdict import Gate
    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import Form

NONE, ANY_WAY = np.zeros(3), np.array([0.5, 0.3, 0.9])


def wall_of(form: Form, process: Process) -> Gate:
    return next(gate for gate in certify(form, process).gates if gate.name == "wall")


def turned(mesh: trimesh.Trimesh, turn: np.ndarray) -> trimesh.Trimesh:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(turn).as_matrix()
    return mesh.apply_transform(matrix)


def plate(thickness: float) -> trimesh.Trimesh:
    """A block of 6 mm with a plate through it that sticks out on both sides."""
    block, sheet = trimesh.creation.box((6, 6, 6)), trimesh.creation.box((thickness, 9, 16))
    return trimesh.boolean.union([block, sheet])


def tube(thickness: float) -> trimesh.Trimesh:
    return trimesh.creation.annulus(r_min=4 - thickness, r_max=4, height=6, sections=128)


def box_with_a_drain(thickness: float) -> trimesh.Trimesh:
    outside, inside = (trimesh.creation.box((side,) * 3) for side in (9, 9 - 2 * thickness))
    drain = trimesh.creation.cylinder(1.8, 9).apply_translation((0, 0, -5))
    return trimesh.boolean.difference([outside, inside, drain])


def ball_on_a_wire(thickness: float) -> trimesh.Trimesh:
    wire = trimesh.creation.cylinder(thickness / 2, 18, sections=64)
    return trimesh.boolean.union([trimesh.creation.icosphere(3, 4.0), wire])


def dumbbell(neck: float) -> trimesh.Trimesh:
    """Two blocks, one above the other, that a square pillar joins."""
    blocks = [trimesh.creation.box((8, 8, 8)).apply_translation((0, 0, z)) for z in (-6, 6)]
    return trimesh.boolean.union([*blocks, trimesh.creation.box((neck, neck, 8))])


SOLIDS = (plate, tube, box_with_a_drain, ball_on_a_wire, dumbbell)


# --- figurines -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Anna", "Olga"])
def test_a_small_chef_with_a_name_is_sound(name: str) -> None:
    """Its letters lie askew to voxels of a third of a millimetre."""
    form = sculpt([make_attributes("short")], "chef", 40.0, name=name)
    wall = wall_of(form, "fdm")
    assert wall.passed
    assert wall.measured >= 1.0
    assert wall.uncertainty == 0.015
    assert certify(form, "fdm").passed


def test_a_large_hollow_couple_is_sound() -> None:
    """Its walls are two voxels of the first look, which are 1.993 mm."""
    people = [make_attributes("short")] * 2
    form = sculpt(people, "couple", 130.0, process="full_colour", hollow=True)
    wall = wall_of(form, "full_colour")
    assert wall.passed
    assert wall.measured == 2.0


def test_a_bald_graduate_is_sound_when_it_is_small() -> None:
    form = sculpt([make_attributes("bald")], "graduate", 40.0, process="full_colour")
    assert wall_of(form, "full_colour").passed


def test_thick_figurines_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> float:
        raise AssertionError("a thick figurine was looked at closely")

    monkeypatch.setattr(gates, "largest_ball", fail)
    assert certify(ball_man().form).passed
    for height_mm in (40.0, 100.0):
        assert wall_of(sculpt([make_attributes("short")], "default", height_mm), "fdm").passed


def test_the_chef_is_too_thin_when_it_is_printed_smaller_than_it_was_made() -> None:
    form = sculpt([make_attributes("short")], "chef", 40.0, name="Anna")
    small = with_form(with_solid(ball_man(), form.solid.vertices, form.solid.faces), height_mm=30.0)
    wall = wall_of(small.form, "fdm")
    assert not wall.passed
    assert "Balls fitted between the triangles" in wall.note


# --- walls of a known thickness ------------------------------------------------------------------


def standing(mesh: trimesh.Trimesh) -> Form:
    vertices, faces = np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.int32)
    vertices[:, 2] -= vertices[:, 2].min()
    figure = with_solid(ball_man(), vertices, faces)
    return with_form(figure, height_mm=float(vertices[:, 2].max())).form


@pytest.mark.parametrize("process", sorted(WALL_MM))
@pytest.mark.parametrize(("solid", "turn"), [*product(SOLIDS, (ANY_WAY,)), (plate, NONE)])
def test_three_hundredths_too_thin_fails_and_a_sound_wall_passes(
    solid: Callable[[float], trimesh.Trimesh], turn: np.ndarray, process: Process
) -> None:
    limit = WALL_MM[process]
    thin, sound = (
        wall_of(standing(turned(solid(share).apply_scale(limit), turn)), process)
        for share in (0.968, 1.01)
    )
    assert not thin.passed
    assert thin.measured == pytest.approx(0.9 * limit)  # in tenths
    assert sound.passed
    assert sound.measured >= limit


@pytest.mark.parametrize("thickness", [0.3, 0.7, 0.9])
@pytest.mark.parametrize("phase", np.arange(3) / 3 + 1 / 6)
def test_a_thin_plate_fails_wherever_the_voxels_begin(thickness: float, phase: float) -> None:
    """Three whole voxels of a third of a millimetre fit into 0.7, where they begin well."""
    block = trimesh.creation.box((6, 6, 6)).apply_translation((phase / 3, 0, 0))
    sheet = trimesh.creation.box((thickness, 9, 16))
    wall = wall_of(standing(trimesh.boolean.union([block, sheet])), "fdm")
    assert not wall.passed
    assert wall.measured == pytest.approx(np.floor(thickness * 10) / 10)


@pytest.mark.parametrize("thickness", [0.968, 1.03])
def test_a_neck_of_a_large_figurine_is_measured(thickness: float) -> None:
    """The voxels of its first look are larger than the wall."""
    blocks = [trimesh.creation.box((90, 90, 80)).apply_translation((0, 0, z)) for z in (40, 160)]
    neck = trimesh.creation.box((thickness, 30, 60)).apply_translation((0.2, 0.3, 100))
    wall = wall_of(standing(trimesh.boolean.union([*blocks, neck])), "fdm")
    assert wall.passed is (thickness > 1)


def test_a_solid_inside_out_holds_no_ball() -> None:
    box = trimesh.creation.box((5, 5, 5))
    assert largest_ball(np.asarray(box.vertices, np.float32), box.faces[:, ::-1], 1.0) == 0


def test_what_is_sure_is_the_thinnest_plate_that_holds_the_voxels() -> None:
    ways = np.random.default_rng(3).normal(size=(20_000, 3))
    ways = np.concatenate([np.eye(3), ways / np.linalg.norm(ways, axis=1)[:, None]])
    lattice = np.array(list(product(range(-5, 6), repeat=3)))
    for across, surely in zip(VOXELS_ACROSS, SURELY_ACROSS, strict=True):
        ball = lattice[(lattice**2).sum(axis=1) < np.ceil((across / 2 + 0.5) ** 2)]
        thinnest = 2 * (ways @ ball.T).max(axis=1).min()
        assert 0.98 * thinnest <= surely <= thinnest
