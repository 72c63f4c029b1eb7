"""The templates: small declarative files that a newcomer can change."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import numpy as np
import pytest
import trimesh

from common.contracts.figurine import TemplateName
from common.errors import BadParameter
from fusion_service.domain import templates
from fusion_service.domain.bodies import TEMPLATES, body, dress, find_template
from fusion_service.domain.palette import choose_palette, lab_to_srgb
from fusion_service.domain.shape.lathe import lathe
from fusion_service.domain.templates.wardrobe import PLINTH
from tests.unit.fusion.factories import make_attributes

ALL = pytest.mark.parametrize("name", sorted(TEMPLATES))


def colours(name: str, **changes: Any) -> dict[str, tuple[int, int, int]]:
    palette = choose_palette(make_attributes(**changes))
    return dict(dress(TEMPLATES[name], [palette, palette]))


def test_the_registry_knows_every_template_that_can_be_asked_for() -> None:
    assert set(TEMPLATES) == set(TemplateName)


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
def test_every_piece_is_a_closed_mesh_with_unit_normals_that_point_outward(name: str) -> None:
    for piece, mesh in zip(TEMPLATES[name].pieces, body(name).meshes, strict=True):
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        lengths = np.linalg.norm(mesh.normals, axis=1)
        assert np.allclose(lengths, 1, atol=1e-3), piece.name
        assert solid.volume > 0, piece.name
        facing = np.einsum("ij,ij->i", mesh.normals[mesh.faces].mean(axis=1), solid.face_normals)
        assert np.mean(facing > 0.5) > 0.97, piece.name
        if piece.name != "base":
            assert solid.is_watertight, piece.name


@ALL
def test_every_piece_shows(name: str) -> None:
    seen = set(np.unique(body(name).union.owner[np.abs(body(name).union.field) < 0.6]))
    assert seen == set(range(len(TEMPLATES[name].pieces)))


@ALL
def test_the_body_does_not_depend_on_the_person_and_is_computed_once(name: str) -> None:
    assert body(name) is body(name)
    assert not body(name).union.field.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        body(name).meshes[1].vertices[0] = 0


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


def test_the_turned_base_is_closed_round_and_flat() -> None:
    mesh = lathe(PLINTH)
    solid = trimesh.Trimesh(np.round(mesh.vertices, 4), mesh.faces, process=True, merge_norm=True)
    assert solid.is_watertight
    assert mesh.vertices[:, 2].min() == 0
    radius = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1] - PLINTH.centre[1]).max()
    assert radius == pytest.approx(PLINTH.radius, abs=1e-4)
    disc = np.pi * PLINTH.radius**2 * PLINTH.top
    assert 0.93 * disc < solid.volume < disc
