"""Likeness of portraits: every style keeps its sitter, and nobody else's portrait does as well."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from common.contracts.figurine import Engine, PortraitRequest
from common.vision.faces import FaceModels
from common.vision.network import RGB
from stylize_service.domain.likeness import rate_portrait
from stylize_service.domain.portrait import Sitter
from stylize_service.engines.builtin import BuiltinEngine
from stylize_service.engines.choose import Engines
from stylize_service.engines.sitting import find_sitter
from stylize_service.tasks import portrait
from tests.portraits import astronaut, portrait_path

STYLES = ("cel", "pencil", "watercolor", "oil", "pop", "pixel")


@pytest.fixture(scope="module")
def obama() -> RGB:
    picture = cv2.imread(str(portrait_path("obama.jpg")))
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def sitter(face_models: FaceModels) -> Sitter:
    return find_sitter(face_models, astronaut(), "largest")


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_more_like_its_sitter_than_like_somebody_else(
    face_models: FaceModels, obama: RGB, style: str
) -> None:
    engine = BuiltinEngine(face_models)
    portrait = engine.portrait(astronaut(), style, size=512)
    own = rate_portrait(face_models, sitter(face_models), portrait)
    other = rate_portrait(face_models, find_sitter(face_models, obama, "largest"), portrait)
    assert own.score is not None
    assert other.score is not None
    assert own.score > 70
    assert own.score > other.score + 20


def test_the_background_does_not_count(face_models: FaceModels) -> None:
    engine = BuiltinEngine(face_models)
    drawn = engine.portrait(astronaut(), "cel", size=512)
    clear = engine.portrait(astronaut(), "cel", size=512, background="transparent")
    one, other = (rate_portrait(face_models, sitter(face_models), p) for p in (drawn, clear))
    assert one.score == pytest.approx(other.score, abs=3)


def test_dyed_hair_is_what_it_says(face_models: FaceModels) -> None:
    portrait = BuiltinEngine(face_models).portrait(astronaut(), "cel", size=512)
    lab = cv2.cvtColor(portrait, cv2.COLOR_RGB2LAB)
    lab[:170, :, 1:] = 255 - lab[:170, :, 1:]  # the opposite hue, above the forehead
    dyed = np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)
    before, after = (rate_portrait(face_models, sitter(face_models), p) for p in (portrait, dyed))
    assert after.worst == "hair colour"
    assert "hair" in after.says
    assert after.terms["hair colour"] < before.terms["hair colour"] - 0.3


def test_a_picture_without_a_face_has_no_score(face_models: FaceModels) -> None:
    nothing = np.full((512, 512, 3), 200, np.uint8)
    likeness = rate_portrait(face_models, sitter(face_models), nothing)
    assert likeness.score is None
    assert "No face" in likeness.says


def test_rating_twice_says_the_same(face_models: FaceModels) -> None:
    portrait = BuiltinEngine(face_models).portrait(astronaut(), "oil", size=512)
    one, other = (rate_portrait(face_models, sitter(face_models), portrait) for _ in range(2))
    assert asdict(one) == asdict(other)


def test_the_stage_tells_the_likeness_in_its_facts(face_models: FaceModels) -> None:
    _, photo = cv2.imencode(".png", cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR))
    context = SimpleNamespace(
        read=lambda _: photo.tobytes(), write=lambda *_: None, checkpoint=lambda: None
    )
    request = PortraitRequest(engine=Engine.BUILTIN, size_px=512)
    facts = portrait.body(context, request, Engines(BuiltinEngine(face_models), {}))
    told = facts.model_dump(mode="json")["likeness"]
    assert 70 < told["score"] <= 100
    assert told["worst"] in told["terms"]
    assert told["says"]
