"""The face search on one public-domain portrait, on turned and cut copies, and on no faces."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from common.errors import EngineUnavailable, FaceCutOff, FaceTooSmall, NoFace, NoSuchSubject
from common.vision.decode import decode_photo
from common.vision.faces import FaceModels, FaceSearch, cut_off, pick_subject
from tests.portraits import astronaut, portrait_path

if TYPE_CHECKING:
    from pathlib import Path

EYES, NOSE, CHIN = (33, 263), 1, 152


def scaled(image: np.ndarray, factor: float) -> np.ndarray:
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def test_the_astronaut_has_one_face_where_it_is(face_models: FaceModels) -> None:
    search = face_models.find_faces(astronaut())
    (face,) = search.faces
    assert search.quarter_turns == 0
    assert face.landmarks.shape == (468, 3)
    assert face.presence > 20
    assert np.allclose(face.box, [179, 69, 272, 177], atol=6)
    right, left = face.landmarks[list(EYES), :2]
    assert right[0] < face.landmarks[NOSE, 0] < left[0]
    assert face.landmarks[CHIN, 1] > face.landmarks[NOSE, 1] > right[1]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_on_its_side_is_turned_upright(face_models: FaceModels, turns: int) -> None:
    upright = face_models.find_faces(astronaut())
    search = face_models.find_faces(np.ascontiguousarray(np.rot90(astronaut(), turns)))
    assert search.quarter_turns == 4 - turns
    assert np.array_equal(search.image, upright.image)
    assert np.abs(search.faces[0].landmarks - upright.faces[0].landmarks).max() < 1


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_a_tilted_head_is_not_turned(face_models: FaceModels, degrees: float) -> None:
    warp = cv2.getRotationMatrix2D((226, 123), degrees, 1)
    tilted = cv2.warpAffine(astronaut(), warp, (512, 512))
    search = face_models.find_faces(tilted)
    assert search.quarter_turns == 0
    expected = face_models.find_faces(astronaut()).faces[0].landmarks[:, :2] @ warp[:, :2].T
    assert np.abs(search.faces[0].landmarks[:, :2] - expected - warp[:, 2]).mean() < 2.5


def test_the_landmarks_follow_the_scale(face_models: FaceModels) -> None:
    full = face_models.find_faces(astronaut()).faces[0].landmarks
    half = face_models.find_faces(scaled(astronaut(), 0.5)).faces[0].landmarks
    width = np.linalg.norm(full[234, :2] - full[454, :2])
    error = np.linalg.norm(half[:, :2] * 2 - full[:, :2], axis=1).mean()
    assert error < 0.015 * width


def test_no_face_is_certain_within_a_second(face_models: FaceModels) -> None:
    from skimage import data  # noqa: PLC0415  slow import

    rng = np.random.default_rng(0)
    pictures = {
        "cat": data.chelsea(),
        "coffee": data.coffee(),
        "rocket": data.rocket(),
        "print": np.stack([data.page()] * 3, -1),
        "flat": np.full((2048, 2048, 3), 128, np.uint8),
        "noise": rng.integers(0, 256, (600, 800, 3), np.uint8),
        "strip": rng.integers(0, 256, (100, 2048, 3), np.uint8),
        "pixel": np.zeros((1, 1, 3), np.uint8),
    }
    for name, picture in pictures.items():
        started = time.process_time()
        search = face_models.find_faces(picture)
        with pytest.raises(NoFace):
            pick_subject(search, "largest")
        assert time.process_time() - started < 2, name  # CPU time: it does not search for ever


def test_a_tiny_face_is_too_small(face_models: FaceModels) -> None:
    small = face_models.find_faces(scaled(astronaut(), 0.22))
    with pytest.raises(FaceTooSmall, match="eye corners"):
        pick_subject(small, "largest")
    pick_subject(face_models.find_faces(scaled(astronaut(), 0.35)), "largest")


def test_a_face_over_the_border_is_cut_off(face_models: FaceModels) -> None:
    image = astronaut()
    for cut in (image[:, 200:], image[:, :250], image[:155], image[95:]):
        search = face_models.find_faces(np.ascontiguousarray(cut))
        with pytest.raises(FaceCutOff, match="%"):
            pick_subject(search, "largest")
    whole = face_models.find_faces(np.ascontiguousarray(image[60:200, 170:290]))
    assert cut_off(pick_subject(whole, "largest"), whole.image) < 0.05


def test_the_subject_is_an_index_from_the_largest(face_models: FaceModels) -> None:
    image = np.full((512, 900, 3), 200, np.uint8)
    image[:, :512] = astronaut()
    small = scaled(astronaut(), 0.6)
    image[:307, 560:867] = small
    search = face_models.find_faces(image)
    assert len(search.faces) == 2
    assert pick_subject(search, "largest") is search.faces[0]
    assert pick_subject(search, "0").box[0] < 300
    assert pick_subject(search, "1").box[0] > 560
    for absent in ("2", "-1", "left", "", "1.0", "9" * 400, "²"):
        with pytest.raises(NoSuchSubject, match="2 faces"):
            pick_subject(search, absent)


def test_two_people_are_both_found(face_models: FaceModels) -> None:
    search = face_models.find_faces(decode_photo(portrait_path("two_faces.jpg").read_bytes()))
    assert len(search.faces) >= 2
    areas = [np.prod(face.box[2:] - face.box[:2]) for face in search.faces]
    assert areas == sorted(areas, reverse=True)


def test_the_person_mask_covers_the_head_and_not_the_wall(face_models: FaceModels) -> None:
    image = astronaut()[20:320, 80:380]
    mask = face_models.person_mask(np.ascontiguousarray(image))
    assert mask.shape == (300, 300)
    assert mask.dtype == np.float32
    assert mask[60:150, 110:180].mean() > 0.9
    assert mask[:40, :40].mean() < 0.1


def test_threads_share_the_models(face_models: FaceModels) -> None:
    pictures = [astronaut(), scaled(astronaut(), 0.7), np.ascontiguousarray(astronaut()[:, ::-1])]
    alone = [face_models.find_faces(picture).faces[0].landmarks for picture in pictures]
    together: dict[int, list[np.ndarray]] = {}

    def work(index: int) -> None:
        found = (face_models.find_faces(pictures[index]) for _ in range(6))
        together[index] = [search.faces[0].landmarks for search in found]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, expected in enumerate(alone):
        assert all(np.array_equal(found, expected) for found in together[index])


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="face_detection_short_range") as caught:
        FaceModels.load(tmp_path)
    assert "make setup" in caught.value.advice


def test_an_empty_search_has_no_subject_even_by_index() -> None:
    search = FaceSearch(np.zeros((4, 4, 3), np.uint8), 0, ())
    with pytest.raises(NoFace):
        pick_subject(replace(search, quarter_turns=1), "0")
