"""The templates: small declarative files that a newcomer can change."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from common.contracts.figurine import PAIRS, TemplateName
from common.errors import BadParameter
from fusion_service.domain import templates
from fusion_service.domain.bodies import BODIES_KEPT, TEMPLATES, body, dress, find_template
from fusion_service.domain.certificate.topology import count_bodies, count_edges
from fusion_service.domain.frame import TEXTURE_MM
from fusion_service.domain.head.hat import under_hat
from fusion_service.domain.palette import choose_palette, lab_to_srgb
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.shape.lathe import lathe
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import Ellipsoid, Slab
from fusion_service.domain.shape.union import Block, unite
from fusion_service.domain.templates.mannequin import BRIM_TILT
from fusion_service.domain.templates.wardrobe import PLINTH
from tests.unit.fusion.factories import HairKind, make_attributes

ALL = pytest.mark.parametrize("name", sorted(TEMPLATES))
HATS = pytest.mark.parametrize(
    "name", sorted(name for name, template in TEMPLATES.items() if template.hair_room)
)


def colours(name: str, **changes: Any) -> dict[str, tuple[int, int, int]]:
    palette = choose_palette(make_attributes(**changes))
    return dict(dress(TEMPLATES[name], [palette, palette]))


def test_the_registry_knows_every_template_that_can_be_asked_for() -> None:
    assert set(TEMPLATES) == set(TemplateName)
    assert {name for name, template in TEMPLATES.items() if template.people == 2} == PAIRS


def test_an_unknown_template_is_a_bad_parameter_that_lists_the_known_ones() -> None:
    with pytest.raises(BadParameter) as caught:
        find_template("pirate")
    assert "pirate" in caught.value.detail
    assert all(name in caught.value.detail for name in TEMPLATES)


@ALL
def test_a_template_is_one_short_file_of_its_name(name: str) -> None:
    module = importlib.import_module(f"{templates.__name__}.{name}")
    assert module.TEMPLATE is TEMPLATES[name]
    assert len(inspect.getsource(module).splitlines()) <= 150
    assert TEMPLATES[name].description.endswith(".")


@ALL
def test_pieces_have_distinct_names_and_start_with_the_base(name: str) -> None:
    names = [piece.name for piece in TEMPLATES[name].pieces]
    assert names[0] == "base"
    assert len(names) == len(set(names))
    assert not {"head", "hair"} & set(names)


@ALL
def test_the_meshes_of_pieces_face_outward_and_open_only_inside_the_body(name: str) -> None:
    whole = body(name).union
    for piece, mesh in zip(TEMPLATES[name].pieces, body(name).meshes, strict=True):
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        lengths = np.linalg.norm(mesh.normals, axis=1)
        assert np.allclose(lengths, 1, atol=1e-3), piece.name
        facing = np.einsum("ij,ij->i", mesh.normals[mesh.faces].mean(axis=1), solid.face_normals)
        assert np.mean(facing > 0.5) > 0.97, piece.name
        if piece.name != "base":
            once = trimesh.grouping.group_rows(solid.edges_sorted, require_count=1)
            rim = mesh.vertices[solid.edges_sorted[once]].reshape(-1, 3)
            nodes = np.rint(rim / whole.grid.voxel).astype(int) - whole.grid.start
            assert (whole.field[tuple(nodes.T)] < -0.6).all(), piece.name


@ALL
def test_every_piece_shows(name: str) -> None:
    seen = set(np.unique(body(name).union.owner[np.abs(body(name).union.field) < 0.6]))
    assert seen == set(range(len(TEMPLATES[name].pieces)))


@ALL
def test_the_body_does_not_depend_on_the_person_and_is_kept(name: str) -> None:
    assert body(name) is body(name)
    assert not body(name).union.field.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        body(name).meshes[1].vertices[0] = 0


def test_a_process_keeps_only_the_last_few_bodies() -> None:
    for name in TEMPLATES:
        body(name)
    assert body.cache_info().currsize == BODIES_KEPT < len(TEMPLATES)


@pytest.mark.parametrize(
    ("hair", "height"),
    [("short", 100.0), ("long", 100.0), ("curly", 100.0), ("bald", 100.0), ("long", 40.0)],
)
@ALL
def test_a_figurine_is_one_closed_body_on_a_flat_base_and_every_piece_of_it_shows(
    name: str, hair: HairKind, height: float
) -> None:
    form = sculpt([make_attributes(hair)] * TEMPLATES[name].people, name, height)
    vertices, faces = form.solid.vertices, form.solid.faces
    edges = count_edges(faces)
    assert (edges.open, edges.crowded, edges.reversed) == (0, 0, 0)
    assert count_bodies(faces, len(vertices)) == 1
    a, b, c = vertices[faces].astype(float).swapaxes(0, 1)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    flat = areas[(vertices[faces][:, :, 2] == 0).all(axis=1)].sum()
    assert 0.75 * form.base_area < flat <= form.base_area
    shown = np.bincount(form.solid.part_ids, areas, len(form.parts))
    assert {form.parts[i].name for i in np.flatnonzero(shown < 1.0)} == set()  # square mm


def test_the_shirt_of_the_photo_is_worn_and_the_shoes_stay() -> None:
    red, green = colours("default", shirt=(50, 55, 35)), colours("default", shirt=(60, -45, 40))
    assert red["shirt"][0] > 1.5 * red["shirt"][1]
    assert green["shirt"][1] > 1.2 * green["shirt"][0]
    assert red["shoes"] == green["shoes"]


def test_arms_have_the_skin_of_the_palette() -> None:
    palette = choose_palette(make_attributes(skin=(45, 16, 20)))
    assert colours("default", skin=(45, 16, 20))["arms"] == lab_to_srgb(palette.skin)


def test_trousers_stand_out_from_a_dark_blue_shirt() -> None:
    assert colours("default", shirt=(25, 2, -25))["trousers"] != colours("default")["trousers"]


@pytest.mark.parametrize("hue", range(0, 360, 15))
def test_suit_and_cape_are_far_apart_and_never_blue_with_red(hue: int) -> None:
    a, b = 45 * np.cos(np.radians(hue)), 45 * np.sin(np.radians(hue))
    worn = colours("superhero", shirt=(50, a, b))
    suit, cape = (np.array(worn[part], float) for part in ("suit", "cape"))
    assert np.linalg.norm(suit - cape) > 100
    blue_suit = suit[2] > 1.6 * suit[0] and suit[2] > 1.2 * suit[1]
    red_cape = cape[0] > 2.5 * cape[1]
    assert not (blue_suit and red_cape)


def test_a_grey_shirt_gives_a_violet_suit() -> None:
    red, green, blue = colours("superhero", shirt=(40, 1, -2))["suit"]
    assert blue > red > green


def test_a_stripe_in_the_shirts_colour_changes_where_it_would_not_show() -> None:
    red, white = colours("astronaut", shirt=(50, 55, 35)), colours("astronaut", shirt=(96, 0, 0))
    assert red["stripes"][0] > 1.5 * red["stripes"][2]
    assert np.linalg.norm(np.subtract(white["stripes"], white["suit"])) > 90


@HATS
@pytest.mark.parametrize("hair", ["short", "long", "curly"])
def test_a_hat_sits_on_any_hair(name: str, hair: HairKind) -> None:
    parts = {part.name: part.mesh for part in sculpt([make_attributes(hair)], name).parts}
    x, y, z = parts["hair"].vertices.T
    edge = z - BRIM_TILT[1] / BRIM_TILT[2] * -(y + 1.2)  # height over the brim's plane
    assert edge.max() < 70
    tufts = trimesh.Trimesh(parts["hair"].vertices, parts["hair"].faces).split(
        only_watertight=False
    )
    assert all(np.ptp(tuft.vertices, axis=0).max() > 5 for tuft in tufts)
    assert np.ptp(x) > 30


@HATS
def test_a_hat_sits_on_a_bald_head(name: str) -> None:
    form = sculpt([make_attributes("bald")], name)
    assert "hair" not in {part.name for part in form.parts}
    assert form.solid.vertices[:, 2].max() > 78


@HATS
def test_a_hat_takes_the_place_of_a_cap_but_is_worn_over_a_headscarf(name: str) -> None:
    worn = {
        headwear: {part.name for part in sculpt([person], name).parts}
        for headwear in ("cap", "headscarf")
        for person in [make_attributes("long", headwear=headwear)]
    }
    assert "headwear" not in worn["cap"]
    assert "headwear" in worn["headscarf"]
    assert "hair" not in worn["headscarf"]


def test_hair_that_is_all_under_the_hat_is_left_out() -> None:
    grid = Grid.spanning((-5, -5, 60), (5, 5, 75))
    tuft = Block(grid, grid.full(Ellipsoid((0, 0, 68), (3, 3, 3)).field(grid)))
    assert under_hat(tuft, Slab(top=60.0)) is None
    assert under_hat(tuft, Slab(top=66.0)) is None  # a crumb of it
    assert under_hat(tuft, Slab(top=80.0)) is not None


def test_two_people_stand_side_by_side_with_their_own_heads() -> None:
    people = [make_attributes("long", aspect=1.3), make_attributes("bald")]
    form = sculpt(people, "couple")
    assert [part.name for part in form.parts if part.mesh.uv is not None] == ["head", "head 2"]
    for part in form.parts:
        if part.mesh.uv is None:
            continue
        own = part.mesh.vertices - np.float32(part.shift)
        front = own[:, 1] > 0
        u = 0.5 - own[front, 0] / TEXTURE_MM
        assert np.allclose(part.mesh.uv[front, 0], np.clip(u, 0.005, 0.995), atol=1e-4)
    assert form.parts[-1].person == 1
    assert [np.sign(x) for x, _, _ in TEMPLATES["couple"].stands] == [1, -1]  # as in the photo


def test_the_head_of_a_couple_is_the_one_that_stands_alone() -> None:
    person = make_attributes("curly")
    alone = {part.name: part for part in sculpt([person], "default").parts}["head"]
    paired = {part.name: part for part in sculpt([person, person], "couple").parts}["head 2"]
    x, y, z = paired.shift
    assert x < 0
    assert (y, z) == (0, 0)
    own = paired.mesh.vertices - np.float32(paired.shift)
    assert np.allclose(own.max(axis=0), alone.mesh.vertices.max(axis=0), atol=1e-3)


def test_two_people_wear_their_own_shirts_and_skin() -> None:
    red, pale = {"shirt": (50, 55, 35), "skin": (45, 16, 20)}, {"shirt": (60, -45, 40)}
    one, other = (choose_palette(make_attributes(**person)) for person in (red, pale))
    worn = dict(dress(TEMPLATES["couple"], [one, other]))
    assert worn["shirt"] == lab_to_srgb(one.shirt)
    assert worn["sweater 2"] == lab_to_srgb(other.shirt)
    assert worn["arms"] == lab_to_srgb(one.skin)
    assert worn["hands 2"] == lab_to_srgb(other.skin)


def test_two_people_hold_hands() -> None:
    names = [piece.name for piece in TEMPLATES["couple"].pieces]
    arms, hands = (body("couple").blocks[names.index(name)] for name in ("arms", "hands 2"))
    both = unite([arms, hands], (0, 1)).grid
    inside = np.zeros((2, *both.shape), bool)
    for layer, block in zip(inside, (arms, hands), strict=True):
        layer[both.place(block.grid)] = block.field < 0
    assert inside.all(axis=0).sum() * both.voxel**3 > 10  # cubic millimetres


@pytest.mark.parametrize(("name", "count"), [("couple", 1), ("default", 2)])
def test_a_template_is_refused_for_another_number_of_people(name: str, count: int) -> None:
    with pytest.raises(BadParameter, match=f"not {count}"):
        sculpt([make_attributes()] * count, name)


def test_people_stand_on_the_lattice() -> None:
    grid = Grid.spanning((0, 0, 0), (3, 3, 3))
    block = Block(grid, grid.full(Slab(top=1.0).field(grid)))
    assert block.moved((0.6, -1.2, 0.0)).grid.start == (1, -2, 0)
    with pytest.raises(ValueError, match="multiple"):
        block.moved((0.5, 0, 0))


def test_the_template_of_the_documentation_is_one_body(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "templates.md").read_text("utf-8")
    module: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], module)  # noqa: S102  our own page
    monkeypatch.setitem(TEMPLATES, "gardener", module["TEMPLATE"])
    for hair in ("long", "bald"):
        form = sculpt([make_attributes(hair)], "gardener")
        edges = count_edges(form.solid.faces)
        assert (edges.open, edges.crowded, edges.reversed) == (0, 0, 0)
        assert count_bodies(form.solid.faces, len(form.solid.vertices)) == 1
        shown = np.bincount(form.solid.part_ids, minlength=len(form.parts))
        assert shown.min() > 20
    body.cache_clear()


def test_a_stretched_base_is_closed_and_as_large_as_it_says() -> None:
    base = TEMPLATES["couple"].base
    mesh = lathe(base)
    solid = trimesh.Trimesh(np.round(mesh.vertices, 4), mesh.faces, process=True, merge_norm=True)
    assert solid.is_watertight
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx(
        [2 * (base.radius + base.stretch), 2 * base.radius, base.top], abs=0.05
    )
    assert 0.93 * base.area * base.top < solid.volume < base.area * base.top


def test_the_turned_base_is_closed_round_and_flat() -> None:
    mesh = lathe(PLINTH)
    solid = trimesh.Trimesh(np.round(mesh.vertices, 4), mesh.faces, process=True, merge_norm=True)
    assert solid.is_watertight
    assert mesh.vertices[:, 2].min() == 0
    radius = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1] - PLINTH.centre[1]).max()
    assert radius == pytest.approx(PLINTH.radius, abs=1e-4)
    disc = np.pi * PLINTH.radius**2 * PLINTH.top
    assert 0.93 * disc < solid.volume < disc
