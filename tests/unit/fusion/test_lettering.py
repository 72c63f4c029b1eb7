"""A name on the base: what can be written, where it stands, and that it prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import trimesh

from common.contracts.figurine import TemplateName
from common.errors import NameDoesNotFit
from common.lettering import FRONTS, LAYER, LAYERS, STROKE_MM, check_name, check_plate, measure
from fusion_service.domain.bodies import TEMPLATES, find_template
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.printable import Printable, _height
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Form, Mesh
from fusion_service.domain.shape import nameplate
from fusion_service.domain.shape.cutting import cut, refine, whole
from fusion_service.domain.shape.lettering import draw_name, fit, sample
from fusion_service.domain.shape.nameplate import plan_plate
from fusion_service.domain.shape.sdf import VOXEL
from fusion_service.domain.shape.union import Union
from fusion_service.domain.shape.wall import trace_wall
from fusion_service.domain.templates.wardrobe import PLINTH
from tests.unit.fusion.factories import make_attributes

TALL = 78.0  # of a figurine on its usual base


@lru_cache(maxsize=8)
def figurine(name: str | None, height_mm: float = 100.0, template: str = "default") -> Form:
    people = [make_attributes("short")] * TEMPLATES[template].people
    return sculpt(people, template, height_mm, name=name)


def letters(form: Form) -> Mesh:
    return next(part.mesh for part in form.parts if part.name == "name")


@pytest.mark.parametrize(
    "name", ["Anna", "Ελένη", "Екатерина", "Żółć", "Ólafur", "Ґанна", "d'Arc-2"]
)
def test_latin_greek_and_cyrillic_names_can_be_written(name: str) -> None:
    assert check_name(name) == name
    drawn = draw_name(name)
    assert drawn.measures.width > 0.5
    assert drawn.distance.min() < -0.03


def test_marks_are_composed_and_spaces_are_single() -> None:
    assert check_name(unicodedata.normalize("NFD", "  Zoë   Müller ")) == "Zoë Müller"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "at least one letter"),
        ("   ", "at least one letter"),
        ("Tom\u0007", "control"),
        ("An\u200bna", "control"),
        ("Tom\U0001f600", "GRINNING FACE"),
        ("李", "U+674E"),
        ("x\u20dd", "COMBINING ENCLOSING CIRCLE"),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_name(name: str, said: str) -> None:
    with pytest.raises(NameDoesNotFit, match=said.replace("+", r"\+")):
        check_name(name)


def test_distances_are_true_beside_a_straight_stroke() -> None:
    drawn = draw_name("I")
    width = drawn.measures.width
    across = np.linspace(0, width / 2 + 0.1, 8, dtype=np.float32)
    found = sample(drawn, across, np.zeros(8, np.float32))
    assert np.allclose(found, across - width / 2, atol=0.02)


def test_thin_strokes_are_noticed() -> None:
    assert measure("I").thinnest == pytest.approx(0.18, abs=0.03)
    assert measure("e").thinnest < 0.11


def test_letters_get_bolder_only_as_far_as_the_process_needs() -> None:
    drawn = measure("Anna")
    large = fit(drawn, (100.0, 20.0), stroke=0.1, wanted=6.0)
    small = fit(drawn, (100.0, 20.0), stroke=0.7, wanted=6.0)
    assert large is not None
    assert small is not None
    assert large.bolder == 0
    assert drawn.thinnest * small.em + 2 * small.bolder == pytest.approx(0.7, abs=1e-3)
    assert fit(drawn, (5.0, 20.0), stroke=0.7, wanted=6.0) is None


@pytest.mark.parametrize("template", FRONTS)
def test_the_front_door_knows_the_base_and_the_lowest_figurine(
    template: TemplateName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take in what does not fit under tall hair, and refuses nothing that fits."""
    seen: list[float] = []
    monkeypatch.setattr("fusion_service.domain.sculpt.make_printable", _only_height(seen))
    outfit = find_template(template)
    with pytest.raises(_EnoughError):
        sculpt([make_attributes("bald", aspect=0.9)] * outfit.people, template)
    wall, front = trace_wall(outfit.base), FRONTS[template]
    assert wall.reach <= front.reach == pytest.approx(wall.reach, abs=0.01)
    assert front.wall == wall.height
    assert front.figure <= seen[0] == pytest.approx(front.figure, abs=0.5)
    assert LAYER == VOXEL


class _EnoughError(Exception):
    """The rest of the figurine is not needed."""


def _only_height(seen: list[float]) -> Callable[..., Printable]:
    def measured(union: Union, *_: object, **__: object) -> Printable:
        seen.append(_height(union))
        raise _EnoughError

    return measured


