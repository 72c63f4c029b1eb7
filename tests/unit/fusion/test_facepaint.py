"""The drawn face: everything in its place, personal, symmetric, and the same every time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.interpolate import CubicSpline

from fusion_service.domain.attributes import Attributes
from fusion_service.domain.face.canvas import FEATURE_SCALE, PX_PER_MM, cover, ellipse, spline
from fusion_service.domain.face.mouth import draw_lips
from fusion_service.domain.face.paint import FacePaint, paint_face
from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z, TEXTURE_MM, TEXTURE_PX
from fusion_service.domain.palette import choose_palette, lab_to_srgb
from tests.unit.fusion.factories import make_attributes


def paint(person: Attributes) -> FacePaint:
    return paint_face(person, choose_palette(person))


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
    one, two = paint_face(person, palette), paint_face(other, palette)
    return (one.texture != two.texture).any(-1) | (one.relief != two.relief)


def test_texture_and_relief_have_the_promised_shape() -> None:
    face = paint(make_attributes())
    assert face.texture.shape == (TEXTURE_PX, TEXTURE_PX, 3)
    assert face.texture.dtype == np.uint8
    assert face.relief.shape == (TEXTURE_PX, TEXTURE_PX)
    assert face.relief.dtype == np.float32


def test_the_border_is_plain_skin_so_that_the_back_of_the_head_can_use_it() -> None:
    person = make_attributes(beard=1.0, glasses=True)
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


def test_glasses_add_raised_dark_rims_and_nothing_below_the_nose() -> None:
    person, framed = make_attributes(), make_attributes(glasses=True)
    difference = changed(person, framed)
    assert difference.any()
    assert not difference[pixel(0, 6.0)[0] :].any()
    assert paint(framed).relief.max() == pytest.approx(0.8, abs=0.02)


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
    relief = paint(make_attributes(glasses=True, beard=0.5)).relief
    assert np.abs(relief - relief[:, ::-1]).mean() < 0.004


def test_drawing_twice_gives_the_same_bytes() -> None:
    person = make_attributes(beard=0.7, glasses=True)
    one, other = paint(person), paint(person)
    assert one.texture.tobytes() == other.texture.tobytes()
    assert one.relief.tobytes() == other.relief.tobytes()


def test_recolouring_keeps_the_relief() -> None:
    person = make_attributes()
    palette = choose_palette(person)
    other = choose_palette(person.model_copy(update={"skin": (45.0, 12.0, 18.0)}))
    one, two = paint_face(person, palette), paint_face(person, other)
    assert one.relief.tobytes() == two.relief.tobytes()
    assert (one.texture[5, 5] != two.texture[5, 5]).any()


def test_spline_agrees_with_scipy() -> None:
    knots = np.random.default_rng(2).normal(size=(11, 2))
    expected = CubicSpline(np.arange(11), knots, bc_type="natural")(np.linspace(0, 10, 61))
    assert spline(knots, 61) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("blur", [0.0, 0.1, 0.5, 1.5])
def test_a_soft_edge_keeps_the_area_and_the_place(blur: float) -> None:
    patch = cover(ellipse(2.0, 3.0, 3.0, 2.0), blur)
    area = np.pi * 6 * (FEATURE_SCALE * PX_PER_MM) ** 2
    assert patch.alpha.sum() == pytest.approx(area, rel=0.02)
    rows, columns = np.indices(patch.alpha.shape)
    row, column = pixel(2.0, 3.0)
    centre = np.array([(patch.alpha * rows).sum(), (patch.alpha * columns).sum()])
    assert centre / patch.alpha.sum() + [patch.y, patch.x] == pytest.approx([row, column], abs=1.5)
