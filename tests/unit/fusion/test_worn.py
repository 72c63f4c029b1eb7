"""Glasses, hats and beards: painted onto faces that are known to be bare, and real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from common.vision.decode import decode_photo
from fusion_service.domain.photo.age import childlikeness
from fusion_service.domain.photo.light import to_lab
from fusion_service.domain.photo.measure import measure
from tests.portraits import astronaut, portrait_path
from tests.unit.fusion import disguises as d

if TYPE_CHECKING:
    from common.vision.faces import FaceModels
    from fusion_service.domain.attributes import Attributes

RGB = npt.NDArray[np.uint8]
FACES = ("astronaut", "obama.jpg", "long_red_hair.jpg")
BLUE, BLACK = (30, 45, 110), (25, 22, 22)


@pytest.fixture(scope="module", params=FACES)
def model(face_models: FaceModels, request: pytest.FixtureRequest) -> d.Model:
    """Somebody without glasses, hat and beard."""
    return d.find_model(face_models, photo_of(request.param))


def photo_of(name: str) -> RGB:
    if name == "astronaut":
        return astronaut()
    photo = decode_photo(portrait_path(name).read_bytes())
    small = 700 / max(photo.shape)
    return cv2.resize(photo, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)


def grace_hopper() -> RGB:
    """US Navy portrait, public domain, from matplotlib: a real cap and real glasses."""
    cbook = pytest.importorskip("matplotlib.cbook", reason="matplotlib has the portrait")
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        return decode_photo(file.read())


def near(one: tuple[float, ...] | None, other: tuple[int, int, int]) -> bool:
    wanted = to_lab(np.array([[other]], np.uint8))[0, 0]
    return one is not None and float(np.linalg.norm(np.subtract(one, wanted)[1:])) < 25


def test_a_bare_face_wears_nothing(face_models: FaceModels, model: d.Model) -> None:
    bare = measure(face_models, model.photo)
    assert (bare.glasses, bare.headwear, bare.beard_kind) == ("none", "none", "none")
    assert (bare.glasses_colour, bare.headwear_colour, bare.beard) == (None, None, 0)


@pytest.mark.parametrize("shape", ["round", "square"])
def test_the_rims_tell_round_from_square_glasses(
    face_models: FaceModels, model: d.Model, shape: str
) -> None:
    found = measure(face_models, d.in_glasses(model, shape))
    assert found.glasses == shape
    assert found.glasses_colour is not None
    assert found.glasses_colour[0] < 55


@pytest.mark.parametrize("shape", ["round", "square"])
def test_dark_lenses_are_sunglasses_and_hide_the_eyes(
    face_models: FaceModels, model: d.Model, shape: str
) -> None:
    found = measure(face_models, d.in_glasses(model, shape, lens=(40, 35, 32)))
    assert found.glasses == "sunglasses"
    assert found.confidence["eyes"] < 0.15


def test_noise_is_no_frame(face_models: FaceModels) -> None:
    grain = np.random.default_rng(3).normal(0, 40, astronaut().shape)
    found = measure(face_models, np.clip(astronaut() + grain, 0, 255).astype(np.uint8))
    assert found.glasses == "none"
    assert found.confidence["glasses"] < 0.5


@pytest.mark.parametrize("colour", [(150, 40, 45), BLUE, (60, 140, 60)])
def test_a_coloured_hat_is_a_hat_and_no_hair(
    face_models: FaceModels, model: d.Model, colour: d.Colour
) -> None:
    found = measure(face_models, d.in_beanie(model, colour))
    assert found.headwear == "hat"
    assert near(found.headwear_colour, colour)
    assert found.confidence["headwear"] > 0.5
    assert max(found.confidence[name] for name in ("hair", "hair_type", "hair_length")) < 0.4


@pytest.mark.parametrize("colour", [(90, 120, 130), (35, 33, 36)])
def test_cloth_around_the_face_is_a_headscarf(
    face_models: FaceModels, model: d.Model, colour: d.Colour
) -> None:
    assert measure(face_models, d.in_headscarf(model, colour)).headwear == "headscarf"


def test_a_plain_dark_hat_passes_as_hair_with_less_confidence(
    face_models: FaceModels, model: d.Model
) -> None:
    bare, covered = (
        measure(face_models, photo) for photo in (model.photo, d.in_beanie(model, (70, 50, 40)))
    )
    assert covered.headwear == "none"
    assert covered.confidence["headwear"] < max(bare.confidence["headwear"], 0.65)


@pytest.mark.parametrize(
    ("painted", "kinds"),
    [
        ("moustache", {"moustache"}),
        ("goatee", {"goatee"}),
        ("full", {"full"}),
        ("stubble", {"stubble"}),
    ],
)
def test_painted_beards_are_told_apart(
    face_models: FaceModels, model: d.Model, painted: d.Beard, kinds: set[str]
) -> None:
    found = measure(face_models, d.bearded(model, painted))
    assert found.beard_kind in kinds
    assert found.beard > 0


def test_a_fuller_beard_is_stronger(face_models: FaceModels, model: d.Model) -> None:
    stubble, full = (measure(face_models, d.bearded(model, kind)) for kind in ("stubble", "full"))
    assert stubble.beard < full.beard


def test_a_real_cap_and_real_glasses_are_seen(face_models: FaceModels) -> None:
    found = measure(face_models, grace_hopper())
    assert found.headwear == "hat"
    assert found.glasses in {"round", "square"}
    assert found.beard_kind == "none"


def test_half_a_face_in_the_shade_has_no_beard(face_models: FaceModels, model: d.Model) -> None:
    side = np.linspace(1.0, 0.45, model.photo.shape[1])[None, :, None]
    for shade in (side, side[:, ::-1]):
        found = measure(face_models, (model.photo * shade).astype(np.uint8))
        assert (found.beard_kind, found.glasses, found.headwear) == ("none", "none", "none")


def childlike(person: Attributes) -> npt.NDArray[np.float64]:
    """Shorten nose and jaw as far as they are shorter at six years."""
    frontal = np.array(person.frontal)
    frontal[:, 1] *= np.where(frontal[:, 1] > 0, 0.82, 1.0)
    return frontal


def test_short_faces_are_childlike_and_grown_ones_are_not(
    face_models: FaceModels, model: d.Model
) -> None:
    person = measure(face_models, model.photo)
    assert person.child < 0.2
    assert childlikeness(childlike(person)) > person.child + 0.1
