"""Portraits with nothing behind: clean edges, nothing of the room, the same picture inside."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from common.vision.faces import FaceModels
from common.vision.png import encode_png
from stylize_service.domain.cutout import HEM, Cutout, to_rgba, unfringed
from stylize_service.domain.pixel import CELLS
from stylize_service.domain.portrait import Sitter, pose_sitter
from stylize_service.domain.styles import STYLES
from stylize_service.domain.tones import to_lab
from stylize_service.engines.builtin import BuiltinEngine
from tests.portraits import astronaut

NAMES = tuple(STYLES)
SIZE = 512


@pytest.fixture(scope="module")
def sitter(face_models: FaceModels) -> Sitter:
    search = face_models.find_faces(astronaut())
    return pose_sitter(search.image, search.faces[0], face_models.person_mask)


@pytest.fixture(scope="module")
def cutouts(sitter: Sitter) -> dict[str, np.ndarray]:
    return {name: style.cut_out(sitter, SIZE, 0) for name, style in STYLES.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_sitter_is_opaque_and_the_room_is_gone(
    cutouts: dict[str, np.ndarray], sitter: Sitter, name: str
) -> None:
    alpha = cutouts[name][..., 3]
    inner = cv2.erode(sitter.matte, np.ones((9, 9), np.uint8), borderValue=1) > 0.99
    inner[-80:] = inner[:, :60] = inner[:, -60:] = False  # where washes end
    assert (alpha[inner] == 255).all()
    far = cv2.dilate(sitter.matte, np.ones((31, 31), np.uint8)) < 0.01
    assert (alpha[far] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_inside_it_is_the_drawn_portrait(
    cutouts: dict[str, np.ndarray], sitter: Sitter, name: str
) -> None:
    drawn = STYLES[name].draw(sitter, SIZE, 0)
    inner = cv2.erode(sitter.matte, np.ones((41, 41), np.uint8), borderValue=0) > 0.99
    inner[-80:] = False
    difference = np.abs(drawn.astype(int) - cutouts[name][..., :3])[inner]
    assert difference.mean() < (9 if name == "pixel" else 4)  # whose palette is the sitter's


@pytest.mark.parametrize("name", NAMES)
def test_no_rim_in_the_colour_of_the_wall_is_left(
    cutouts: dict[str, np.ndarray], sitter: Sitter, name: str
) -> None:
    """A wall as green as can be, mixed into every pixel that the matte is not sure of."""
    own = cv2.GaussianBlur(sitter.matte, (0, 0), 1.0)[..., None]
    green = (sitter.picture * own + np.array([0, 255, 0]) * (1 - own)).astype(np.uint8)
    before = replace(sitter, picture=green, lab=to_lab(green))
    found = STYLES[name].cut_out(before, SIZE, 0)
    assert _green(found).sum() <= _green(cutouts[name]).sum() + 20


def _green(picture: np.ndarray) -> np.ndarray:
    colour = picture.astype(int)
    return (colour[..., 1] - colour[..., [0, 2]].max(-1) > 40) & (colour[..., 3] > 40)


def test_the_cel_keeps_its_white_edge(cutouts: dict[str, np.ndarray], sitter: Sitter) -> None:
    near = cv2.dilate((sitter.matte > 0.5).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    edge = near & (cv2.dilate(sitter.matte, np.ones((3, 3), np.uint8)) < 0.01)
    edge[-10:] = False
    opaque = cutouts["cel"][..., 3] == 255
    assert opaque[edge].mean() > 0.9
    assert (cutouts["cel"][..., :3][edge & opaque] > 240).all(1).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [128, 700])
def test_every_style_keeps_the_size(sitter: Sitter, name: str, size: int) -> None:
    picture = STYLES[name].cut_out(sitter, size, 0)
    assert picture.shape == (size, size, 4)
    assert picture.dtype == np.uint8
    assert 0.3 < (picture[..., 3] > 128).mean() < 0.8


@pytest.mark.parametrize("name", [name for name in NAMES if name != "watercolor"])
def test_the_edge_is_as_sharp_in_a_large_picture(sitter: Sitter, name: str) -> None:
    alpha = STYLES[name].cut_out(sitter, 2048, 0)[..., 3]
    between = ((alpha > 12) & (alpha < 243)).sum()
    contour = (cv2.dilate(alpha, np.ones((3, 3), np.uint8)) > 128).sum() - (alpha > 128).sum()
    assert between < 4 * contour


def test_pixel_art_is_cut_along_its_cells(sitter: Sitter) -> None:
    alpha = STYLES["pixel"].cut_out(sitter, CELLS * 4, 0)[..., 3]
    assert set(np.unique(alpha)) == {0, 255}
    assert np.array_equal(np.repeat(np.repeat(alpha[::4, ::4], 4, 0), 4, 1), alpha)


def test_what_cannot_be_seen_has_no_colour_of_its_own(cutouts: dict[str, np.ndarray]) -> None:
    for picture in cutouts.values():
        seen = cv2.dilate(picture[..., 3], np.ones((2 * HEM + 1,) * 2, np.uint8)) > 0
        assert (picture[..., :3][~seen] == 255).all()


def test_reducing_mixes_no_invisible_colour_in() -> None:
    colour = np.full((64, 64, 3), (255, 0, 255), np.uint8)
    colour[:, :33] = (10, 200, 30)
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, :33] = 1
    small = to_rgba(Cutout(colour, alpha), 16)
    assert (small[:, :9, :3] == (10, 200, 30)).all()
    assert small[0, 8, 3] == 64


def test_a_sitter_without_a_sure_pixel_stays_as_it_is(sitter: Sitter) -> None:
    faint = replace(sitter, matte=sitter.matte * 0.5)
    assert unfringed(faint) is faint


def test_the_engine_makes_a_png_with_alpha(face_models: FaceModels) -> None:
    engine = BuiltinEngine(face_models)
    picture = engine.portrait(astronaut(), "cel", size=256, background="transparent")
    data = encode_png(picture)
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(cv2.cvtColor(back, cv2.COLOR_BGRA2RGBA), picture)
    again = engine.portrait(astronaut(), "cel", size=256, background="transparent")
    assert encode_png(again) == data
