"""Colours under bad light: what a lamp does to a photo must not change the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from common.vision.decode import decode_photo
from common.vision.faces import pick_subject
from fusion_service.domain.photo.certainty import trust_light, trust_samples
from fusion_service.domain.photo.face_picture import ORIGIN, PX_PER_WIDTH
from fusion_service.domain.photo.head_crop import HeadCrop, crop_head
from fusion_service.domain.photo.lamp import estimate_lamp
from fusion_service.domain.photo.light import LUMA, linear_light, relight, to_lab
from fusion_service.domain.photo.measure import measure, study_people
from fusion_service.domain.photo.pose import estimate_pose
from tests.portraits import NAMES, astronaut, portrait_path

if TYPE_CHECKING:
    from common.vision.faces import FaceModels

RGB = npt.NDArray[np.uint8]
NOTHING = np.empty((0, 3), np.uint8)
SKIN = np.full((200, 3), (214, 170, 142), np.uint8)
LAMPS = {"warm": (1.2, 1.0, 0.8), "cold": (0.8, 1.0, 1.2), "half": (0.5, 0.5, 0.5)}


def under(photo: RGB, lamp: str) -> RGB:
    """The photo in other light: each channel of linear light scaled (von Kries)."""
    return relight(photo, 1.0, np.array(LAMPS[lamp]))


def colour_distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


@pytest.mark.parametrize("lamp", LAMPS)
@pytest.mark.parametrize("name", ["astronaut", *(n for n in NAMES if n != "two_faces.jpg")])
def test_another_lamp_leaves_the_person_as_coloured_as_before(
    face_models: FaceModels, name: str, lamp: str
) -> None:
    path = None if name == "astronaut" else portrait_path(name)
    photo = astronaut() if path is None else decode_photo(path.read_bytes())
    usual, tinted = measure(face_models, photo), measure(face_models, under(photo, lamp))
    assert colour_distance(tinted.skin, usual.skin) < 6
    assert colour_distance(tinted.hair, usual.hair) < 6
    assert usual.shirt is not None
    assert tinted.shirt is not None
    assert colour_distance(tinted.shirt, usual.shirt) < (6 if name != "curly_hair_beard.png" else 9)


def test_the_same_person_has_nearly_the_same_skin_in_two_photos(face_models: FaceModels) -> None:
    together = decode_photo(portrait_path("two_faces.jpg").read_bytes())
    # the second differs by 12 in lightness alone: how bright a face is lit cannot be known
    for subject, alone, most in (("1", "biden.jpg", 8), ("0", "obama.jpg", 17)):
        one = measure(face_models, together, subject)
        other = measure(face_models, decode_photo(portrait_path(alone).read_bytes()))
        assert colour_distance(one.skin, other.skin) < most


def test_a_pale_face_in_the_shade_of_a_warm_room_is_not_brown(face_models: FaceModels) -> None:
    found = measure(face_models, decode_photo(portrait_path("biden.jpg").read_bytes()))
    assert found.skin[0] > 60
    assert found.hair[0] > 75
    assert abs(found.hair[1]) < 5


def scene(white: tuple[int, int, int]) -> RGB:
    """A wall in the light of a lamp, with red, green and blue things."""
    picture = np.full((90, 120, 3), white, np.uint8)
    for column, share in enumerate(((0.8, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.2, 0.7))):
        thing = (np.array(white) * np.array(share)).astype(np.uint8)
        picture[40:70, 10 + 35 * column : 35 + 35 * column] = thing
    return picture


def test_a_warm_lamp_is_taken_off_and_daylight_is_left_alone() -> None:
    everywhere = np.ones((90, 120), np.bool_)
    skin = np.asarray(relight(SKIN[None], 1.0, np.array([1.25, 1.0, 0.75]))[0])
    warm = estimate_lamp(scene((230, 205, 178)), everywhere, NOTHING, skin)
    red, green, blue = warm.balance
    assert red < green < blue
    assert float(warm.balance @ LUMA) == pytest.approx(1)
    wall = np.full((1, 1, 3), (230, 205, 178), np.uint8)
    left = to_lab(relight(wall, 1.0, warm.balance))[0, 0, 2]
    assert abs(left) < 0.4 * abs(to_lab(wall)[0, 0, 2])
    daylight = estimate_lamp(scene((205, 205, 205)), everywhere, NOTHING, SKIN)
    assert np.abs(np.log(daylight.balance)).max() < 0.1
    assert daylight.agreement > 0.8


def test_a_scene_that_contradicts_the_skin_is_agreed_less() -> None:
    everywhere = np.ones((90, 120), np.bool_)
    agreed = [
        estimate_lamp(scene(white), everywhere, NOTHING, SKIN).agreement
        for white in ((205, 205, 205), (225, 200, 170), (240, 180, 120))
    ]
    assert agreed == sorted(set(agreed), reverse=True)


def test_dark_teeth_and_a_scene_without_pixels_are_no_witnesses() -> None:
    nowhere = np.zeros((90, 120), np.bool_)
    lips = np.full((100, 3), (120, 60, 60), np.uint8)
    alone = estimate_lamp(scene((205, 205, 205)), nowhere, NOTHING, SKIN)
    with_lips = estimate_lamp(scene((205, 205, 205)), nowhere, lips, SKIN)
    assert with_lips.balance.tolist() == alone.balance.tolist()
    teeth = np.full((100, 3), (235, 225, 190), np.uint8)
    assert estimate_lamp(scene((205, 205, 205)), nowhere, teeth, SKIN).balance[2] > alone.balance[2]


def test_confidence_falls_with_fewer_pixels_and_more_spread() -> None:
    random = np.random.default_rng(1)
    even = np.column_stack([random.normal(50, 3, 2000), np.zeros(2000), np.zeros(2000)])
    fewer = [trust_samples("hair", even[:count]) for count in (2000, 300, 100, 20, 0)]
    assert fewer == sorted(fewer, reverse=True)
    assert (fewer[0], fewer[-1]) == (1, 0)
    wider = [trust_samples("hair", even * [scale, 1, 1]) for scale in (1, 5, 10, 20)]
    assert wider == sorted(wider, reverse=True)
    assert wider[-1] < 0.6


def head(models: FaceModels, photo: RGB) -> HeadCrop:
    face = pick_subject(models.find_faces(photo), "largest")
    return crop_head(models, photo, face.landmarks, estimate_pose(face.landmarks))


def test_confidence_in_the_light_falls_as_it_gets_darker_brighter_or_grainier(
    face_models: FaceModels,
) -> None:
    photo = astronaut()
    darker = [
        trust_light(head(face_models, relight(photo, g, np.ones(3))), 1) for g in (1, 0.3, 0.1)
    ]
    assert darker == sorted(set(darker), reverse=True)
    brighter = [trust_light(head(face_models, relight(photo, g, np.ones(3))), 1) for g in (1, 2, 4)]
    assert brighter == sorted(set(brighter), reverse=True)
    usual = head(face_models, photo)
    grainier = [trust_light(usual, noise) for noise in (1, 6, 12)]
    assert grainier == sorted(set(grainier), reverse=True)


def test_confidence_in_the_light_falls_as_it_comes_more_from_one_side(
    face_models: FaceModels,
) -> None:
    photo = astronaut()
    across = np.linspace(0, 1, photo.shape[1])[None, :, None]
    trust = [
        trust_light(head(face_models, (photo * (1 - dark * across)).astype(np.uint8)), 1)
        for dark in (0.0, 0.5, 0.8)
    ]
    assert trust == sorted(set(trust), reverse=True)


def test_small_eyes_are_trusted_less(face_models: FaceModels) -> None:
    photo = astronaut()
    sizes = [
        cv2.resize(photo, None, fx=f, fy=f, interpolation=cv2.INTER_AREA) for f in (1, 0.6, 0.4)
    ]
    eyes = [measure(face_models, small).confidence["eyes"] for small in sizes]
    assert eyes == sorted(set(eyes), reverse=True)


@pytest.mark.parametrize("name", ["astronaut", "curly_hair_beard.png"])
def test_the_face_picture_lies_where_the_frontal_landmarks_say(
    face_models: FaceModels, name: str
) -> None:
    photo = astronaut() if name == "astronaut" else decode_photo(portrait_path(name).read_bytes())
    _, (picture,) = study_people(face_models, photo, "largest", 1)
    assert picture.shape == (512, 512, 3)
    found = pick_subject(face_models.find_faces(picture), "largest").landmarks[:, :2]
    frontal = np.array(measure(face_models, photo).frontal)[:, :2]
    expected = np.array(ORIGIN) + PX_PER_WIDTH * frontal
    inner = [33, 133, 362, 263, 61, 291, 13, 14, 1, 168]
    assert np.linalg.norm(found[inner] - expected[inner], axis=1).mean() < 0.03 * PX_PER_WIDTH


def test_the_face_picture_is_lit_evenly(face_models: FaceModels) -> None:
    photo = astronaut()
    side = np.linspace(1.0, 0.45, photo.shape[1])[None, :, None]
    _, (even,) = study_people(face_models, photo, "largest", 1)
    shaded = (photo * side).astype(np.uint8)
    _, (picture,) = study_people(face_models, shaded, "largest", 1)
    assert _lean(picture) < _lean(shaded[60:180, 165:285]) + 0.02
    assert _lean(picture) < 0.12
    assert np.array_equal(study_people(face_models, photo, "largest", 1)[1][0], even)


def _lean(picture: RGB) -> float:
    light = linear_light(picture).mean((0, 2))
    third = len(light) // 3
    left, right = (
        float(light[third : 3 * third // 2].mean()),
        float(light[3 * third // 2 : -third].mean()),
    )
    return abs(left - right) / (left + right)
