"""What other people's tools say about our files: validator, slicer, mesh checker, 3MF reader.

A seeded slice runs in ``make test``; every template, kind of hair and height in ``make verify``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

import lib3mf
import pytest

from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture
from tests.unit.fusion.factories import HairKind, figurine_of, make_attributes

ROOT = Path(__file__).resolve().parents[2]
FULL = os.environ.get("KILN_TEST_PRINT") == "full"
TEMPLATES = ("default", "superhero", "casual")
KINDS: tuple[HairKind, ...] = ("short", "long", "curly", "bald")
SLICE = [("default", "long"), ("superhero", "short"), ("casual", "curly"), ("default", "bald")]
CASES = list(product(TEMPLATES, KINDS)) if FULL else SLICE

VALIDATE = """
const validator = require('gltf-validator');
const bytes = new Uint8Array(require('fs').readFileSync(process.argv[1]));
validator.validateBytes(bytes).then((report) => console.log(JSON.stringify(report.issues)));
"""


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def figure(request: pytest.FixtureRequest) -> Sculpture:
    template, hair = request.param
    person = make_attributes(hair, glasses=hair == "bald", beard=0.8 * (hair == "curly"))
    return figurine_of(person, template, 80.0)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _run(*command: str) -> str:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_khronos_validator_finds_nothing_in_the_glb(figure: Sculpture, tmp_path: Path) -> None:
    node = _tool("node")
    if not (ROOT / "node_modules" / "gltf-validator").exists():
        pytest.skip("gltf-validator is not installed: make setup-dev")
    path = tmp_path / "figurine.glb"
    path.write_bytes(to_glb(figure))
    issues = json.loads(_run(node, "-e", VALIDATE, str(path)))
    assert issues["numErrors"] == 0, issues["messages"][:5]
    assert issues["numWarnings"] == 0, issues["messages"][:5]


def test_admesh_finds_one_part_and_nothing_to_mend(figure: Sculpture, tmp_path: Path) -> None:
    admesh = _tool("admesh")
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(figure.form))
    numbers = _admesh_numbers(_run(admesh, str(path)))
    assert numbers["Number of parts"] == 1
    for fault in ("Degenerate facets", "Edges fixed", "Facets removed", "Facets added"):
        assert numbers[fault] == 0, fault
    assert numbers["Facets reversed"] == 0


def _admesh_numbers(report: str) -> dict[str, int]:
    return {
        name.strip(): int(number)
        for name, number in re.findall(r"^([A-Z][a-z ]+?) *: +(\d+)\b", report, re.MULTILINE)
    }


def test_the_slicer_calls_the_stl_manifold(figure: Sculpture, tmp_path: Path) -> None:
    slicer = _tool("prusa-slicer")
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(figure.form))
    info = _run(slicer, "--info", str(path))
    assert "manifold = yes" in info
    assert "number_of_parts =  1" in info


def test_the_strict_reader_finds_no_warning_in_the_3mf(figure: Sculpture, tmp_path: Path) -> None:
    path = tmp_path / "figurine.3mf"
    path.write_bytes(to_3mf(figure))
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)  # noqa: FBT003  its interface
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    meshes = model.GetMeshObjects()
    assert meshes.MoveNext()
    assert meshes.GetCurrentMeshObject().IsManifoldAndOriented()


HEIGHTS = (40, 80, 100, 150, 200) if FULL else (80,)


@pytest.mark.parametrize("height", HEIGHTS)
def test_the_slicer_slices_the_stl(height: float, tmp_path: Path) -> None:
    slicer = _tool("prusa-slicer")
    path, code = tmp_path / "figurine.stl", tmp_path / "figurine.gcode"
    path.write_bytes(to_stl(sculpt([make_attributes("short")], "default", height)))
    _run(slicer, "--export-gcode", "--support-material", "--output", str(code), str(path))
    assert code.stat().st_size > 100_000
