"""The drawn face: everything in its place, personal, symmetric, and the same every time."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy.interpolate import CubicSpline

from fusion_service.domain.attributes import Attributes
from fusion_service.domain.face.canvas import FEATURE_SCALE, Canvas, ellipse, spline
from fusion_service.domain.face.mouth import draw_lips
from fusion_service.domain.face.paint import RELIEF_PX, face_relief, face_texture
from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z, TEXTURE_MM, TEXTURE_PX
from fusion_service.domain.palette import Palette, choose_palette, lab_to_srgb
from tests.unit.fusion.factories import make_attributes


class Face(NamedTuple):
    texture: npt.NDArray[np.uint8]
    relief: npt.NDArray[np.float32]


def paint(person: Attributes, palette: Palette | None = None) -> Face:
    palette = palette or choose_palette(person)
    return Face(face_texture(person, palette), face_relief(person, TEXTURE_PX))


def pixel(u: float, v: float) -> tuple[int, int]:
    """Row and column of a point in mm, v down from the eye line."""
    column = (u * FEATURE_SCALE / TEXTURE_MM + 0.5) * TEXTURE_PX
    z = EYE_LINE_Z - v * FEATURE_SCALE
    row = (HEAD_CENTRE_Z + TEXTURE_MM / 2 - z) / TEXTURE_MM * TEXTURE_PX
    return round(row), round(column)


def box(v0: float, v1: float, u0: float, u1: float) -> tuple[slice, slice]:
    (top, left), (bottom, right) = pixel(u0, v0), pixel(u1, v1)
    return slice(top, bottom), slice(left, right)


def changed(person: Attributes, other: Attributes) -> npt.NDArray[np.bool_]:
    palette = choose_palette(person)
    one, two = paint(person, palette), paint(other, palette)
    return (one.texture != two.texture).any(-1) | (one.relief != two.relief)


def test_texture_and_relief_have_the_promised_shape() -> None:
    face = paint(make_attributes())
    assert face.texture.shape == (TEXTURE_PX, TEXTURE_PX, 3)
    assert face.texture.dtype == np.uint8
    assert face.relief.shape == (TEXTURE_PX, TEXTURE_PX)
    assert face.relief.dtype == np.float32


def test_the_border_is_plain_skin_so_that_the_back_of_the_head_can_use_it() -> None:
    person = make_attributes(beard=1.0)
    face = paint(person)
    skin = lab_to_srgb(choose_palette(person).skin)
    assert (face.texture[:20] == skin).all()
    assert not face.relief[:20].any()


def test_pupils_are_dark_and_lie_on_the_eye_line() -> None:
    face = paint(make_attributes())
    for u in (-6.1, 6.1):
        row, column = pixel(u, 0.2)
        assert face.texture[row, column].max() < 40
        assert face.relief[row, column] == pytest.approx(0.35, abs=0.05)


def opened(person: Attributes) -> Attributes:
    points = np.array(person.frontal)
    points[[191, 80, 81, 82, 13, 312, 311, 310, 415], 1] -= 0.04
    points[[95, 88, 178, 87, 14, 317, 402, 318, 324], 1] += 0.04
    return person.model_copy(update={"frontal": tuple(map(tuple, points.tolist()))})


def test_a_closed_mouth_has_no_teeth_and_an_open_one_has() -> None:
    person = make_attributes()
    mouth = box(6, 10, -2.5, 2.5)
    assert (paint(person).texture[mouth].min(-1) > 235).sum() == 0
    face = paint(opened(person))
    assert (face.texture[mouth].min(-1) > 235).sum() > 1000
    assert face.relief[mouth].min() < -0.3


def test_no_step_runs_through_the_white_of_the_teeth() -> None:
    face = paint(opened(make_attributes()))
    mouth = box(6, 10, -2.5, 2.5)
    teeth = face.texture[mouth].min(-1) > 235
    assert np.ptp(face.relief[mouth][teeth]) < 0.2


@pytest.mark.parametrize("smile", [-0.008, 0.0])
def test_a_neutral_mouth_gets_a_hint_of_a_smile(smile: float) -> None:
    lips = draw_lips(make_attributes(smile=smile))
    line = (lips.upper_inner + lips.lower_inner)[:, 1] / 2
    assert line[[0, -1]].max() < line[30] - 0.5  # v runs down


def test_a_beard_darkens_chin_and_jaw_but_not_eyes_or_lips() -> None:
    person, bearded = make_attributes(), make_attributes(beard=1.0)
    before, after = paint(person), paint(bearded)
    chin = box(11, 13, -4, 4)
    assert after.texture[chin].mean() < before.texture[chin].mean() - 40
    upper = slice(0, pixel(0, -1.5)[0])
    assert (after.texture[upper, 200:824] == before.texture[upper, 200:824]).all()
    lips, around = after.texture[pixel(0.0, 8.6)], after.texture[chin].reshape(-1, 3).mean(0)
    assert int(lips[0]) - int(lips[2]) > around[0] - around[2]  # still red


def test_a_stronger_beard_is_darker() -> None:
    chin = box(11, 13, -4, 4)
    means = [paint(make_attributes(beard=s)).texture[chin].mean() for s in (0, 0.2, 0.6, 1)]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize(
    "change",
    [
        {"eye_open": 0.22},
        {"eye_distance": 0.29},
        {"eye_tilt": 6.0},
        {"smile": 0.05},
        {"lipstick": 1.0},
        {"nose_width": 0.37},
    ],
)
def test_every_measured_feature_is_seen_in_the_drawing(change: dict[str, float]) -> None:
    person = make_attributes()
    assert changed(person, person.model_copy(update=change)).sum() > 300


def test_brows_never_frown() -> None:
    person = make_attributes()
    points = np.array(person.frontal)
    for inner in (107, 55, 336, 285):
        points[inner, 1] += 0.06  # inner ends pulled down in anger
    angry = person.model_copy(update={"frontal": tuple(map(tuple, points.tolist()))})
    face = paint(angry)
    skin = np.array(lab_to_srgb(choose_palette(person).skin), int)
    brows = np.abs(face.texture[box(-8.5, -3.9, -12, -2)].astype(int) - skin).sum(-1) > 150
    columns = np.flatnonzero(brows.any(0))
    middles = [np.flatnonzero(brows[:, column]).mean() for column in columns]
    towards_nose_and_down = np.polyfit(columns, middles, 1)[0]
    assert len(columns) > 150
    assert towards_nose_and_down < 0.05


def test_a_symmetric_person_gets_a_symmetric_relief() -> None:
    relief = paint(make_attributes(beard=0.5)).relief
    assert np.abs(relief - relief[:, ::-1]).mean() < 0.004


def test_drawing_twice_gives_the_same_bytes() -> None:
    person = make_attributes(beard=0.7)
    one, other = paint(person), paint(person)
    assert one.texture.tobytes() == other.texture.tobytes()
    assert one.relief.tobytes() == other.relief.tobytes()


def test_recolouring_keeps_the_relief() -> None:
    person = make_attributes()
    palette = choose_palette(person)
    other = choose_palette(person.model_copy(update={"skin": (45.0, 12.0, 18.0)}))
    one, two = paint(person, palette), paint(person, other)
    assert one.relief.tobytes() == two.relief.tobytes()
    assert (one.texture[5, 5] != two.texture[5, 5]).any()


def test_spline_agrees_with_scipy() -> None:
    knots = np.random.default_rng(2).normal(size=(11, 2))
    expected = CubicSpline(np.arange(11), knots, bc_type="natural")(np.linspace(0, 10, 61))
    assert spline(knots, 61) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("blur", [0.0, 0.1, 0.5, 1.5])
def test_a_soft_edge_keeps_the_area_and_the_place(blur: float) -> None:
    canvas = Canvas()
    patch = canvas.cover(ellipse(2.0, 3.0, 3.0, 2.0), blur)
    area = np.pi * 6 * (FEATURE_SCALE * canvas.px_per_mm) ** 2
    assert patch.alpha.sum() == pytest.approx(area, rel=0.02)
    rows, columns = np.indices(patch.alpha.shape)
    row, column = pixel(2.0, 3.0)
    centre = np.array([(patch.alpha * rows).sum(), (patch.alpha * columns).sum()])
    assert centre / patch.alpha.sum() + [patch.y, patch.x] == pytest.approx([row, column], abs=1.5)


def test_the_relief_is_the_same_at_any_size() -> None:
    person = make_attributes(beard=0.8)
    small, large = face_relief(person), face_relief(person, TEXTURE_PX)
    assert small.shape == (RELIEF_PX, RELIEF_PX)
    shrunk = cv2.resize(large, (RELIEF_PX, RELIEF_PX), interpolation=cv2.INTER_AREA)
    assert np.abs(small - shrunk).mean() < 0.01
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("kind", ["moustache", "goatee", "full"])
def test_a_beard_grows_where_its_kind_says_and_stands_out(kind: str) -> None:
    face = paint(make_attributes(beard=0.9, beard_kind=kind))
    bare = paint(make_attributes())
    darker = face.texture.astype(int).sum(-1) < bare.texture.astype(int).sum(-1) - 60
    lip, chin, jaw = box(6.0, 6.6, -2, 2), box(11.2, 12.2, -2, 2), box(5.5, 6.5, 11.4, 12.4)
    grows = [bool(darker[place].mean() > 0.5) for place in (lip, chin, jaw)]
    assert (
        grows
        == {
            "moustache": [True, False, False],
            "goatee": [True, True, False],
            "full": [True, True, True],
        }[kind]
    )
    assert (face.relief - bare.relief)[lip].max() > 0.3


def test_stubble_is_a_shade_and_no_relief() -> None:
    face = paint(make_attributes(beard=0.4, beard_kind="stubble"))
    bare = paint(make_attributes())
    chin = box(11, 13, -3, 3)
    assert (
        bare.texture[chin].mean() - 60 < face.texture[chin].mean() < bare.texture[chin].mean() - 8
    )
    assert face.relief.tobytes() == bare.relief.tobytes()


def test_a_fair_beard_is_as_fair_as_the_hair() -> None:
    colours = {"skin": (48.0, 14.0, 18.0), "hair": (84.0, 1.0, 4.0)}
    person = make_attributes(beard=0.9).model_copy(update=colours)
    chin = box(11.2, 12.2, -2, 2)
    bare = paint(person.model_copy(update={"beard": 0.0, "beard_kind": "none"}))
    assert paint(person).texture[chin].mean() > bare.texture[chin].mean() + 20


@pytest.mark.parametrize("feature", ["freckles", "blush"])
def test_freckles_and_blush_are_subtle_and_on_the_cheeks_only(feature: str) -> None:
    person = make_attributes()
    other = person.model_copy(update={feature: 1.0})
    assert face_relief(person).tobytes() == face_relief(other).tobytes()
    palette = choose_palette(person)
    plain, marked = face_texture(person, palette), face_texture(other, palette)
    difference = np.abs(plain.astype(int) - marked).max(-1)
    assert (difference > 3).sum() > 500
    assert difference.max() < 60
    outside = np.ones(difference.shape, bool)
    outside[box(-1.0, 10.0, -16, 16)] = False
    assert not difference[outside].any()


def test_a_child_has_larger_eyes_that_lie_lower() -> None:
    adult, child = paint(make_attributes()), paint(make_attributes(child=1.0))
    dark = [np.argwhere(face.texture[:700].max(-1) < 40) for face in (adult, child)]
    assert len(dark[1]) > 1.1 * len(dark[0])
    assert dark[1][:, 0].mean() > dark[0][:, 0].mean() + 1.0 * TEXTURE_PX / TEXTURE_MM
