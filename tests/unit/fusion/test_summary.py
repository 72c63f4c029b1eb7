from __future__ import annotations

import json
import re

import pytest

from common.contracts.facts import MeasureFacts
from common.vision.faces import FaceModels
from fusion_service.domain.attributes import Attributes, People
from fusion_service.domain.palette import choose_palette, lab_to_srgb
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.summary import LIPSTICK_FROM, seen
from tests.portraits import astronaut
from tests.unit.fusion.factories import make_attributes


@pytest.mark.parametrize("hair", ["short", "long", "curly", "bald"])
def test_the_hair_is_named(hair: str) -> None:
    assert seen(make_attributes(hair))["hair"] == hair  # type: ignore[arg-type]


def test_looks_have_the_names_that_a_request_has_for_them() -> None:
    found = seen(make_attributes(glasses=True, hair_tied="bun", beard_kind="goatee", child=0.9))
    assert (found["glasses"], found["hair_tied"], found["beard"]) == ("round", "bun", "goatee")
    assert (found["age"], found["headwear"], found["hair_type"]) == ("child", "none", "straight")
    assert seen(make_attributes())["beard"] == "none"


@pytest.mark.parametrize(
    ("below_the_chin", "name"), [(-0.5, "short"), (-0.1, "chin"), (0.4, "shoulder"), (1.1, "long")]
)
def test_the_longer_side_names_the_length(below_the_chin: float, name: str) -> None:
    lengths = {"hair_length_left": below_the_chin, "hair_length_right": -0.6}
    person = make_attributes(hair_profile=(1.8,) * 23, **lengths)
    assert seen(person)["hair_length"] == name


def test_what_is_uncertain_is_named_and_colours_come_with_swatches() -> None:
    sure = dict.fromkeys(("skin", "hair", "eyes", "lips", "shirt", "hair_type", "glasses"), 0.9)
    assert seen(make_attributes(confidence=sure))["uncertain"] == []
    found = seen(make_attributes(confidence=sure | {"eyes": 0.2, "skin": 0.49, "hair_type": 0.1}))
    assert found["uncertain"] == ["skin", "eyes", "hair_type"]
    assert set(found["swatches"]) == {"skin", "eyes"}
    for name, toy in (("skin", "skin"), ("eyes", "iris")):
        offered = found["swatches"][name]
        assert offered[0] == found["colours"][toy]
        assert len(set(offered)) == len(offered) == 5
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in offered)


def test_old_measurements_without_a_confidence_are_not_called_uncertain() -> None:
    found = seen(make_attributes())
    assert (found["uncertain"], found["swatches"]) == ([], {})


def test_red_lips_are_no_lipstick_yet() -> None:
    assert seen(make_attributes(lipstick=LIPSTICK_FROM))["lipstick"] is True
    assert seen(make_attributes(lipstick=LIPSTICK_FROM - 0.01))["lipstick"] is False


def test_the_colours_are_those_of_the_toy_as_the_web_writes_them() -> None:
    attributes = make_attributes()
    colours = seen(attributes)["colours"]
    assert set(colours) == {"skin", "hair", "iris", "lip", "shirt"}
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours.values())
    skin = tuple(bytes.fromhex(colours["skin"][1:]))
    assert skin == lab_to_srgb(choose_palette(attributes).skin)


def test_a_summary_fits_into_the_facts_of_the_stage() -> None:
    facts = MeasureFacts(faces_in_photo=1, quality={}, seen=seen(make_attributes()))
    assert json.loads(facts.model_dump_json())["seen"] == facts.seen


def test_the_astronaut_is_seen_as_she_is(face_models: FaceModels) -> None:
    found = seen(measure(face_models, astronaut(), "largest"))
    assert found["hair"] != "bald"
    assert (found["glasses"], found["beard"], found["headwear"]) == ("none", "none", "none")
    assert (found["hair_length"], found["age"]) == ("short", "adult")
    red, _, blue = bytes.fromhex(found["colours"]["shirt"][1:])
    assert red > blue  # the orange suit


def test_measurements_of_the_first_version_still_load() -> None:
    new = {"hair_type", "hair_tied", "headwear", "headwear_colour", "beard_kind", "glasses_colour"}
    new |= {"receding", "fringe_side", "child", "freckles", "blush", "confidence"}
    old = make_attributes(beard=0.6).model_dump(exclude=new)
    old |= {"bald": False, "curly": True, "glasses": True}
    loaded = Attributes.model_validate_json(json.dumps(old))
    assert (loaded.hair_type, loaded.glasses, loaded.beard_kind) == ("curly", "round", "full")
    assert Attributes.model_validate(old | {"bald": True}).hair_type == "bald"
    assert People.model_validate_json(json.dumps(old)).people == (loaded,)
    both = People(people=(loaded, loaded))
    assert People.model_validate_json(both.model_dump_json()) == both
