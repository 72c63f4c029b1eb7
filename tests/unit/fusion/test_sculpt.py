"""Properties of whole figurines, over templates and kinds of hair."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from common.errors import BadParameter
from common.vision.decode import decode_photo
from common.vision.faces import FaceModels
from fusion_service.domain import archive
from fusion_service.domain.archive import (
    coats_from_bytes,
    coats_to_bytes,
    form_from_bytes,
    form_to_bytes,
)
from fusion_service.domain.bodies import TEMPLATES
from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture
from tests.portraits import NAMES, astronaut, portrait_path
from tests.unit.fusion.factories import HairKind, figurine_of, make_attributes
from tests.unit.fusion.printability import assert_no_thin_wall, assert_printable, solid

HAIR: tuple[HairKind, ...] = ("short", "long", "curly", "bald")
EVERYBODY = pytest.mark.parametrize(
    ("template", "hair", "glasses"),
    [(t, h, i % 2 == 0) for t in sorted(TEMPLATES) for i, h in enumerate(HAIR)],
)
PEOPLE = (
    {"hair": "long", "hair_length_right": -0.4},
    {"hair": "long", "hair_length_left": 0.0, "hair_length_right": 0.0},
    {"hair": "curly", "hair_length_left": 0.5, "hair_length_right": 0.3, "side_mass": 0.7},
    {"hair": "short", "side_mass": 0.7},
    {"hair": "short", "hairline": (0.6,) * 9},
    {"hair": "short", "hairline": (1.25,) * 9, "hair_profile": (1.0,) * 23},
    {"hair": "short", "hair_profile": (2.2,) * 23},
    {"hair": "bald", "jaw": 0.7, "aspect": 1.4, "nose_width": 0.5, "beard": 1.0},
    {"hair": "long", "jaw": 0.95, "aspect": 1.0, "nose_width": 0.2, "mouth_open": 0.2},
)


@cache
def figurine(template: str, hair: HairKind, *, glasses: bool = False) -> Sculpture:
    return figurine_of(make_attributes(hair, glasses=glasses), template)


@EVERYBODY
def test_every_figurine_is_one_watertight_body_that_stands_on_a_flat_base(
    template: str, hair: HairKind, glasses: bool
) -> None:
    assert_printable(figurine(template, hair, glasses=glasses))


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_unusual_people_are_printable_too(person: dict[str, Any]) -> None:
    assert_printable(figurine_of(make_attributes(**person), "casual"))


@EVERYBODY
def test_every_part_owns_triangles_of_the_solid(
    template: str, hair: HairKind, glasses: bool
) -> None:
    sculpture = figurine(template, hair, glasses=glasses)
    names = [part.name for part in sculpture.parts]
    owners = np.bincount(sculpture.solid.part_ids, minlength=len(names))
    assert dict(zip(names, owners, strict=True)) == {
        name: count for name, count in zip(names, owners, strict=True) if count > 50
    }
    assert ("hair" in names) == (hair != "bald")
    assert sculpture.parts[names.index("head")].mesh.uv is not None


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_no_wall_or_limb_is_thinner_than_1_4_millimetres_at_80(template: str) -> None:
    sculpture = figurine_of(make_attributes("long"), template, 80.0)
    assert_no_thin_wall(sculpture, lost_share=1.5e-3)


def test_two_calls_give_the_same_bytes_also_from_threads() -> None:
    attributes = make_attributes("curly", glasses=True)
    alone = form_to_bytes(sculpt([attributes], "superhero"))
    with ThreadPoolExecutor(2) as pool:
        together = list(
            pool.map(lambda _: form_to_bytes(sculpt([attributes], "superhero")), range(2))
        )
    assert together == [alone, alone]


def test_a_sculpture_survives_serialising() -> None:
    sculpture = figurine("casual", "long")
    form, coats = form_to_bytes(sculpture.form), coats_to_bytes(sculpture.coats)
    again = Sculpture(form_from_bytes(form), coats_from_bytes(coats))
    assert form_to_bytes(again.form) == form
    assert coats_to_bytes(again.coats) == coats
    assert again.form.facts == sculpture.form.facts
    for one, other in zip(again.parts, sculpture.parts, strict=True):
        assert (one.name, one.colour, one.shift) == (other.name, other.colour, other.shift)


def test_the_indices_of_a_large_form_survive_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    form = figurine("casual", "long").form
    narrow = form_to_bytes(form)
    monkeypatch.setattr(archive, "_narrow", lambda faces: faces)  # as if it had 70,000 vertices
    wide = form_to_bytes(form)
    assert len(wide) > len(narrow)
    assert form_to_bytes(form_from_bytes(narrow)) == form_to_bytes(form_from_bytes(wide)) == wide


def test_a_coat_of_an_earlier_release_without_its_png_is_read() -> None:
    sculpture = figurine("casual", "long")
    written = load(coats_to_bytes(sculpture.coats))
    arrays = {name: array for name, array in written.items() if not name.endswith("_png")}
    assert len(arrays) == len(written) - 1
    for i, coat in enumerate(sculpture.coats):
        if coat.texture is not None:
            arrays[f"{i}_texture"] = coat.texture.pixels
    again = coats_from_bytes(zipped(arrays))
    assert coats_to_bytes(again) == coats_to_bytes(sculpture.coats)


def test_a_form_that_was_written_as_npz_is_read() -> None:
    form = form_to_bytes(figurine("casual", "long").form)
    assert form_to_bytes(form_from_bytes(zipped(load(form)))) == form


def zipped(arrays: dict[str, Any]) -> bytes:
    """As forms and coats were written before."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "part"),
    [({"shirt": (60, -40, 30)}, "shirt"), ({"hair": (80, 5, 30)}, "hair")],
)
def test_another_colour_changes_that_part_and_no_geometry(
    change: dict[str, Any], part: str
) -> None:
    one = figurine_of(make_attributes("short"), "default")
    attributes = make_attributes("short").model_copy(update=change)
    other = figurine_of(attributes, "default")
    assert one.solid.vertices.tobytes() == other.solid.vertices.tobytes()
    assert one.solid.part_ids.tobytes() == other.solid.part_ids.tobytes()
    changed = {a.name for a, b in zip(one.parts, other.parts, strict=True) if a.colour != b.colour}
    assert part in changed
    assert changed <= {part, "collar"}


