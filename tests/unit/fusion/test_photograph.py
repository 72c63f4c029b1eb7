"""The photograph on the head: in its place, in the skin colour, without blotches or borders."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from common.vision.faces import FaceModels
from fusion_service.domain.archive import pictures_from_bytes, pictures_to_bytes
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.face.photograph import photograph_texture
from fusion_service.domain.frame import (
    FACE_PICTURE_ORIGIN,
    FACE_PICTURE_PX,
    FACE_PICTURE_SCALE,
    TEXTURE_PX,
)
from fusion_service.domain.head.bust import model_bust
from fusion_service.domain.paint import paint
from fusion_service.domain.palette import choose_palette, hex_to_lab, lab_to_srgb
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Pixels
from tests.portraits import astronaut
from tests.unit.fusion.factories import make_attributes

SKIN = (205, 160, 130)


@pytest.fixture(scope="module")
def studied(face_models: FaceModels) -> tuple[Attributes, Pixels]:
    people, (picture,) = study_people(face_models, astronaut(), "largest", 1)
    return people.people[0], picture


@cache
def face() -> Attributes:
    """A person whose face is an oval."""
    points = np.array(make_attributes().frontal)
    ring = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377]
    ring += [152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
    turn = np.linspace(0, 2 * np.pi, len(ring), endpoint=False)
    points[ring, 0], points[ring, 1] = 0.5 * np.sin(turn), 0.18 - 0.6 * np.cos(turn)
    return make_attributes().model_copy(update={"frontal": tuple(map(tuple, points.tolist()))})


def plain_picture() -> Pixels:
    return np.full((FACE_PICTURE_PX, FACE_PICTURE_PX, 3), SKIN, np.uint8)


def test_bare_skin_takes_the_colour_of_the_palette_everywhere() -> None:
    palette = choose_palette(face())
    texture = photograph_texture(face(), palette, plain_picture())
    assert texture.shape == (TEXTURE_PX, TEXTURE_PX, 3)
    assert np.abs(texture.astype(int) - lab_to_srgb(palette.skin)).max() <= 3


def test_light_from_one_side_leaves_no_blotches() -> None:
    palette = choose_palette(face())
    light = np.linspace(0.55, 1.2, FACE_PICTURE_PX)[None, :, None]
    lit = np.asarray(np.clip(plain_picture() * light, 0, 255), np.uint8)
    texture = photograph_texture(face(), palette, lit)
    off = np.abs(texture.astype(int) - lab_to_srgb(palette.skin)).max(-1)
    assert np.abs(lit.astype(int) - SKIN).max() > 60
    assert np.percentile(off, 99.5) < 16


def test_a_mark_on_the_cheek_lands_on_the_cheek() -> None:
    picture = plain_picture()
    column, row = (
        round(origin + FACE_PICTURE_SCALE * at)
        for origin, at in zip(FACE_PICTURE_ORIGIN, (-0.2, 0.3), strict=True)
    )
    cv2.circle(picture, (column, row), 9, (60, 30, 25), -1)
    palette = choose_palette(face())
    marked = photograph_texture(face(), palette, picture)
    dark = np.argwhere(marked.astype(int).sum(-1) < np.sum(lab_to_srgb(palette.skin)) - 120)
    assert len(dark) > 100
    assert 200 < dark[:, 1].mean() < 450  # left of the middle, as in the picture
    assert 560 < dark[:, 0].mean() < 800


@pytest.mark.parametrize("kind", ["goatee", "full", "stubble"])
def test_a_beard_is_not_bleached_to_skin(studied: tuple[Attributes, Pixels], kind: str) -> None:
    attributes, picture = studied
    points = np.array(attributes.frontal)[[202, 422, 430, 377, 152, 148, 210], :2]
    outline = points * FACE_PICTURE_SCALE + np.array(FACE_PICTURE_ORIGIN)
    dark = cv2.fillPoly(picture.copy(), [outline.astype(np.int32)], (60, 42, 34))
    palette = choose_palette(attributes)
    bearded = attributes.model_copy(update={"beard_kind": kind, "beard": 0.6})
    shaven, worn = (
        photograph_texture(one, palette, dark).astype(int) for one in (attributes, bearded)
    )
    chin = slice(840, 880), slice(460, 564)
    skin = np.mean(lab_to_srgb(palette.skin))
    assert worn[chin].mean() < skin - 90
    assert worn[chin].mean() < shaven[chin].mean() - 25
    assert np.abs(worn - shaven)[:600].max() <= 40  # eyes, nose and forehead stay as they are


def test_a_moustache_keeps_to_the_lip(studied: tuple[Attributes, Pixels]) -> None:
    attributes, picture = studied
    palette = choose_palette(attributes)
    worn = attributes.model_copy(update={"beard_kind": "moustache", "beard": 0.6})
    shaven, changed = (photograph_texture(one, palette, picture) for one in (attributes, worn))
    assert np.abs(shaven.astype(int) - changed)[860:].max() <= 8


def test_the_back_of_the_head_and_the_border_stay_plain(studied: tuple[Attributes, Pixels]) -> None:
    attributes, picture = studied
    palette = choose_palette(attributes)
    texture = photograph_texture(attributes, palette, picture)
    skin = np.array(lab_to_srgb(palette.skin))
    assert (texture[:200] == skin).all()
    assert (texture[:, :60] == skin).all()
    assert (texture[:, -60:] == skin).all()
    assert (texture[300:900, 200:824] != skin).any(-1).mean() > 0.3


def test_skin_follows_a_chosen_colour(studied: tuple[Attributes, Pixels]) -> None:
    attributes, picture = studied
    palette = choose_palette(attributes)
    chosen = type(palette)(**{**palette.__dict__, "skin": hex_to_lab("#7d5036")})
    before, after = (photograph_texture(attributes, p, picture) for p in (palette, chosen))
    cheek = slice(640, 700), slice(300, 360)
    assert after[cheek].mean() < before[cheek].mean() - 40
    assert tuple(after[0, 0]) == (0x7D, 0x50, 0x36)


def test_the_head_is_smooth_and_carries_the_photograph(studied: tuple[Attributes, Pixels]) -> None:
    attributes, picture = studied
    drawn, smooth = model_bust(attributes)[0], model_bust(attributes, drawn=False)[0]
    assert drawn.block.field.tobytes() != smooth.block.field.tobytes()
    form = sculpt([attributes], "default", portrait=True)
    heads = [c.texture for c in paint(form, [attributes], None, [picture]).coats]
    (texture,) = [t for t in heads if t is not None]
    plain = photograph_texture(attributes, choose_palette(attributes), picture)
    assert texture.pixels.tobytes() == plain.tobytes()


def test_pictures_of_two_people_travel_together(studied: tuple[Attributes, Pixels]) -> None:
    _, picture = studied
    one, two = pictures_from_bytes(pictures_to_bytes([picture, picture[:, ::-1]]))
    assert one.shape == two.shape == picture.shape
    assert np.abs(one.astype(int) - picture).mean() < 4
    assert np.abs(two[:, ::-1].astype(int) - picture).mean() < 4


def test_the_same_picture_gives_the_same_bytes(studied: tuple[Attributes, Pixels]) -> None:
    attributes, picture = studied
    palette = choose_palette(attributes)
    one, two = (photograph_texture(attributes, palette, picture) for _ in range(2))
    assert one.tobytes() == two.tobytes()
