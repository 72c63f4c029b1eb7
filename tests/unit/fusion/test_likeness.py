"""Likeness of figurines: measured on a view of the head, told in the facts of the render."""

from __future__ import annotations

import io
import os
import threading
from dataclasses import asdict, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from common.contracts import facts
from common.contracts import figurine as f
from common.contracts import stages as s
from common.vision.faces import FaceModels
from common.vision.likeness import Likeness
from common.vision.network import RGB
from fusion_service import studio as studio_module
from fusion_service.domain import likeness as likeness_module
from fusion_service.domain.archive import coats_to_bytes, form_to_bytes
from fusion_service.domain.attributes import Attributes, People
from fusion_service.domain.bodies import TEMPLATES, hides_hair
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.reading import read_glb
from fusion_service.domain.likeness import look_of, rate_figurine
from fusion_service.domain.orders import paint_order, sculpt_order
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import measure, study_people
from fusion_service.domain.preview.head_view import PAPER, face_place
from fusion_service.domain.preview.render import render_head
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture, Texture
from fusion_service.file_tasks import ar, render
from fusion_service.studio import Studio
from tests.portraits import astronaut, portrait_path
from tests.unit.fusion.factories import make_attributes

pytestmark = pytest.mark.usefixtures("gl")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def her(face_models: FaceModels) -> Attributes:
    return measure(face_models, astronaut())


@pytest.fixture(scope="module")
def figurine(her: Attributes) -> Sculpture:
    return paint(sculpt([her], "default"), [her])


def rated(models: FaceModels, measured: Attributes, sculpture: Sculpture) -> Likeness:
    view = render_head(sculpture)
    return rate_figurine(measured, view, models.trace_face(view, face_place()))


def coated(sculpture: Sculpture, name: str, **changes: Any) -> Sculpture:
    """The figurine with another coat on one part."""
    coats = tuple(
        replace(coat, **changes) if part.name == name else coat
        for part, coat in zip(sculpture.parts, sculpture.coats, strict=True)
    )
    return Sculpture(sculpture.form, coats)


def test_the_view_shows_the_head_alone_on_plain_paper(figurine: Sculpture) -> None:
    view = render_head(figurine)
    assert view.shape == (320, 320, 3)
    edge = np.concatenate([view[0], view[:200, 0], view[:200, -1]])
    np.testing.assert_array_equal(edge, np.broadcast_to(PAPER, edge.shape))
    assert (np.abs(view[160] - np.array(PAPER)).max(-1) > 20).mean() > 0.4


def test_the_face_is_found_where_it_is_said_to_be(
    face_models: FaceModels, figurine: Sculpture
) -> None:
    view = render_head(figurine)
    face = face_models.trace_face(view, face_place())
    assert face.presence > 6
    low, high = face_place().box[:2], face_place().box[2:]
    assert (np.abs(np.concatenate([face.box[:2] - low, face.box[2:] - high])) < 40).all()


def test_no_look_is_advised_that_a_photographed_face_cannot_show(
    monkeypatch: pytest.MonkeyPatch, face_models: FaceModels, her: Attributes, figurine: Sculpture
) -> None:
    """Nobody is told to choose an expression that ``face=portrait`` refuses."""
    said: list[dict[str, str]] = []
    monkeypatch.setattr(likeness_module, "compare", lambda *told: said.append(told[-1]))
    view = render_head(figurine)
    face = face_models.trace_face(view, face_place())
    for kind in ("drawn", "portrait"):
        rate_figurine(her, view, face, kind)
    drawn, photographed = said
    assert drawn.keys() == photographed.keys()
    assert "expression" in drawn["mouth"]
    assert "expression" not in photographed["mouth"]
    assert "swatch" not in photographed["brow colour"]


def test_her_figurine_is_like_her(
    face_models: FaceModels, her: Attributes, figurine: Sculpture
) -> None:
    likeness = rated(face_models, her, figurine)
    assert likeness.score is not None
    assert likeness.score > 65
    assert {"mouth", "eyes", "skin colour", "hair colour"} <= likeness.terms.keys()
    assert "face" not in likeness.terms  # the outline is the toy's own