@pytest.mark.parametrize("height_mm", [40.0, 55.0, 100.0, 200.0])
@pytest.mark.parametrize("process", ["fdm", "sla", "full_colour"])
@pytest.mark.parametrize("template", ["default", "couple"])
@pytest.mark.parametrize("hair", [0.0, 5.0, 9.2])
def test_what_is_taken_in_fits_under_any_hair(
    template: str, process: Any, height_mm: float, hair: float
) -> None:
    base, front = find_template(template).base, FRONTS[TemplateName(template)]
    names = ["O" * n for n in range(1, 41)]
    asked = (TemplateName(template), height_mm, process)
    longest = [name for name in names if _fits(check_plate, name, *asked)][-1]
    assert _fits(plan_plate, longest, base, front.figure + hair, height_mm, process)


@pytest.mark.parametrize(
    ("name", "height_mm"),
    [
        ("Ágnes", 40.0),
        ("Nguyễn", 40.0),
        ("Ölçer", 42.0),
        ("Åsa", 42.0),
        ("Åsa", 45.0),
        ("Ång", 50.0),
    ],
)
@pytest.mark.parametrize("hair", [2.0, 5.0, 9.2])
def test_a_tall_name_that_is_taken_in_fits_under_any_hair(
    name: str, height_mm: float, hair: float
) -> None:
    check_plate(name, TemplateName.DEFAULT, height_mm, "fdm")
    bald = FRONTS[TemplateName.DEFAULT].figure
    plate = plan_plate(name, PLINTH, bald + hair, height_mm, "fdm")
    assert plate.layers in nameplate.HIGHER


@pytest.mark.parametrize("height_mm", [40.0, 55.0, 100.0, 200.0])
@pytest.mark.parametrize("process", ["fdm", "sla", "full_colour"])
@pytest.mark.parametrize("template", ["default", "chef", "couple"])
def test_what_fits_in_front_is_taken_in_and_nothing_else(
    template: str, process: Any, height_mm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nameplate, "FURTHER", 1.0)
    monkeypatch.setattr(nameplate, "HIGHER", LAYERS)
    base, front = find_template(template).base, FRONTS[TemplateName(template)]
    names = ("i", "Ångström", "Maximiliane", "Екатерина Ивановна", 3 * "Wolfgang ")
    for name in (*names, *("O" * n for n in range(2, 41, 6))):
        told = _fits(check_plate, name, TemplateName(template), height_mm, process)
        assert told == _fits(plan_plate, name, base, front.figure, height_mm, process), name


def _fits(check: Callable[..., object], *asked: object) -> bool:
    try:
        check(*asked)
    except NameDoesNotFit:
        return False
    return True


def test_a_long_name_is_refused_with_the_limit() -> None:
    with pytest.raises(NameDoesNotFit, match=r"At 40 mm the base holds about [3-9] letters"):
        plan_plate("Maximiliane", PLINTH, TALL, 40.0, "fdm")
    assert plan_plate("Maximiliane", PLINTH, TALL, 100.0, "fdm").size.em > 3


@pytest.mark.parametrize("height_mm", [40.0, 100.0, 200.0])
@pytest.mark.parametrize("process", ["fdm", "sla", "full_colour"])
def test_strokes_are_thick_enough_at_every_height(height_mm: float, process: str) -> None:
    plate = plan_plate("Olga", PLINTH, TALL, height_mm, process)  # type: ignore[arg-type]
    scale = height_mm / (TALL + 0.6 * plate.layers)
    stroke = (plate.lettering.measures.thinnest * plate.size.em + 2 * plate.size.bolder) * scale
    assert stroke >= STROKE_MM[process] - 1e-3  # type: ignore[index]
    top = plate.middle + plate.size.em * plate.lettering.measures.height / 2
    assert top < PLINTH.top + 0.6 * plate.layers - PLINTH.rounding
    assert 2 * plate.middle - top > PLINTH.chamfer


def test_the_wall_of_a_round_base_is_a_circle() -> None:
    wall = trace_wall(PLINTH)
    points = wall.at(np.float32([-10, 0, 10]), np.float32([0, 0, 1]))
    assert np.hypot(points[:, 0], points[:, 1] + 1.5) == pytest.approx([20, 20, 21], abs=0.01)
    assert points[0, 0] > 9  # the beginning is on the left of who looks at the front
    along, away = wall.locate(points)
    assert along == pytest.approx([-10, 0, 10], abs=0.02)
    assert away == pytest.approx([0, 0, 1], abs=0.02)