def test_longer_hair_hangs_lower() -> None:
    lowest = []
    for length in (-0.4, -0.1, 0.2, 0.5, 0.8, 1.1):
        person = make_attributes("long", hair_length_left=length, hair_length_right=length)
        hair = figurine_of(person, "default").parts[-1]
        assert hair.name == "hair"
        lowest.append(float(hair.mesh.vertices[:, 2].min()))
    assert (np.diff(lowest) < 0.1).all()
    assert lowest[0] - lowest[-1] > 10


def test_a_higher_hairline_shows_more_forehead() -> None:
    fronts = []
    for height in (0.6, 0.9, 1.2):
        hair = (
            figurine_of(make_attributes("short", hairline=(height,) * 9), "default").parts[-1].mesh
        )
        front = (hair.vertices[:, 1] > 8) & (np.abs(hair.vertices[:, 0]) < 4)
        fronts.append(float(hair.vertices[front, 2].min()))
    assert fronts[0] + 1.0 < fronts[1] < fronts[2] - 0.5
    assert fronts[0] > EYE_LINE_Z + 2.5


@pytest.mark.parametrize("hair", HAIR)
def test_hair_never_covers_the_eyes_or_the_mouth(hair: HairKind) -> None:
    sculpture = figurine("casual", hair)
    names = [part.name for part in sculpture.parts]
    if "hair" not in names:
        return
    v = sculpture.parts[names.index("hair")].mesh.vertices
    face = (v[:, 1] > 6) & (np.abs(v[:, 0]) < 9.5) & (v[:, 2] < EYE_LINE_Z + 3) & (v[:, 2] > 47.5)
    assert not face.any()


def test_ears_show_unless_hair_hangs_over_them() -> None:
    assert not choose_haircut(make_attributes("short")).covers_ears
    assert choose_haircut(make_attributes("long")).covers_ears
    assert not choose_haircut(make_attributes("bald", side_mass=0.9)).covers_ears
    head = next(part for part in figurine("default", "bald").parts if part.name == "head").mesh
    ears = head.vertices[np.abs(head.vertices[:, 0]) > 17.2]
    assert len(ears) > 50
    assert set(np.sign(ears[:, 0])) == {-1, 1}


def test_the_face_is_on_the_front_and_the_back_of_the_head_is_plain_skin() -> None:
    sculpture = figurine("default", "bald", glasses=True)
    mesh = next(part for part in sculpture.parts if part.name == "head").mesh
    assert mesh.uv is not None
    assert mesh.uv.min() >= 0
    assert mesh.uv.max() <= 1
    back = (mesh.vertices[:, 1] < -1.0)[mesh.faces].all(axis=1)
    assert np.ptp(mesh.uv[mesh.faces[back]].reshape(-1, 2), axis=0).max() == 0
    tip = mesh.vertices[:, 1].argmax()
    assert mesh.uv[tip, 0] == pytest.approx(0.5, abs=0.02)
    assert mesh.vertices[tip, 2] < HEAD_CENTRE_Z


def test_glasses_stand_out_of_the_face() -> None:
    without, with_glasses = (figurine("default", "bald", glasses=worn) for worn in (False, True))
    assert solid(with_glasses).volume > solid(without).volume + 1.0


def test_from_a_height_where_nothing_is_thin_it_is_reached_by_scaling_only() -> None:
    small, large = (figurine_of(make_attributes(), "default", height) for height in (100.0, 150.0))
    assert small.solid.vertices.tobytes() == large.solid.vertices.tobytes()
    for sculpture in (small, large):
        height = np.ptp(sculpture.solid.vertices[:, 2]) * sculpture.scale
        assert height == pytest.approx(sculpture.height_mm, abs=1e-3)


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(BadParameter):
        figurine_of(make_attributes(), "knight")


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_real_portrait_is_printable(face_models: FaceModels, template: str) -> None:
    sculpture = figurine_of(measure(face_models, astronaut()), template)
    assert_printable(sculpture)
    assert sculpture.form.facts["hair"] == "short"


@pytest.mark.parametrize("name", NAMES)
def test_every_portrait_at_hand_is_printable(face_models: FaceModels, name: str) -> None:
    photo = decode_photo(portrait_path(name).read_bytes(), 1024)
    assert_printable(figurine_of(measure(face_models, photo), "superhero"))
