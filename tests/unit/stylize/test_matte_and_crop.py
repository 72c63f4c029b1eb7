"""Crop, light and matte, mostly on made-up pictures: no network needed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from common.vision.faces import Face
from stylize_service.domain.crop import HeadCrop, crop_head
from stylize_service.domain.light import relight
from stylize_service.domain.matte import FACE_OVAL, sitter_matte
from stylize_service.domain.portrait import pose_sitter

SIDE = 256
SKIN = np.array([205, 160, 135])


def oval_face(centre: tuple[float, float], height: float) -> Face:
    """A face whose landmarks fill an ellipse, with the named points where they belong."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 468), np.sqrt(rng.uniform(0, 0.9, 468))
    points = np.stack([np.sin(angle) * radius * 0.8, -np.cos(angle) * radius], 1)
    turn = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    points[list(FACE_OVAL)] = np.stack([np.sin(turn) * 0.8, -np.cos(turn)], 1)
    for ids, x in (((33, 133, 159, 145), -0.35), ((263, 362, 386, 374), 0.35)):
        points[list(ids)] = [(x, -0.25), (x * 0.6, -0.25), (x, -0.3), (x, -0.2)]
    points[33], points[263] = (-0.5, -0.25), (0.5, -0.25)
    points[10], points[152], points[234], points[454] = (0, -1), (0, 1), (-0.8, 0), (0.8, 0)
    flat = points * height / 2 + centre
    landmarks = np.column_stack([flat, np.zeros(468)]).astype(np.float32)
    box = np.concatenate([flat.min(0), flat.max(0)])
    return Face(box, landmarks, 20.0, 0.9)