@pytest.mark.parametrize(
    "name", ["obama.jpg", "biden.jpg", "curly_hair_beard.png", "long_red_hair.jpg"]
)
def test_her_figurine_is_less_like_somebody_else(
    face_models: FaceModels, her: Attributes, figurine: Sculpture, name: str
) -> None:
    picture = cv2.imread(str(portrait_path(name)))
    assert picture is not None
    photo: RGB = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    own = rated(face_models, her, figurine)
    other = rated(face_models, measure(face_models, photo), figurine)
    assert own.score is not None
    assert other.score is not None
    assert own.score > other.score


def test_the_further_the_hair_is_recoloured_the_lower_the_score(
    face_models: FaceModels, her: Attributes, figurine: Sculpture
) -> None:
    brown = np.array(next(part.colour for part in figurine.parts if part.name == "hair"))
    blue = np.array((20, 60, 250))
    found = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        colour = np.rint(brown + share * (blue - brown)).astype(int).tolist()
        found.append(rated(face_models, her, coated(figurine, "hair", colour=tuple(colour))))
    scores = [one.score or 0 for one in found]
    assert all(before > after for before, after in pairwise(scores)), scores
    assert found[-1].worst == "hair colour"
    assert "swatch for `hair`" in found[-1].says


def test_a_mouth_that_is_moved_further_is_less_like_hers(
    face_models: FaceModels, her: Attributes, figurine: Sculpture
) -> None:
    """The photo's side is moved, so that the drawing does not matter."""
    terms = []
    for step in (0.0, 0.04, 0.08, 0.16):
        points = np.array(her.frontal)
        points[61, 0] -= step
        points[291, 0] += step
        wider = her.model_copy(update={"frontal": tuple(map(tuple, points.tolist()))})
        terms.append(rated(face_models, wider, figurine).terms["mouth"])
    assert all(before > after for before, after in pairwise(terms)), terms


def test_a_head_without_a_face_has_no_score_and_says_so(
    face_models: FaceModels, her: Attributes, figurine: Sculpture
) -> None:
    head = next(part for part in figurine.parts if part.texture is not None)
    assert head.texture is not None
    pixels = head.texture.pixels
    blank = Texture.of(np.full_like(pixels, pixels[0, 0]))
    likeness = rated(face_models, her, coated(figurine, head.name, texture=blank))
    assert likeness.score is None
    assert "No face" in likeness.says


def test_her_photo_on_the_head_is_like_her_too(face_models: FaceModels) -> None:
    people, pictures = study_people(face_models, astronaut(), "largest", 1)
    form = sculpt(people.people, "default", portrait=True)
    view = render_head(paint(form, people.people, pictures=pictures))
    face = face_models.trace_face(view, face_place())
    likeness = rate_figurine(people.people[0], view, face, str(form.facts["face"]))
    assert likeness.score is not None
    assert likeness.score > 65


def test_of_two_people_the_first_is_looked_at(her: Attributes) -> None:
    pair = paint(sculpt([her, her], "couple"), [her, her])
    views = [
        render_head(coated(pair, hair, colour=(20, 40, 250))).astype(int)
        for hair in ("hair", "hair 2")
    ]
    blue = [(view[40:110, 110:210, 2] > 60 + view[40:110, 110:210, 0]).mean() for view in views]
    assert blue[0] > 0.6
    assert blue[1] < 0.05


def test_rating_twice_says_the_same(
    face_models: FaceModels, her: Attributes, figurine: Sculpture
) -> None:
    one, other = (rated(face_models, her, figurine) for _ in range(2))
    assert asdict(one) == asdict(other)


def test_hair_that_cannot_be_seen_is_not_rated() -> None:
    assert "hair" in look_of(make_attributes("short")).colours
    assert "hair" not in look_of(make_attributes("bald")).colours
    assert "hair" not in look_of(make_attributes("short", headwear="hat")).colours


def in_hat(person: Attributes, template: str, headwear: str | None) -> Sculpture:
    looks = {"template": template, "headwear": headwear}
    people = People(people=(person,))
    form = sculpt_order(people, f.SculptRequest.model_validate(looks))
    return paint_order(form, people, f.PaintRequest.model_validate(looks), None)


@pytest.mark.parametrize(
    ("template", "headwear"),
    [("chef", None), ("graduate", None), ("default", "beanie"), ("casual", "headscarf")],
)
def test_a_hat_is_not_taken_for_hair(
    her: Attributes, studio: Studio, template: str, headwear: str | None
) -> None:
    """She has none in the photo, and no swatch would help."""
    found = studio.rate_likeness(her, in_hat(her, template, headwear)).result()
    assert found.score is not None
    assert "hair colour" not in found.terms
    assert "swatch for `hair`" not in found.says


