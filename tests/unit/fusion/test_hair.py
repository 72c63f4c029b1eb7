"""Hair: its type does not depend on the state of the photo, its length not on the collar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from common.vision.decode import decode_photo
from fusion_service.domain.palette import lab_to_srgb
from fusion_service.domain.photo.hair_shape import _fringe_side, _has_bun, _receding
from fusion_service.domain.photo.light import relight
from fusion_service.domain.photo.measure import measure
from tests.portraits import astronaut, portrait_path
from tests.unit.fusion import disguises as d

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.faces import FaceModels

RGB = npt.NDArray[np.uint8]
TYPES = {
    "astronaut": "wavy",
    "curly_hair_beard.png": "curly",
    "long_red_hair.jpg": "straight",
    "biden.jpg": "straight",
    "obama.jpg": "straight",
}


def photo_of(name: str) -> RGB:
    return astronaut() if name == "astronaut" else decode_photo(portrait_path(name).read_bytes())


def scaled(photo: RGB, factor: float) -> RGB:
    return cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def jpeg(photo: RGB, quality: int) -> RGB:
    _, coded = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def rolled(photo: RGB, degrees: float) -> RGB:
    height, width = photo.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(photo, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


def grained(photo: RGB, sigma: float) -> RGB:
    grain = np.random.default_rng(3).normal(0, sigma, photo.shape)
    return np.clip(photo + grain, 0, 255).astype(np.uint8)


STATES: dict[str, Callable[[RGB], RGB]] = {
    "as it is": lambda photo: photo,
    "half the size": lambda photo: scaled(photo, 0.5),
    "a third of the size": lambda photo: scaled(photo, 0.35),
    "mirrored": lambda photo: np.ascontiguousarray(photo[:, ::-1]),
    "jpeg quality 30": lambda photo: jpeg(photo, 30),
    "rolled left": lambda photo: rolled(photo, 8),
    "rolled right": lambda photo: rolled(photo, -8),
    "grainy": lambda photo: grained(photo, 8),
    "blurred": lambda photo: cv2.GaussianBlur(photo, (0, 0), 1.5),
    "half the light": lambda photo: relight(photo, 0.5, np.ones(3)),
}


@pytest.mark.parametrize("name", TYPES)
def test_all_states_of_a_photo_show_the_same_type_of_hair(
    face_models: FaceModels, name: str
) -> None:
    photo = photo_of(name)
    found = {state: measure(face_models, change(photo)) for state, change in STATES.items()}
    assert {state: one.hair_type for state, one in found.items()} == dict.fromkeys(
        STATES, TYPES[name]
    )
    if name != "obama.jpg":  # too short for a texture: then it is straight with little confidence
        coherence = [one.coherence for one in found.values()]
        assert max(coherence) - min(coherence) < 0.1


def test_two_photos_of_a_person_show_the_same_type_of_hair(face_models: FaceModels) -> None:
    together = photo_of("two_faces.jpg")
    for subject, alone in (("0", "obama.jpg"), ("1", "biden.jpg")):
        one = measure(face_models, together, subject)
        other = measure(face_models, photo_of(alone))
        assert one.hair_type == other.hair_type
        assert one.beard_kind == other.beard_kind == "none"
        assert (one.hair_length_left < -0.12) == (other.hair_length_left < -0.12)


@pytest.mark.parametrize("name", ["astronaut", "obama.jpg", "biden.jpg"])
@pytest.mark.parametrize("colour", ["fur", "own"])
def test_a_fur_collar_is_no_long_hair(face_models: FaceModels, name: str, colour: str) -> None:
    model = d.find_model(face_models, photo_of(name))
    usual = measure(face_models, model.photo)
    fur = (95, 70, 50) if colour == "fur" else lab_to_srgb(usual.hair)
    collared = measure(face_models, d.in_fur_collar(model, fur))
    assert max(collared.hair_length_left, collared.hair_length_right) < -0.12
    assert collared.hair_length_left == pytest.approx(usual.hair_length_left, abs=0.3)


def test_a_jacket_in_the_dark_is_no_long_hair(face_models: FaceModels) -> None:
    found = measure(face_models, photo_of("curly_hair_beard.png"))
    assert max(found.hair_length_left, found.hair_length_right) < 0.02


def test_a_bun_on_the_crown_is_seen(face_models: FaceModels) -> None:
    photo = astronaut()
    room = cv2.copyMakeBorder(photo, 120, 0, 0, 0, cv2.BORDER_REPLICATE)
    usual = measure(face_models, room)
    model = d.find_model(face_models, room)
    tied = measure(face_models, d.with_bun(model, lab_to_srgb(usual.hair), -1.0))
    assert (usual.hair_tied, tied.hair_tied) == ("none", "bun")
    assert tied.hair_type == usual.hair_type


def test_only_a_narrow_heap_is_a_bun() -> None:
    smooth = np.full(23, 1.6)
    assert not _has_bun(smooth)
    heap = smooth.copy()
    heap[10:13] += 0.4
    assert _has_bun(heap)
    wide = smooth.copy()
    wide[5:18] += 0.4
    assert not _has_bun(wide)


def test_a_higher_hairline_has_receded_further(face_models: FaceModels) -> None:
    lines = [[height] * 9 for height in (1.3, 1.5, 1.6, 1.8, 2.2)]
    receding = [_receding(line) for line in lines]
    assert receding == sorted(receding)
    assert (receding[0], receding[-1]) == (0, 0.9)
    assert measure(face_models, astronaut()).receding == 0


def test_hair_hanging_lower_on_one_side_is_a_fringe_to_that_side(face_models: FaceModels) -> None:
    left = [0.6, 0.6, 0.6, 0.9, 1.4, 1.4, 1.4, 1.4, 1.0]
    assert _fringe_side(left) == -1
    assert _fringe_side(left[::-1]) == 1
    assert _fringe_side([0.8] * 9) == _fringe_side([1.4] * 9) == 0
    red = photo_of("long_red_hair.jpg")
    sides = [measure(face_models, photo).fringe_side for photo in (red, red[:, ::-1].copy())]
    assert sides == [-1, 1]
