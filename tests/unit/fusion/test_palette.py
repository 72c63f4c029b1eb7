"""Toy colours: clean, never grey by accident, and each from its own measurement."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_service.domain.palette import choose_palette, hex_to_lab, lab_to_srgb, shift
from tests.unit.fusion.factories import make_attributes

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Lab

labs = st.tuples(st.floats(0, 100), st.floats(-80, 80), st.floats(-80, 80))


@given(labs)
def test_conversion_agrees_with_opencv(lab: Lab) -> None:
    pixel = np.array(lab, np.float32).reshape(1, 1, 3)
    expected = np.clip(cv2.cvtColor(pixel, cv2.COLOR_LAB2RGB)[0, 0], 0, 1) * 255
    assert lab_to_srgb(lab) == pytest.approx(tuple(expected.tolist()), abs=2.5)


@pytest.mark.parametrize(
    ("lab", "srgb"),
    [((0, 0, 0), (0, 0, 0)), ((100, 0, 0), (255, 255, 255)), ((53.24, 80.09, 67.2), (255, 0, 0))],
)
def test_known_colours_convert(lab: Lab, srgb: tuple[int, int, int]) -> None:
    assert lab_to_srgb(lab) == pytest.approx(srgb, abs=1)


def test_shift_changes_lightness_within_bounds() -> None:
    assert shift((50, 3, 4), 20) == (70, 3, 4)
    assert shift((95, 3, 4), 20) == (100, 3, 4)
    assert shift((5, 3, 4), -20) == (0, 3, 4)


@given(labs, labs, labs, labs, st.one_of(st.none(), labs))
def test_any_measurement_gives_colours_a_toy_can_have(
    skin: Lab, hair: Lab, iris: Lab, lip: Lab, shirt: Lab | None
) -> None:
    person = make_attributes().model_copy(
        update={"skin": skin, "hair": hair, "iris": iris, "lip": lip, "shirt": shirt}
    )
    palette = choose_palette(person)
    for lightness, a, b in astuple(palette):
        assert 0 <= lightness <= 100
        assert np.hypot(a, b) < 90
    assert palette.brow[0] <= max(palette.skin[0] - 15, 10)  # brows stay visible


@given(labs, labs)
def test_lighter_skin_stays_lighter(one: Lab, other: Lab) -> None:
    dark, light = sorted((one[0], other[0]))
    palettes = [
        choose_palette(make_attributes().model_copy(update={"skin": (x, 12.0, 18.0)}))
        for x in (dark, light)
    ]
    assert palettes[0].skin[0] <= palettes[1].skin[0]


@pytest.mark.parametrize(
    ("field", "colour"),
    [("skin", (50.0, 14.0, 20.0)), ("hair", (60.0, 8.0, 35.0)), ("shirt", (40.0, 10.0, -45.0))],
)
def test_one_measured_colour_changes_its_own_toy_colour_only(field: str, colour: Lab) -> None:
    person = make_attributes()
    before = choose_palette(person)
    after = choose_palette(person.model_copy(update={field: colour}))
    assert getattr(after, field) != getattr(before, field)
    same = {"brow": before.brow, field: getattr(before, field)}  # brows take the hair's colour
    assert replace(after, **same) == before


def test_sheen_on_black_hair_does_not_make_it_grey() -> None:
    hair = choose_palette(make_attributes().model_copy(update={"hair": (24.0, 1.5, 3.0)})).hair
    assert hair[0] < 20


def test_white_hair_in_the_shade_stays_white() -> None:
    hair = choose_palette(make_attributes().model_copy(update={"hair": (78.0, 4.0, 4.0)})).hair
    assert hair[0] > 78
    assert np.hypot(hair[1], hair[2]) < 5


def test_pale_skin_in_the_shade_is_not_made_brown() -> None:
    person = make_attributes()
    ruddy = choose_palette(person.model_copy(update={"skin": (51.0, 22.5, 15.0)}))
    brown = choose_palette(person.model_copy(update={"skin": (51.0, 14.0, 22.0)}))
    assert ruddy.skin[0] > brown.skin[0] + 8


def test_blond_hair_in_the_shade_is_gold_not_olive() -> None:
    hair = choose_palette(make_attributes().model_copy(update={"hair": (48.0, 0.0, 24.0)})).hair
    assert np.degrees(np.arctan2(hair[2], hair[1])) < 82


def test_a_blue_eye_is_blue_and_a_brown_one_brown() -> None:
    person = make_attributes()
    blue = choose_palette(person.model_copy(update={"iris": (44.0, 6.0, 0.0)})).iris
    brown = choose_palette(person.model_copy(update={"iris": (30.0, 9.0, 7.0)})).iris
    assert blue[2] < -5
    assert brown[2] > 8


@pytest.mark.parametrize("shirt", [None, (68.0, 16.0, 18.0)])
def test_a_missing_or_skin_coloured_shirt_is_replaced(shirt: Lab | None) -> None:
    palette = choose_palette(make_attributes().model_copy(update={"shirt": shirt}))
    assert np.linalg.norm(np.subtract(palette.shirt, palette.skin)) > 18


def test_a_white_shirt_stays_white_on_pale_skin() -> None:
    person = make_attributes().model_copy(
        update={"skin": (77.0, 12.0, 11.0), "shirt": (88.0, 2.0, 0.0)}
    )
    assert choose_palette(person).shirt[0] > 85


def test_long_hair_stands_out_from_a_shirt_of_its_colour() -> None:
    same = {"hair": (20.0, 2.0, 3.0), "shirt": (16.0, 1.0, 2.0)}
    long = choose_palette(make_attributes("long").model_copy(update=same))
    short = choose_palette(make_attributes("short").model_copy(update=same))
    assert long.shirt[0] > long.hair[0] + 15
    assert short.shirt[0] < 25


def test_a_colour_survives_the_way_to_lab_and_back() -> None:
    random = np.random.default_rng(5)
    extremes = np.array(np.meshgrid(*[[0, 1, 127, 254, 255]] * 3)).reshape(3, -1).T
    for colour in np.concatenate([extremes, random.integers(0, 256, (4000, 3))]).tolist():
        assert list(lab_to_srgb(hex_to_lab("#{:02x}{:02x}{:02x}".format(*colour)))) == colour


@pytest.mark.parametrize("kind", ["cap", "beanie", "headscarf", "hat"])
def test_headwear_takes_its_colour_from_the_photo_or_a_tasteful_one(kind: str) -> None:
    plain = choose_palette(make_attributes(headwear=kind)).headwear
    green = choose_palette(make_attributes(headwear=kind, headwear_colour=(50.0, -40.0, 30.0)))
    assert np.hypot(plain[1], plain[2]) > 15
    assert green.headwear[1] < -30
    assert replace(green, headwear=plain) == choose_palette(make_attributes(headwear=kind))


def test_frames_take_their_colour_from_the_photo_or_are_dark() -> None:
    gold = (70.0, 8.0, 45.0)
    assert choose_palette(make_attributes(glasses=True)).frame[0] < 25
    frame = choose_palette(make_attributes(glasses=True, glasses_colour=gold)).frame
    assert frame[0] == 70
    assert frame[2] > 40
