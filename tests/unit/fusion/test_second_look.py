"""Walls that seem too thin are looked at again: sound ones pass, thin ones fail as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh
from scipy.ndimage import label
from scipy.spatial.transform import Rotation

from fusion_service.domain.certificate import gates, second_look
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.second_look import VOXELS_A_WALL, holds_ball
from fusion_service.domain.certificate.thickness import open_with_ball
from fusion_service.domain.process import WALL_MM
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.shape.distances import squared_distance
from tests.unit.fusion.factories import make_attributes
from tests.unit.fusion.sculptures import ball_man, with_form, with_solid

if TYPE_CHECKING:
    from fusion_service.domain.certificate.verdict import Gate
    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import Form

NONE, SOME_WAY, ANY_WAY = np.zeros(3), np.array([0.0, 0.0, 0.35]), np.array([0.5, 0.3, 0.9])


def wall_of(form: Form, process: Process) -> Gate:
    return next(gate for gate in certify(form, process).gates if gate.name == "wall")


def plate(thickness: float, turn: np.ndarray = NONE, off: float = 0.0) -> trimesh.Trimesh:
    """A block of 6 mm with a plate through it that sticks out on both sides."""
    block = trimesh.creation.box((6, 6, 6)).apply_translation((off, off, off))
    whole = trimesh.boolean.union([block, trimesh.creation.box((thickness, 9, 16))])
    turned = np.eye(4)
    turned[:3, :3] = Rotation.from_rotvec(turn).as_matrix()
    return whole.apply_transform(turned)


def dumbbell(neck: float) -> trimesh.Trimesh:
    """Two blocks, one above the other, that a square pillar joins."""
    blocks = [trimesh.creation.box((8, 8, 8)).apply_translation((0, 0, z)) for z in (-6, 6)]
    return trimesh.boolean.union([*blocks, trimesh.creation.box((neck, neck, 8))])


def held(mesh: trimesh.Trimesh, wall: float = 1.0) -> bool | None:
    return holds_ball(np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces), wall)


# --- figurines -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Anna", "Olga"])
def test_a_small_chef_with_a_name_is_sound(name: str) -> None:
    """Its letters lie askew to voxels of a third of a millimetre."""
    form = sculpt([make_attributes("short")], "chef", 40.0, name=name)
    wall = wall_of(form, "fdm")
    assert wall.passed
    assert wall.measured >= 1.0
    assert wall.uncertainty == pytest.approx(1 / VOXELS_A_WALL, abs=1e-4)
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


def test_healthy_figurines_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise AssertionError("a healthy figurine was looked at again")

    monkeypatch.setattr(gates, "holds_ball", fail)
    assert certify(ball_man().form).passed
    for height_mm in (40.0, 100.0):
        assert wall_of(sculpt([make_attributes("short")], "default", height_mm), "fdm").passed


def test_the_chef_is_too_thin_when_it_is_printed_smaller_than_it_was_made() -> None:
    form = sculpt([make_attributes("short")], "chef", 40.0, name="Anna")
    small = with_form(with_solid(ball_man(), form.solid.vertices, form.solid.faces), height_mm=30.0)
    wall = wall_of(small.form, "fdm")
    assert not wall.passed
    assert "voxels of 0.14 mm: too thin for a ball of 1 mm" in wall.note


# --- walls of a known thickness ------------------------------------------------------------------


def standing(mesh: trimesh.Trimesh) -> Form:
    vertices, faces = np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.int32)
    vertices[:, 2] -= vertices[:, 2].min()
    figure = with_solid(ball_man(), vertices, faces)
    return with_form(figure, height_mm=float(vertices[:, 2].max())).form


@pytest.mark.parametrize("process", sorted(WALL_MM))
@pytest.mark.parametrize("turn", [NONE, SOME_WAY, ANY_WAY])
def test_a_wall_that_lacks_a_seventh_never_passes_the_second_look(
    process: Process, turn: np.ndarray
) -> None:
    limit = WALL_MM[process]
    assert held(plate(0.85 * limit, turn), limit) is False


@pytest.mark.parametrize("process", sorted(WALL_MM))
@pytest.mark.parametrize("turn", [SOME_WAY, ANY_WAY])
def test_a_certificate_does_not_pass_it_either(process: Process, turn: np.ndarray) -> None:
    wall = wall_of(standing(plate(0.85 * WALL_MM[process], turn)), process)
    assert not wall.passed
    assert "too thin for a ball" in wall.note


@pytest.mark.parametrize("phase", np.arange(8) / 8)
def test_it_fails_wherever_the_voxels_begin(phase: float) -> None:
    """A plate of 0.85 mm is nearly six voxels thick, never seven."""
    pitch = 1 / VOXELS_A_WALL
    assert held(plate(0.85, off=phase * pitch)) is False
    assert held(plate(1 + pitch, off=phase * pitch)) is True


@pytest.mark.parametrize("turn", [NONE, SOME_WAY, ANY_WAY])
def test_a_wall_that_has_a_seventh_more_passes(turn: np.ndarray) -> None:
    assert held(plate(1.15, turn)) is True


@pytest.mark.parametrize(("neck", "sound"), [(0.85, False), (1.6, True)])
def test_what_hangs_on_a_thin_neck_falls_off(neck: float, sound: bool) -> None:
    """Of the volume the neck is next to nothing."""
    assert held(dumbbell(neck)) is sound


def test_what_is_too_large_for_fine_voxels_keeps_the_first_verdict() -> None:
    blocks = [trimesh.creation.box((70, 70, 40)).apply_translation((0, 0, z)) for z in (20, 80)]
    neck = trimesh.creation.box((0.4, 0.4, 30)).apply_translation((0.2, 0.3, 50))
    wall = wall_of(standing(trimesh.boolean.union([*blocks, neck])), "fdm")
    assert not wall.passed
    assert wall.note.endswith("Too large to be looked at again with finer ones.")


# --- the parts, against simple oracles -----------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_pieces_are_counted_across_slabs(seed: int) -> None:
    cells = np.random.default_rng(seed).random((40, 12, 9)) < 0.33
    pieces = second_look._Pieces()
    for first in range(0, 40, 7):
        pieces.add(cells[first : first + 7])
    found, _ = label(cells)
    assert pieces.largest() == np.bincount(found[cells]).max()


def test_opening_slab_by_slab_is_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    filled = np.zeros((70, 40, 30), bool)
    for x, y, z in rng.integers((8, 8, 8), (62, 32, 22), (60, 3)):
        size = int(rng.integers(1, 7))
        filled[x - size : x + size, y - size : y + size, z - size : z + size] = True
    radius = VOXELS_A_WALL / 2
    apart = np.pad(filled, ((20, 20), (20, 20), (20, 20)))
    whole = open_with_ball(apart, squared_distance(apart, 6), radius)[20:-20, 20:-20, 20:-20]
    monkeypatch.setattr(second_look, "SLAB", 9)
    slabs = list(second_look._opened(filled, radius))
    np.testing.assert_array_equal(np.concatenate([before for before, _ in slabs]), filled)
    np.testing.assert_array_equal(np.concatenate([left for _, left in slabs]), whole)
    assert 0 < whole.sum() < filled.sum()
