"""Wishes: each look and each colour changes what it names, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from common.contracts.figurine import Looks, PaintRequest
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.face.mouth import draw_lips
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.head.bust import model_bust
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.paint import paint
from fusion_service.domain.palette import choose_palette, hex_to_lab, lab_to_srgb
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.wishes import palette_of, wish
from tests.unit.fusion.factories import HairKind, make_attributes

HAIR_FIELDS = {"hair_type", "hairline", "hair_profile", "receding"}
LENGTH_FIELDS = HAIR_FIELDS | {"hair_length_left", "hair_length_right", "side_mass"}
MOUTH_FIELDS = {"frontal", "smile", "mouth_open", "mouth_width", "eye_open"}
# look, value, the fields of Attributes and the parts of the bust that may change
WISHES = [
    ("hair_type", "wavy", HAIR_FIELDS, {"hair"}),
    ("hair_type", "curly", HAIR_FIELDS, {"hair"}),
    ("hair_type", "bald", HAIR_FIELDS, {"hair"}),
    ("hair_length", "cropped", LENGTH_FIELDS, {"hair"}),
    ("hair_length", "short", LENGTH_FIELDS, {"hair"}),
    ("hair_length", "chin", LENGTH_FIELDS, {"hair", "head"}),  # the ears go under
    ("hair_length", "shoulder", LENGTH_FIELDS, {"hair", "head"}),
    ("hair_length", "long", LENGTH_FIELDS, {"hair", "head"}),
    ("hair_tied", "bun", {"hair_tied", "hair_profile"}, {"hair"}),
    ("hair_tied", "ponytail", {"hair_tied", "hair_profile"}, {"hair"}),
    ("headwear", "cap", {"headwear"}, {"headwear", "hair"}),
    ("headwear", "beanie", {"headwear"}, {"headwear", "hair"}),
    ("headwear", "headscarf", {"headwear"}, {"headwear", "hair", "head"}),
    ("glasses", "round", {"glasses"}, {"glasses"}),
    ("glasses", "square", {"glasses"}, {"glasses"}),
    ("glasses", "sunglasses", {"glasses"}, {"glasses", "lenses"}),
    ("beard", "stubble", {"beard", "beard_kind"}, set()),
    ("beard", "moustache", {"beard", "beard_kind"}, {"head"}),
    ("beard", "goatee", {"beard", "beard_kind"}, {"head"}),
    ("beard", "full", {"beard", "beard_kind"}, {"head"}),
    ("expression", "neutral", MOUTH_FIELDS, {"head"}),
    ("expression", "smile", MOUTH_FIELDS, {"head"}),
    ("expression", "laugh", MOUTH_FIELDS, {"head"}),
    ("expression", "serious", MOUTH_FIELDS, {"head"}),
    ("age", "child", {"child"}, {"head"}),
]


@cache
def person(hair: HairKind = "short", **changes: Any) -> Attributes:
    return make_attributes(hair, **changes)


@cache
def bust(attributes_json: str) -> dict[str, bytes]:
    features = model_bust(Attributes.model_validate_json(attributes_json))
    return {feature.name: feature.block.field.tobytes() for feature in features}


def changed_fields(one: Attributes, other: Attributes) -> set[str]:
    before, after = one.model_dump(), other.model_dump()
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(("look", "value", "fields", "parts"), WISHES)
def test_a_look_changes_what_it_names_and_nothing_else(
    look: str, value: str, fields: set[str], parts: set[str]
) -> None:
    before = person()
    after = wish(before, Looks.model_validate({look: value}))
    changed = changed_fields(before, after)
    assert changed
    assert changed <= fields
    one, other = bust(before.model_dump_json()), bust(after.model_dump_json())
    different = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    assert different == parts


def test_no_wish_changes_nothing() -> None:
    assert wish(person("curly", glasses=True), Looks()) == person("curly", glasses=True)


@pytest.mark.parametrize(
    ("changes", "looks"),
    [
        ({"hair": "curly"}, {"hair_type": "curly"}),
        ({"hair": "bald"}, {"hair_type": "bald"}),
        ({"glasses": True}, {"glasses": "round"}),
        ({"beard": 0.6}, {"beard": "full"}),
        ({}, {"headwear": "none", "hair_tied": "none", "age": "adult", "hair_type": "straight"}),
    ],
)
def test_a_wish_for_what_was_measured_changes_nothing(
    changes: dict[str, Any], looks: dict[str, str]
) -> None:
    before = person(**changes)
    assert wish(before, Looks.model_validate(looks)) == before


def test_a_wish_survives_the_way_through_a_file() -> None:
    wished = wish(person(), Looks.model_validate({"expression": "laugh", "headwear": "cap"}))
    assert Attributes.model_validate_json(wished.model_dump_json()).headwear == "cap"


@pytest.mark.parametrize("measured", ["short", "long", "curly", "bald"])
def test_hair_has_the_length_asked_for_on_anybody(measured: HairKind) -> None:
    tips: list[float] = []
    for length in ("cropped", "short", "chin", "shoulder", "long"):
        looks = Looks.model_validate({"hair_length": length, "hair_type": "straight"})
        haircut = choose_haircut(wish(person(measured), looks))
        assert haircut.kind == ("short" if length in {"cropped", "short"} else "long")
        assert haircut.cropped == (length == "cropped")
        tips.append(haircut.tips[0] if haircut.tips[0] is not None else 60.0)
    assert tips == sorted(tips, reverse=True)
    assert len(set(tips)) == 4


@pytest.mark.parametrize("look", [{"hair_length": "short"}, {"hair_tied": "bun"}])
def test_length_and_knots_need_hair(look: dict[str, str]) -> None:
    haircut = choose_haircut(wish(person("bald"), Looks.model_validate(look)))
    assert haircut.kind == "short"
    assert haircut.thickness.mean() > 1.5


def test_tied_hair_leaves_the_ears_free_and_no_curtain() -> None:
    haircut = choose_haircut(wish(person("long"), Looks.model_validate({"hair_tied": "bun"})))
    assert not haircut.covers_ears
    assert haircut.tips == (None, None)


def test_a_hat_that_was_not_recognised_is_left_out() -> None:
    names = [f.name for f in model_bust(make_attributes(headwear="unrecognised"))]
    assert names == ["head", "hair"]


def test_expressions_bend_and_open_the_own_mouth() -> None:
    lips = {
        name: draw_lips(wish(person(), Looks.model_validate({"expression": name})))
        for name in ("neutral", "smile", "laugh", "serious")
    }

    def lift(name: str) -> float:
        middle = (lips[name].upper_inner + lips[name].lower_inner)[:, 1] / 2
        return float(middle[30] - middle[[0, -1]].mean())  # v runs down

    assert lips["laugh"].gap > 1.5
    assert all(lips[name].gap < 0.3 for name in ("neutral", "smile", "serious"))
    assert lift("smile") > lift("neutral") + 0.3 > lift("serious") + 0.3
    assert lift("serious") > 0  # nobody looks angry
    assert lips["laugh"].half_width > lips["serious"].half_width + 0.2


def test_the_lips_keep_their_own_thickness() -> None:
    wide = make_attributes()
    points = np.array(wide.frontal)
    points[[17, 84, 314, 181, 405], 1] += 0.04
    wide = wide.model_copy(update={"frontal": tuple(map(tuple, points.tolist()))})
    full = wish(wide, Looks.model_validate({"expression": "laugh"}))
    thin = wish(make_attributes(), Looks.model_validate({"expression": "laugh"}))
    thickness = [
        float((draw_lips(p).lower_outer - draw_lips(p).lower_inner)[30, 1]) for p in (full, thin)
    ]
    assert thickness[0] > thickness[1] + 0.5


@pytest.mark.parametrize(
    ("colour", "fields"),
    [("skin", {"skin"}), ("hair", {"hair", "brow"}), ("eyes", {"iris"}), ("shirt", {"shirt"})],
)
def test_a_chosen_colour_is_exact_and_leaves_the_others(colour: str, fields: set[str]) -> None:
    asked = "#3a7bd5"
    before = choose_palette(person())
    after = palette_of(person(), PaintRequest.model_validate({colour: asked}))
    chosen = getattr(after, "iris" if colour == "eyes" else colour)
    assert "#{:02x}{:02x}{:02x}".format(*lab_to_srgb(chosen)) == asked
    same = {name: getattr(before, name) for name in fields}
    assert replace(after, **same) == before
    assert all(getattr(after, name) != getattr(before, name) for name in fields)


@pytest.mark.parametrize(
    ("colour", "parts"),
    [("skin", {"head", "arms"}), ("hair", {"hair", "head"}), ("shirt", {"shirt", "collar"})],
)
def test_a_colour_changes_its_parts_and_no_geometry(colour: str, parts: set[str]) -> None:
    someone = person(glasses=True)
    form = sculpt([someone], "default")
    plain = paint(form, [someone])
    wanted = PaintRequest.model_validate({colour: "#8d3fb0"})
    other = paint(form, [someone], [palette_of(someone, wanted)])
    changed = {
        a.name
        for a, b in zip(plain.parts, other.parts, strict=True)
        if a.colour != b.colour
        or (a.texture is not None and b.texture is not None and a.texture.png != b.texture.png)
    }
    assert changed == parts
    assert next(part for part in other.parts if part.name in parts - {"head"}).colour == (
        0x8D,
        0x3F,
        0xB0,
    )
    assert other.form is plain.form
    assert to_glb(other) != to_glb(plain)


def test_the_hair_colour_is_that_of_brows_and_beard() -> None:
    bearded = person(beard=0.9)
    red = palette_of(bearded, PaintRequest.model_validate({"hair": "#a02020"}))
    assert red.brow[1] == hex_to_lab("#a02020")[1]
    assert red.brow[0] < red.hair[0]