def figure(side: int = SIDE) -> np.ndarray:
    """Mask of a head on shoulders that run off the bottom."""
    mask = np.zeros((side, side), np.float32)
    middle = side // 2
    cv2.ellipse(mask, (middle, int(side * 0.42)), (side // 5, side // 4), 0, 0, 360, 1.0, -1)
    cv2.ellipse(mask, (middle, side), (int(side * 0.42), int(side * 0.3)), 0, 0, 360, 1.0, -1)
    cv2.rectangle(mask, (middle - side // 12, side // 2), (middle + side // 12, side), 1.0, -1)
    return mask


def crop_of(picture: np.ndarray, inside: np.ndarray | None = None) -> HeadCrop:
    everywhere = np.full(picture.shape[:2], 255, np.uint8)
    face = oval_face((SIDE / 2, SIDE * 0.44), SIDE * 0.37)
    return HeadCrop(picture, everywhere if inside is None else inside, face.landmarks)


def painted(mask: np.ndarray) -> np.ndarray:
    picture = np.full((*mask.shape, 3), 90, np.uint8)
    picture[mask > 0.5] = SKIN
    return picture


def test_a_clean_mask_stays_and_runs_off_the_bottom() -> None:
    mask = figure()
    picture = painted(mask)
    matte = sitter_matte(mask, picture, crop_of(picture))
    assert np.abs(matte - mask).mean() < 0.01
    assert matte[-1, SIDE // 4 : -SIDE // 4].min() > 0.99
    assert matte.max() <= 1
    assert matte.min() >= 0


@pytest.mark.parametrize("bridge", [0, 3, 7])
def test_a_logo_beside_the_head_does_not_get_through(bridge: int) -> None:
    mask = figure()
    logo = np.s_[30:75, 200:250]
    mask[logo] = 1
    if bridge:
        cv2.line(mask, (160, 60), (205, 50), 1.0, bridge)
    picture = painted(mask)
    matte = sitter_matte(mask, picture, crop_of(picture))
    assert matte[logo].max() < 0.05
    assert matte[60:150, 105:150].min() > 0.95


def test_a_halo_of_doubt_is_background() -> None:
    mask = figure()
    halo = cv2.dilate(mask, np.ones((25, 25), np.uint8))
    picture = painted(mask)
    matte = sitter_matte(np.maximum(mask, halo * np.float32(0.66)), picture, crop_of(picture))
    assert np.abs(matte - mask).mean() < 0.01


def test_what_only_one_view_takes_for_a_person_is_background() -> None:
    face = oval_face((256, 225), 190)
    mask = cv2.resize(figure(), (512, 512))
    picture = painted(mask)
    views = []

    def person_mask(view: np.ndarray) -> np.ndarray:
        views.append(view)
        seen = np.ascontiguousarray(cv2.resize(figure(), view.shape[:2]))
        if len(views) == 2:
            seen[120:260, 330:] = 1
        return seen

    sitter = pose_sitter(picture, face, person_mask)
    assert np.array_equal(views[0], views[1][:, ::-1])
    assert sitter.matte[80:240, :90].max() < 0.05
    assert sitter.matte[80:240, 420:].max() < 0.05
    assert sitter.matte[200, 256] == 1


def test_the_face_is_never_punched_out_and_holes_are_filled() -> None:
    mask = figure()
    mask[95:125, 110:140] = 0
    picture = painted(figure())
    matte = sitter_matte(mask, picture, crop_of(picture))
    assert matte[80:150, 105:150].min() > 0.95


def test_nothing_beyond_the_photo_belongs_to_the_sitter() -> None:
    mask = figure()
    inside = np.full(mask.shape, 255, np.uint8)
    inside[:, 170:] = 0
    picture = painted(mask)
    matte = sitter_matte(mask, picture, crop_of(picture, inside))
    assert matte[:, 170:].max() == 0
    assert matte[-20, 150] > 0.9


@pytest.mark.parametrize("centre", [(150, 160), (320, 240), (500, 330), (320, 120)])
def test_the_crop_stays_inside_the_photo_when_it_can(centre: tuple[int, int]) -> None:
    photo = np.full((480, 640, 3), 128, np.uint8)
    crop = crop_head(photo, oval_face(centre, 110), SIDE)
    assert crop.inside.min() == 255
    chin, top = crop.landmarks[152], crop.landmarks[10]
    assert SIDE / 2.8 < np.linalg.norm(chin - top) < SIDE / 2.1
    assert np.all(crop.landmarks[list(FACE_OVAL), :2] > 0)
    assert np.all(crop.landmarks[list(FACE_OVAL), :2] < SIDE)


def test_beyond_the_photo_the_crop_says_so() -> None:
    photo = np.full((200, 120, 3), 128, np.uint8)
    crop = crop_head(photo, oval_face((60, 90), 110), SIDE)
    assert crop.inside[:, :20].max() == 0
    assert crop.inside[150, 128] == 255


def test_a_strong_tilt_is_reduced_a_slight_one_kept() -> None:
    face = oval_face((320, 240), 110)
    for degrees, expected in ((10, 10), (40, 18), (-40, -18)):
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        flat = (face.landmarks[:, :2] - [320, 240]) @ turn.T + [320, 240]
        landmarks = np.column_stack([flat, face.landmarks[:, 2]]).astype(np.float32)
        tilted = Face(face.box, landmarks, 20.0, 0.9)
        crop = crop_head(np.full((480, 640, 3), 128, np.uint8), tilted, SIDE)
        eyes = crop.landmarks[263, :2] - crop.landmarks[33, :2]
        assert np.degrees(np.arctan2(eyes[1], eyes[0])) == pytest.approx(expected, abs=1.5)


def skin_lab(picture: np.ndarray) -> np.ndarray:
    patch = picture[120:140, 120:136].reshape(-1, 3).mean(0).astype(np.float32) / 255
    return cv2.cvtColor(patch[None, None], cv2.COLOR_RGB2LAB).ravel()


def lit(picture: np.ndarray, light: float | tuple[float, float, float]) -> np.ndarray:
    """The picture under another light, in linear units."""
    linear = (picture / 255.0) ** 2.2 * light
    return np.clip(linear ** (1 / 2.2) * 255 + 0.5, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [0.6, 0.3, 0.12])
def test_exposure_does_not_change_the_result(light: float) -> None:
    picture = painted(figure())
    picture[:40, :40], picture[:40, -40:] = 250, 5
    expected = relight(crop_of(picture)).astype(int)
    found = relight(crop_of(lit(picture, light))).astype(int)
    assert np.abs(found - expected).max() < 14


def test_a_warm_lamp_is_balanced_by_the_skin() -> None:
    picture = painted(figure())
    picture[:40, :40], picture[:40, -40:] = 250, 5
    before = skin_lab(lit(picture, (1.0, 0.62, 0.42)))
    after = skin_lab(relight(crop_of(lit(picture, (1.0, 0.62, 0.42)))))
    neutral = skin_lab(relight(crop_of(picture)))
    assert np.linalg.norm(after - neutral) < 0.5 * np.linalg.norm(before - neutral)


def test_dark_skin_is_lifted_but_stays_darker_than_pale_skin() -> None:
    results = []
    for colour in ((90, 62, 50), (150, 110, 88), (225, 185, 165)):
        picture = painted(figure())
        picture[figure() > 0.5] = colour
        picture[:40, :40], picture[:40, -40:] = 250, 5
        results.append(skin_lab(relight(crop_of(picture)))[0])
    assert 48 < results[0] < results[1] - 5 < results[2] - 15
    assert results[2] < 90