def test_a_cut_follows_the_line_and_leaves_no_gap_and_no_sliver() -> None:
    axis = np.linspace(-2, 2, 9, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    i = np.array([9 * row + column for row in range(8) for column in range(8)])
    faces = np.concatenate([np.stack([i, i + 1, i + 10], 1), np.stack([i, i + 10, i + 9], 1)])

    def circle(where: np.ndarray) -> np.ndarray:
        return (np.hypot(where[:, 0], where[:, 1]) - 1.1).astype(np.float32)

    patch = whole(points, faces.astype(np.int32))
    patch = refine(patch, lambda where: np.full(len(where), 0.3, np.float32))
    patch = cut(patch, circle)
    sides = patch.points[patch.faces]
    a, b = sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0]
    areas = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    assert areas.sum() == pytest.approx(16, rel=1e-4)
    assert areas.min() > 1e-4
    value = circle(patch.points)[patch.faces]
    assert not ((value > 0.01).any(axis=1) & (value < -0.01).any(axis=1)).any()
    inside = areas[value.mean(axis=1) < 0].sum()
    assert inside == pytest.approx(np.pi * 1.21, rel=0.02)


@pytest.mark.parametrize(
    ("name", "height_mm", "template"),
    [("Ольга", 40.0, "default"), ("Maximilian", 100.0, "superhero"), ("Ζωή & Jo", 200.0, "couple")],
)
def test_a_named_figurine_is_one_closed_body_that_passes_its_gates(
    name: str, height_mm: float, template: str
) -> None:
    form = figurine(name, height_mm, template)
    mesh = trimesh.Trimesh(form.solid.vertices, form.solid.faces, process=False)
    assert mesh.is_volume
    assert mesh.body_count == 1
    assert mesh.area_faces.min() > 1e-6
    certificate = certify(form)
    assert [gate.name for gate in certificate.gates if gate.required and not gate.passed] == []
    assert form.facts["name"] == name


@pytest.mark.parametrize(
    ("name", "template"), [("EileenCo", "default"), ("Ágnes", "default"), (14 * "O", "couple")]
)
@pytest.mark.parametrize("process", ["fdm", "sla"])
def test_a_name_of_the_last_letter_that_fits_prints_under_tall_hair_too(
    name: str, template: str, process: Any
) -> None:
    check_plate(name, TemplateName(template), 40.0, process)
    people = [make_attributes("curly", hair_tied="bun")] * TEMPLATES[template].people
    form = sculpt(people, template, 40.0, name=name, process=process)
    mesh = trimesh.Trimesh(form.solid.vertices, form.solid.faces, process=False)
    assert mesh.is_volume
    assert mesh.body_count == 1
    plain = sculpt(people, template, 40.0, process=process)
    assert _failed(form) <= _failed(plain)


def _failed(form: Form) -> set[str]:
    return {gate.name for gate in certify(form).gates if gate.required and not gate.passed}


def test_letters_stand_out_from_the_front_of_the_base_in_reading_order() -> None:
    form = figurine("TL")
    points = letters(form).vertices
    radius = np.hypot(points[:, 0], points[:, 1] + 1.5)
    assert radius.min() == pytest.approx(20, abs=0.05)
    assert 0.3 < radius.max() - 20 < 1.2
    assert points[:, 1].min() > 10  # the front is +y
    left, right = points[points[:, 0] > 0.3], points[points[:, 0] < -0.3]
    # the viewer's right is -x: there is the L, wide at its foot
    for letter, wide in ((left, False), (right, True)):
        height = letter[:, 2]
        foot = letter[height < height.min() + 0.8, 0]
        top = letter[height > height.max() - 0.8, 0]
        assert bool(np.ptp(foot) > 1.4 * np.ptp(top)) is wide
        assert bool(np.ptp(top) > 1.4 * np.ptp(foot)) is not wide


def test_the_name_is_the_last_part_and_owns_its_triangles() -> None:
    form = figurine("Anna")
    assert form.parts[-1].name == "name"
    named = form.solid.part_ids == len(form.parts) - 1
    assert named.sum() == len(letters(form).faces) > 500
    plain = figurine(None)
    assert "name" not in {part.name for part in plain.parts}


def test_everything_above_the_base_moves_up_by_whole_voxels_and_keeps_its_shape() -> None:
    named, plain = figurine("Anna"), figurine(None)
    lift = named.parts[-2].shift[2]
    assert lift / 0.6 == pytest.approx(round(lift / 0.6))
    assert lift >= 2.4
    for before, after in zip(plain.parts, named.parts, strict=False):
        raised = after.mesh.vertices - before.mesh.vertices
        assert after.shift[2] == pytest.approx(lift)
        assert np.allclose(raised[before.mesh.vertices[:, 2] > 2.5, 2], lift, atol=1e-4)
        assert np.allclose(raised[:, :2], 0)
    extra = np.ptp(named.solid.vertices[:, 2]) - np.ptp(plain.solid.vertices[:, 2])
    assert extra == pytest.approx(lift, abs=0.01)


def test_the_same_name_gives_the_same_bytes() -> None:
    first = sculpt([make_attributes("bald")], "default", name="Zoë")
    second = sculpt([make_attributes("bald")], "default", name="Zoë")
    assert first.solid.vertices.tobytes() == second.solid.vertices.tobytes()
    assert first.solid.faces.tobytes() == second.solid.faces.tobytes()
