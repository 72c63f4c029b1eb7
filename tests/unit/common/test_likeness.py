"""Likeness: 100 for the same, falling with every deviation, lower for other people."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from common.vision.faces import Face, FaceModels, pick_subject
from common.vision.likeness import COLOURS, GOOD, NO_FACE, SHAPES, compare
from common.vision.look import (
    PROPORTIONS,
    Look,
    cut_window,
    face_forward,
    proportions_of,
    take_look,
)
from common.vision.network import RGB
from fusion_service.domain.likeness import ADVICE as FIGURINE_ADVICE
from stylize_service.domain.likeness import ADVICE as PORTRAIT_ADVICE
from tests.portraits import astronaut, portrait_path

ADVICE = {name: f"{name} is off" for name in (*SHAPES, *COLOURS)}
MOVED = {  # points of the face, and a direction to move them in
    "mouth": ((61, 291, 0, 17, 13, 14), (0.0, 1.0)),
    "eyes": ((159, 386), (0.0, -1.0)),
    "brows": ((105, 334), (0.0, -1.0)),
    "nose": ((358,), (1.0, 0.0)),
    "face": ((152,), (0.0, 1.0)),
}


@pytest.fixture(scope="module")
def face(face_models: FaceModels) -> Face:
    return pick_subject(face_models.find_faces(astronaut()), "largest")


@pytest.fixture(scope="module")
def photo(face_models: FaceModels, face: Face) -> Look:
    return look_at(face_models, astronaut(), face)


def look_at(models: FaceModels, picture: RGB, face: Face) -> Look:
    window = cut_window(picture, face.landmarks)
    return take_look(window, models.person_mask(window.image) > 0.5)


def looks_of_others(models: FaceModels) -> list[Look]:
    looks = []
    for name in ("obama.jpg", "biden.jpg", "curly_hair_beard.png", "long_red_hair.jpg"):
        picture = cv2.imread(str(portrait_path(name)))
        assert picture is not None
        search = models.find_faces(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8))
        looks.append(look_at(models, search.image, pick_subject(search, "largest")))
    return looks


def score(photo: Look, picture: Look) -> float:
    value = compare(photo, picture, ADVICE).score
    assert value is not None
    return value


def fallen(scores: list[float]) -> bool:
    return all(before > after for before, after in pairwise(scores))


def test_a_face_is_like_itself_by_100_and_nothing_is_to_say(photo: Look) -> None:
    likeness = compare(photo, photo, ADVICE)
    assert likeness.score == 100
    assert set(likeness.terms) == {*SHAPES, *COLOURS}
    assert set(likeness.terms.values()) == {1.0}
    assert "off" not in likeness.says


@pytest.mark.parametrize("part", MOVED)
def test_the_further_landmarks_move_the_lower_the_score(face: Face, photo: Look, part: str) -> None:
    indices, direction = MOVED[part]
    frontal = face_forward(face.landmarks.astype(np.float64))
    scores = []
    for step in np.arange(0, 0.09, 0.01):
        moved = frontal.copy()
        moved[list(indices), :2] += step * np.array(direction)
        scores.append(score(photo, replace(photo, proportions=proportions_of(moved))))
    assert scores[0] == 100
    assert fallen(scores), scores


def test_a_face_that_is_deformed_in_the_picture_loses_more_the_more_it_is(
    face_models: FaceModels, photo: Look
) -> None:
    """Not on numbers but through the networks: the astronaut made wider and wider."""
    scores = []
    for stretch in (1.0, 1.12, 1.25, 1.4, 1.6):
        wide = np.asarray(cv2.resize(astronaut(), None, fx=stretch, fy=1.0), np.uint8)
        found = pick_subject(face_models.find_faces(wide), "largest")
        scores.append(score(photo, look_at(face_models, wide, found)))
    assert scores[0] == 100
    assert fallen(scores), scores


@pytest.mark.parametrize("region", ["skin", "hair", "brows", "lips"])
@pytest.mark.parametrize("axis", [0, 1, 2], ids=["lightness", "a", "b"])
def test_the_further_a_colour_moves_the_lower_the_score(
    photo: Look, region: str, axis: int
) -> None:
    scores = []
    for step in range(0, 45, 5):
        colour = list(photo.colours[region])
        colour[axis] += step
        scores.append(score(photo, replace(photo, colours=photo.colours | {region: tuple(colour)})))
    assert scores[0] == 100
    assert fallen(scores), scores


@pytest.mark.parametrize("turn", [1, -1], ids=["warmer", "colder"])
def test_a_tinted_picture_loses_more_the_stronger_the_tint(
    face_models: FaceModels, face: Face, photo: Look, turn: int
) -> None:
    scores = []
    for tint in (0, 15, 30, 45):
        change = np.array([turn * tint, 0, -turn * tint])
        tinted = np.clip(astronaut() + change, 0, 255).astype(np.uint8)
        scores.append(score(photo, look_at(face_models, tinted, face)))
    assert scores[0] == 100
    assert fallen(scores), scores


def test_the_worst_term_is_the_one_that_was_changed_and_is_what_is_said(photo: Look) -> None:
    hair = replace(photo, colours=photo.colours | {"hair": (90.0, 0.0, 0.0)})
    likeness = compare(photo, hair, ADVICE)
    assert likeness.worst == "hair colour"
    assert likeness.says == "hair colour is off"
    grin = photo.proportions | {"mouth width": photo.proportions["mouth width"] + 0.2}
    assert compare(photo, replace(photo, proportions=grin), ADVICE).says == "mouth is off"


def test_a_small_difference_is_nothing_to_talk_about(photo: Look) -> None:
    lightness, a, b = photo.colours["skin"]
    likeness = compare(
        photo, replace(photo, colours=photo.colours | {"skin": (lightness, a, b + 3)}), ADVICE
    )
    assert likeness.worst == "skin colour"
    assert GOOD < likeness.terms["skin colour"] < 1
    assert "off" not in likeness.says


def test_without_a_face_there_is_no_score_and_it_says_so(photo: Look) -> None:
    likeness = compare(photo, None, ADVICE)
    assert likeness.score is None
    assert likeness.terms == {}
    assert likeness.worst is None
    assert likeness.says == NO_FACE


def test_what_a_picture_does_not_show_is_not_rated(photo: Look) -> None:
    bald = replace(photo, colours={k: v for k, v in photo.colours.items() if k != "hair"})
    assert "hair colour" not in compare(photo, bald, ADVICE).terms
    mouth = {k: v for k, v in photo.proportions.items() if k in SHAPES["mouth"][1]}
    assert set(compare(photo, Look(mouth, {}), ADVICE).terms) == {"mouth"}
    assert compare(photo, Look({}, {}), ADVICE).score is None


def test_a_pencil_drawing_is_rated_by_its_shapes_alone(
    face_models: FaceModels, face: Face, photo: Look
) -> None:
    grey = np.repeat(cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    likeness = compare(photo, look_at(face_models, grey, face), ADVICE)
    assert set(likeness.terms) == set(SHAPES)
    assert likeness.score == 100


def test_looking_twice_sees_the_same(face_models: FaceModels, photo: Look) -> None:
    again = pick_subject(face_models.find_faces(astronaut()), "largest")
    assert look_at(face_models, astronaut(), again) == photo


def test_a_photo_of_another_size_and_tilt_is_the_same_face(
    face_models: FaceModels, photo: Look
) -> None:
    turn = cv2.getRotationMatrix2D((256, 256), 15, 0.7)
    other = np.asarray(cv2.warpAffine(astronaut(), turn, (512, 512)), np.uint8)
    found = pick_subject(face_models.find_faces(other), "largest")
    assert score(photo, look_at(face_models, other, found)) > 90


def test_other_people_are_less_like_her_than_she_is_herself_in_bad_light(
    face_models: FaceModels, face: Face, photo: Look
) -> None:
    """Four other people; how often the score is right is in docs/figurine.md, not here."""
    dim = (astronaut() * 0.7).astype(np.uint8)
    small = np.asarray(cv2.resize(astronaut(), None, fx=0.4, fy=0.4), np.uint8)
    found = pick_subject(face_models.find_faces(small), "largest")
    own = [look_at(face_models, dim, face), look_at(face_models, small, found)]
    others = [score(photo, look) for look in looks_of_others(face_models)]
    assert max(others) < min(score(photo, look) for look in own) - 20


def test_there_is_a_word_for_every_term_and_a_term_for_every_proportion() -> None:
    assert set(FIGURINE_ADVICE) == set(PORTRAIT_ADVICE) == {*SHAPES, *COLOURS}
    assert {name for _, spreads in SHAPES.values() for name in spreads} == set(PROPORTIONS)