@pytest.mark.parametrize("headwear", ["cap", "beanie", "headscarf"])
def test_a_hat_that_was_wished_costs_less_than_wrong_hair(
    face_models: FaceModels, her: Attributes, studio: Studio, headwear: str
) -> None:
    figurine = in_hat(her, "default", headwear)
    found, as_hair = studio.rate_likeness(her, figurine).result(), rated(face_models, her, figurine)
    assert as_hair.worst == "hair colour"
    assert (found.score or 0) > (as_hair.score or 0) + 8


def test_the_hair_of_bare_heads_is_rated(
    face_models: FaceModels, her: Attributes, studio: Studio
) -> None:
    for template in ("default", "astronaut", "sports"):
        bare = paint(sculpt([her], template), [her])
        found = studio.rate_likeness(her, bare).result()
        assert "hair colour" in found.terms
        assert asdict(found) == asdict(rated(face_models, her, bare))


def test_a_hat_is_known_by_the_parts_of_a_file() -> None:
    her = make_attributes("long")
    for name, template in TEMPLATES.items():
        figurine = paint(sculpt([her] * template.people, name), [her] * template.people)
        read = read_glb(to_glb(figurine))
        assert hides_hair(p.name for p in read.parts) is (name in {"chef", "graduate"})
    pair = [her, make_attributes("long", headwear="cap")]
    names = [part.name for part in sculpt(pair, "couple").parts]
    assert "headwear 2" in names
    assert not hides_hair(names)  # the first person is rated
    assert hides_hair(part.name for part in sculpt(pair[::-1], "couple").parts)


class Desk:
    """What a task body sees of a job: its inputs by name, and what it wrote."""

    def __init__(self, inputs: dict[str, bytes]) -> None:
        refs = {name: SimpleNamespace(sha256=sha256(d).hexdigest()) for name, d in inputs.items()}
        self.claim = SimpleNamespace(artifacts=refs)
        self.written: dict[str, bytes] = {}
        self._inputs = inputs

    def has(self, name: str) -> bool:
        return name in self._inputs

    def read(self, name: str) -> bytes:
        return self._inputs[name]

    def write(self, output: s.Output, data: bytes) -> None:
        self.written[output.name] = data

    def checkpoint(self) -> None:
        pass


@pytest.fixture(scope="module")
def desk(her: Attributes, figurine: Sculpture) -> Desk:
    return Desk(
        {
            s.ATTRIBUTES.name: People(people=(her,)).model_dump_json().encode(),
            s.FORM.name: form_to_bytes(figurine.form),
            s.COAT.name: coats_to_bytes(figurine.coats),
        }
    )


@pytest.fixture(scope="module")
def studio(face_models: FaceModels) -> Studio:
    return Studio(Path(os.environ.get("KILN_MODELS_DIR", ROOT / "data" / "models")))


def test_the_render_tells_the_likeness_in_its_facts(desk: Desk, studio: Studio) -> None:
    told_facts = render.body(desk, f.RenderRequest(), studio)  # type: ignore[arg-type]
    assert s.PREVIEW.name in desk.written
    told = facts.RenderFacts.model_validate_json(told_facts.model_dump_json()).likeness
    assert told is not None
    assert 0 < told["score"] <= 100
    assert told["worst"] in told["terms"]
    assert told["says"]


def test_the_file_is_written_while_the_face_is_rated(
    desk: Desk, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, rate = threading.Event(), studio_module.rate_head

    def wait_and_rate(*those: Any) -> Likeness:
        assert written.wait(20), "the file waits for the rating"
        return rate(*those)

    def write(output: s.Output, data: bytes) -> None:
        desk.written[output.name] = data
        written.set()

    monkeypatch.setattr(studio_module, "rate_head", wait_and_rate)
    monkeypatch.setattr(desk, "write", write)
    assert render.body(desk, f.RenderRequest(), studio).likeness is not None  # type: ignore[arg-type]


def test_the_ar_stage_writes_a_usdz(desk: Desk, studio: Studio) -> None:
    ar.body(desk, f.ArRequest(), studio)  # type: ignore[arg-type]
    assert io.BytesIO(desk.written[s.USDZ.name]).read(4) == b"PK\x03\x04"
