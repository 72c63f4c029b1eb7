"""What other people's tools say about our files: validator, slicer, mesh checker, 3MF reader.

A seeded slice runs in ``make test``; every template and kind of hair in ``make verify``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path

import lib3mf
import pytest

from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.sculpture import Sculpture
from tests.extent import FULL
from tests.print.tools import (
    EVERY,
    ROOT,
    assert_admesh_mends_nothing,
    run,
    slice_model,
    slicer_estimate,
    tool,
)
from tests.unit.fusion.factories import figurine_of, make_attributes

SLICE = [("default", "long"), ("superhero", "short"), ("casual", "curly"), ("couple", "bald")]
TO_SLICE = EVERY if FULL else [("default", "short")]
FILAMENTS = ((255, 255, 255), (20, 20, 20), (230, 180, 150), (190, 40, 40), (60, 90, 160))

VALIDATE = """
const validator = require('gltf-validator');
const bytes = new Uint8Array(require('fs').readFileSync(process.argv[1]));
validator.validateBytes(bytes).then((report) => console.log(JSON.stringify(report.issues)));
"""


@pytest.fixture(scope="module", params=EVERY if FULL else SLICE, ids="-".join)
def figure(request: pytest.FixtureRequest) -> Sculpture:
    template, hair = request.param
    glasses = "round" if hair == "bald" else "none"
    person = make_attributes(hair, glasses=glasses, beard=0.8 * (hair == "curly"))
    return figurine_of(person, template, 80.0)


def test_the_khronos_validator_finds_nothing_in_the_glb(figure: Sculpture, tmp_path: Path) -> None:
    node = tool("node")
    if not (ROOT / "node_modules" / "gltf-validator").exists():
        pytest.skip("gltf-validator is not installed: make setup-dev")
    path = tmp_path / "figurine.glb"
    path.write_bytes(to_glb(figure))
    issues = json.loads(run(node, "-e", VALIDATE, str(path)))
    assert issues["numErrors"] == 0, issues["messages"][:5]
    assert issues["numWarnings"] == 0, issues["messages"][:5]


def test_admesh_finds_one_part_and_nothing_to_mend(figure: Sculpture, tmp_path: Path) -> None:
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(figure.form))
    assert_admesh_mends_nothing(path)


def test_the_slicer_calls_the_stl_manifold(figure: Sculpture, tmp_path: Path) -> None:
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(figure.form))
    info = run(tool("prusa-slicer"), "--info", str(path))
    assert "manifold = yes" in info
    assert "number_of_parts =  1" in info


@pytest.mark.parametrize("colouring", ["texture", "groups"])
def test_the_strict_reader_finds_no_warning_in_the_3mf(
    figure: Sculpture, colouring: str, tmp_path: Path
) -> None:
    path = tmp_path / "figurine.3mf"
    path.write_bytes(to_3mf(figure, colouring))  # type: ignore[arg-type]
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)  # noqa: FBT003  its interface
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    meshes = model.GetMeshObjects()
    assert meshes.MoveNext()
    assert meshes.GetCurrentMeshObject().IsManifoldAndOriented()


@pytest.mark.parametrize(("template", "hair"), TO_SLICE)
def test_the_slicer_slices_the_stl_and_the_estimate_is_near_its_own(
    template: str, hair: str, tmp_path: Path
) -> None:
    form = figurine_of(make_attributes(hair), template, 80.0).form  # type: ignore[arg-type]
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(form))
    material, minutes = slicer_estimate(slice_model(path, "--support-material"))
    estimate = certify(form).estimate
    assert estimate.material_cm3 == pytest.approx(material, rel=0.15)
    assert estimate.minutes == pytest.approx(minutes, rel=0.20)


@pytest.mark.parametrize("colouring", ["texture", "groups"] if FULL else ["groups"])
def test_the_slicer_opens_every_3mf(colouring: str, tmp_path: Path) -> None:
    path = tmp_path / "figurine.3mf"
    path.write_bytes(to_3mf(_couple(), colouring))  # type: ignore[arg-type]
    info = run(tool("prusa-slicer"), "--info", str(path))
    assert "manifold = yes" in info
    assert "number_of_parts =  1" in info


def test_the_slicer_prints_with_the_painted_filaments(tmp_path: Path) -> None:
    path = tmp_path / "painted.3mf"
    path.write_bytes(
        to_3mf(figurine_of(make_attributes("short"), "default", 40.0), "filaments", FILAMENTS)
    )
    code = slice_model(path)
    assert set(re.findall(r"^T(\d+)$", code, re.MULTILINE)) == {"0", "1", "2", "3", "4"}
    assert "; filament_colour = #FFFFFF;#141414;#E6B496;#BE2828;#3C5AA0\n" in code
    (used,) = re.findall(r"^; filament used \[mm\] = (.+)$", code, re.MULTILINE)
    assert all(float(length) > 10 for length in used.split(", "))


def test_the_slicer_keeps_the_paint_of_every_triangle(tmp_path: Path) -> None:
    path, back = tmp_path / "painted.3mf", tmp_path / "back.3mf"
    path.write_bytes(to_3mf(_couple(), "filaments", FILAMENTS))
    run(tool("prusa-slicer"), "--export-3mf", "--output", str(back), str(path))
    assert _paint(back.read_bytes()) == _paint(path.read_bytes())
    assert len(_paint(path.read_bytes())) == len(FILAMENTS)


def _couple() -> Sculpture:
    return figurine_of(make_attributes("long"), "couple", 100.0)


def _paint(package: bytes) -> Counter[str]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        text = archive.read("3D/3dmodel.model").decode()
    return Counter(re.findall(r'slic3rpe:mmu_segmentation="(\w+)"', text))
