"""The program that rates a portrait against its photo."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from common import rating_program
from common.vision.faces import FaceModels
from stylize_service import evaluate as evaluating
from stylize_service.engines.builtin import BuiltinEngine
from tests.house import ROOT
from tests.portraits import astronaut
from tests.stack import MODELS

PHOTO = ROOT / "tests" / "data" / "astronaut.jpg"


def test_a_portrait_is_rated_as_it_was_when_it_was_drawn(
    face_models: FaceModels, tmp_path: Path
) -> None:
    drawn = BuiltinEngine(face_models).portrait(astronaut(), "cel", size=512)
    cv2.imwrite(str(tmp_path / "portrait.png"), drawn[..., ::-1])
    likeness = evaluating.evaluate(PHOTO, tmp_path / "portrait.png", MODELS)["likeness"]
    assert likeness["score"] > 60
    assert likeness["worst"] in likeness["terms"]


def test_a_picture_without_a_face_has_no_score(face_models: FaceModels, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), astronaut() // 255 * 128)
    likeness = evaluating.evaluate(PHOTO, tmp_path / "grey.png", MODELS)["likeness"]
    assert (likeness["score"], "No face" in likeness["says"]) == (None, True)


def test_the_program_says_what_is_wrong_as_json(
    face_models: FaceModels,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KILN_MODELS_DIR", str(MODELS))
    (tmp_path / "text.png").write_bytes(b"no picture")
    given = [str(PHOTO), str(tmp_path / "text.png")]
    assert rating_program.run(given, "usage", evaluating.evaluate) == 1
    assert "error" in json.loads(capsys.readouterr().out)
    assert rating_program.run([], "usage", evaluating.evaluate) == 2
