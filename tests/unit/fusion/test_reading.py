"""A figurine's files read back: what was written comes out, and is rated as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from common import rating_program
from common.errors import BadParameter
from common.vision.faces import FaceModels
from fusion_service import evaluate as evaluating
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.reading import read_glb, read_stl
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.likeness import rate_figurine
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.preview.render import draw_preview, view_head
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture
from tests.house import ROOT
from tests.portraits import astronaut
from tests.stack import MODELS

PHOTO = ROOT / "tests" / "data" / "astronaut.jpg"


@pytest.fixture(scope="module")
def sculpture(face_models: FaceModels) -> Sculpture:
    measured = measure(face_models, astronaut())
    return paint(sculpt([measured], "default", height_mm=120.0), [measured])


def test_a_glb_is_read_in_design_units(sculpture: Sculpture) -> None:
    read = read_glb(to_glb(sculpture))
    assert read.height_mm == pytest.approx(120, abs=0.1)
    assert [part.name for part in read.parts][:3] == [part.name for part in sculpture.parts][:3]
    for before, after in zip(sculpture.parts, read.parts, strict=True):
        assert np.allclose(
            [before.mesh.vertices.min(0), before.mesh.vertices.max(0)],
            [after.mesh.vertices.min(0), after.mesh.vertices.max(0)],
            atol=0.02,
        )
        if before.texture is None:
            assert np.allclose(before.colour, after.colour, atol=1)


def test_a_figurine_from_a_file_is_as_like_as_the_one_it_was(
    sculpture: Sculpture, face_models: FaceModels
) -> None:
    measured = measure(face_models, astronaut())
    scores = []
    for one in (sculpture, read_glb(to_glb(sculpture))):
        view, place = view_head(one)
        scores.append(rate_figurine(measured, view, face_models.trace_face(view, place)).score)
    assert scores[0] is not None
    assert scores[1] == pytest.approx(scores[0], abs=4)


def test_an_stl_is_certified_as_its_form_was(sculpture: Sculpture) -> None:
    written = certify(sculpture.form)
    read = certify(read_stl(to_stl(sculpture.form)))
    assert read.passed == written.passed
    assert read.height_mm == pytest.approx(120, abs=0.01)
    assert read.volume_cm3 == pytest.approx(written.volume_cm3, rel=1e-3)
    names = [gate.name for gate in read.gates]
    assert names == [gate.name for gate in written.gates]


@pytest.mark.parametrize(
    "data", [b"", b"glTF", b"nonsense" * 40, b"glTF" + bytes(60), b"glTF\2\0\0\0" + b"\xff" * 90]
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    for read in (read_glb, read_stl):
        with pytest.raises(BadParameter):
            read(data)


def test_a_glb_that_is_cut_off_is_refused(sculpture: Sculpture) -> None:
    with pytest.raises(BadParameter):
        read_glb(to_glb(sculpture)[:50_000])


def test_files_are_rated_against_the_photo(sculpture: Sculpture, tmp_path: Path) -> None:
    models = MODELS
    (tmp_path / "figurine.glb").write_bytes(to_glb(sculpture))
    (tmp_path / "figurine.stl").write_bytes(to_stl(sculpture.form))
    (tmp_path / "preview.png").write_bytes(draw_preview(sculpture).to_png())
    glb = evaluating.evaluate(PHOTO, tmp_path / "figurine.glb", models)
    assert set(glb) == {"quality", "likeness"}
    assert glb["likeness"]["score"] > 60
    stl = evaluating.evaluate(PHOTO, tmp_path / "figurine.stl", models)
    assert (set(stl), stl["certificate"]["passed"]) == ({"quality", "certificate"}, True)
    certificate = tmp_path / "certificate.json"
    certificate.write_text(json.dumps({"passed": True, "gates": []}))
    beside = evaluating.evaluate(PHOTO, tmp_path / "preview.png", models)
    assert beside["certificate"] == {"passed": True, "gates": []}
    assert beside["likeness"]["score"] == pytest.approx(glb["likeness"]["score"], abs=12)


def test_the_program_says_what_is_wrong_as_json(
    face_models: FaceModels,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KILN_MODELS_DIR", str(MODELS))
    shutil.copy(PHOTO, tmp_path / "me.jpg")
    (tmp_path / "figurine.glb").write_bytes(b"no")
    given = [str(tmp_path / "me.jpg"), str(tmp_path / "figurine.glb")]
    assert rating_program.run(given, "usage", evaluating.evaluate) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_parameter"
    assert rating_program.run([], "usage", evaluating.evaluate) == 2
