"""Measuring: what must not change the result, what must, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from common.errors import FaceTooSmall, NoFace, NoSuchSubject
from common.vision.decode import decode_photo
from common.vision.faces import pick_subject
from fusion_service.domain.attributes import HAIRLINE_COLUMNS, PROFILE_DEGREES, Attributes
from fusion_service.domain.palette import lab_to_srgb
from fusion_service.domain.photo.face_colours import sample_skin
from fusion_service.domain.photo.hair_region import find_hair
from fusion_service.domain.photo.head_crop import _window, crop_head
from fusion_service.domain.photo.light import relight, to_lab
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.photo.pose import estimate_pose
from tests.portraits import astronaut, portrait_path

if TYPE_CHECKING:
    from common.vision.faces import FaceModels

RGB = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def photo() -> RGB:
    return astronaut()


@pytest.fixture(scope="module")
def measured(face_models: FaceModels, photo: RGB) -> Attributes:
    return measure(face_models, photo)


def rolled(photo: RGB, degrees: float) -> RGB:
    """Turn clockwise on a canvas that is large enough."""
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = int(height * sine + width * cosine), int(height * cosine + width * sine)
    matrix[:, 2] += [(size[0] - width) / 2, (size[1] - height) / 2]
    grey = (127, 127, 127)
    return cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_CUBIC, borderValue=grey)


def jpeg(photo: RGB, quality: int) -> RGB:
    _, coded = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def half_size(photo: RGB) -> RGB:
    return cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def colour_distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


def shape_error(one: Attributes, other: Attributes) -> float:
    """Mean distance of the landmarks in face widths after the best similarity."""
    a, b = (np.array(x.frontal)[:, :2] for x in (one, other))
    a, b = a - a.mean(0), b - b.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    return float(np.linalg.norm(s.sum() / (a * a).sum() * a @ u @ vt - b, axis=1).mean())


def shift_hue(photo: RGB, mask: npt.NDArray[np.bool_], degrees: float) -> RGB:
    lab = to_lab(photo)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    lab[..., 1:] = np.where(mask[..., None], lab[..., 1:] @ turn, lab[..., 1:])
    shifted = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.clip(np.round(255 * shifted), 0, 255).astype(np.uint8)


VARIANTS = {
    "roll 15": lambda photo: rolled(photo, 15),
    "roll 30": lambda photo: rolled(photo, 30),
    "roll 45": lambda photo: rolled(photo, 45),
    "roll 60": lambda photo: rolled(photo, 60),
    "jpeg quality 10": lambda photo: jpeg(photo, 10),
    "half the code values": lambda photo: (photo * 0.5).astype(np.uint8),
    "half the light": lambda photo: relight(photo, 0.5, np.ones(3)),
    "half the size": half_size,
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_photo_in_another_state_measures_the_same(
    face_models: FaceModels, photo: RGB, measured: Attributes, name: str
) -> None:
    variant = measure(face_models, VARIANTS[name](photo))
    assert colour_distance(variant.skin, measured.skin) < 6
    assert colour_distance(variant.hair, measured.hair) < 6
    assert variant.shirt is not None
    assert measured.shirt is not None
    assert colour_distance(variant.shirt, measured.shirt) < 12
    assert variant.hair_length_left == pytest.approx(measured.hair_length_left, abs=0.1)
    assert variant.hair_length_right == pytest.approx(measured.hair_length_right, abs=0.1)
    assert shape_error(variant, measured) < 0.012
    named = ("hair_type", "hair_tied", "glasses", "beard_kind", "headwear", "fringe_side")
    assert [getattr(variant, name) for name in named] == [getattr(measured, name) for name in named]


def test_a_mirrored_photo_swaps_left_and_right(
    face_models: FaceModels, photo: RGB, measured: Attributes
) -> None:
    mirrored = measure(face_models, np.ascontiguousarray(photo[:, ::-1]))
    assert mirrored.hair_length_left == pytest.approx(measured.hair_length_right, abs=0.05)
    assert mirrored.hair_length_right == pytest.approx(measured.hair_length_left, abs=0.05)
    assert mirrored.hair_profile == pytest.approx(measured.hair_profile[::-1], abs=0.12)
    assert mirrored.roll == pytest.approx(-measured.roll, abs=2)
    assert mirrored.smile == pytest.approx(measured.smile, abs=0.01)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_on_its_side_measures_exactly_as_upright(
    face_models: FaceModels, photo: RGB, measured: Attributes, turns: int
) -> None:
    turned = measure(face_models, np.ascontiguousarray(np.rot90(photo, turns)))
    assert turned.quarter_turns == 4 - turns
    assert turned.model_copy(update={"quarter_turns": 0}) == measured


def test_measuring_twice_gives_the_same_bytes(
    face_models: FaceModels, photo: RGB, measured: Attributes
) -> None:
    cv2.setRNGSeed(12345)
    assert measure(face_models, photo).model_dump_json() == measured.model_dump_json()


def test_attributes_travel_as_short_json(measured: Attributes) -> None:
    text = measured.model_dump_json()
    assert len(text) < 16_000
    assert Attributes.model_validate_json(text) == measured


def test_attributes_ignore_fields_of_a_newer_version(measured: Attributes) -> None:
    values = measured.model_dump() | {"hat": True}
    assert Attributes.model_validate(values) == measured


def test_the_astronaut_is_read_as_anybody_would(measured: Attributes) -> None:
    assert measured.faces_in_photo == 1
    assert abs(measured.yaw) < 8
    assert measured.smile > 0.02
    assert measured.mouth_open > 0.05  # teeth
    assert max(measured.hair_length_left, measured.hair_length_right) < -0.12
    assert measured.beard == 0
    assert measured.skin[0] > measured.hair[0] + 15
    assert measured.shirt is not None
    assert measured.shirt[1] > 25  # orange
    assert len(measured.hair_profile) == len(PROFILE_DEGREES)
    assert len(measured.hairline) == len(HAIRLINE_COLUMNS)
    assert len(measured.frontal) == 468
    assert np.array(measured.frontal)[454, 0] - np.array(measured.frontal)[234, 0] == pytest.approx(
        1, abs=0.001
    )


@pytest.mark.parametrize("name", ["flat", "noise", "chelsea", "coffee", "rocket"])
def test_pictures_without_a_face_are_refused(face_models: FaceModels, name: str) -> None:
    picture = {
        "flat": lambda: np.full((400, 600, 3), 128, np.uint8),
        "noise": lambda: np.random.default_rng(1).integers(0, 256, (400, 600, 3), np.uint8),
        "chelsea": data.chelsea,
        "coffee": data.coffee,
        "rocket": data.rocket,
    }[name]()
    with pytest.raises(NoFace):
        measure(face_models, picture)


def test_a_tiny_face_and_an_unknown_subject_are_refused(
    face_models: FaceModels, photo: RGB
) -> None:
    with pytest.raises((FaceTooSmall, NoFace)):
        measure(face_models, half_size(half_size(photo)))
    with pytest.raises(NoSuchSubject):
        measure(face_models, photo, subject="1")


def hair_mask(models: FaceModels, photo: RGB) -> npt.NDArray[np.bool_]:
    """Hair in px of the photo."""
    face = pick_subject(models.find_faces(photo), "largest")
    pose = estimate_pose(face.landmarks)
    head = crop_head(models, photo, face.landmarks, pose)
    whole = find_hair(head, sample_skin(head)).whole.astype(np.uint8)
    matrix = _window(face.landmarks[:, :2].astype(np.float64), pose)
    size = photo.shape[1], photo.shape[0]
    return cv2.warpAffine(whole, matrix, size, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR) > 0


def test_recoloured_hair_is_followed_by_the_hair_alone(
    face_models: FaceModels, photo: RGB, measured: Attributes
) -> None:
    changed = measure(face_models, shift_hue(photo, hair_mask(face_models, photo), 60))
    assert colour_distance(changed.hair, measured.hair) > 12
    assert colour_distance(changed.skin, measured.skin) < 6
    assert measured.shirt is not None
    assert changed.shirt is not None
    assert colour_distance(changed.shirt, measured.shirt) < 6


def test_a_head_whose_hair_looks_like_skin_is_bald(
    face_models: FaceModels, photo: RGB, measured: Attributes
) -> None:
    hair = cv2.dilate(hair_mask(face_models, photo).astype(np.uint8), np.ones((7, 7))) > 0
    shaved = photo.copy()
    shaved[hair] = lab_to_srgb(measured.skin)
    found = measure(face_models, cv2.GaussianBlur(shaved, (0, 0), 0.7))
    assert found.hair_type == "bald"
    assert set(found.hair_profile) == {1.0}
    assert (found.hair_length_left, found.hair_length_right) == (-1, -1)


def test_a_recoloured_suit_is_followed_by_the_shirt_alone(
    face_models: FaceModels, photo: RGB, measured: Attributes
) -> None:
    lab = to_lab(photo)
    orange = (lab[..., 1] > 22) & (lab[..., 2] > 22)
    orange[:180] = False
    changed = measure(face_models, shift_hue(photo, orange, 60))
    assert measured.shirt is not None
    assert changed.shirt is not None
    assert colour_distance(changed.shirt, measured.shirt) > 30
    assert colour_distance(changed.skin, measured.skin) < 6
    assert colour_distance(changed.hair, measured.hair) < 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("obama.jpg", {"hair": "straight", "glasses": "none", "long": False}),
        ("biden.jpg", {"hair": "straight", "glasses": "none", "long": False}),
        ("curly_hair_beard.png", {"hair": "curly", "glasses": "none"}),
        ("long_red_hair.jpg", {"hair": "straight", "glasses": "none", "long": True}),
    ],
)
def test_portraits_are_read_as_anybody_would(
    face_models: FaceModels, name: str, expected: dict[str, bool | str]
) -> None:
    found = measure(face_models, decode_photo(portrait_path(name).read_bytes()))
    long = max(found.hair_length_left, found.hair_length_right) > -0.12
    seen = {"hair": found.hair_type, "glasses": found.glasses, "long": long}
    assert {key: seen[key] for key in expected} == expected
    assert (found.beard_kind != "none") == (name == "curly_hair_beard.png")
    assert found.headwear == "none"
    assert found.child < 0.5
    assert found.quality.verdict == "ok"


def test_each_of_two_people_can_be_chosen(face_models: FaceModels) -> None:
    photo = decode_photo(portrait_path("two_faces.jpg").read_bytes())
    first, second = measure(face_models, photo, "0"), measure(face_models, photo, "1")
    assert first.faces_in_photo >= 2
    assert second.hair[0] > first.hair[0] + 15  # one is grey, one is dark
    assert first == measure(face_models, photo)
