"""The acceptance checks of the printable solid at every height, by tools that are not ours.

One template runs in ``make test``, all in ``make verify``.
"""

from __future__ import annotations

import io
from pathlib import Path

import lib3mf
import numpy as np
import pytest
import trimesh

from fusion_service.domain.bodies import TEMPLATES
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.thickness import thinnest_feature
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.sculpture import Sculpture
from tests.extent import FULL
from tests.print.tools import HEIGHTS, assert_admesh_mends_nothing, slice_model
from tests.unit.fusion.factories import figurine_of, make_attributes

CASES = [(t, h) for t in (TEMPLATES if FULL else ("superhero",)) for h in HEIGHTS]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]:g}")
def figure(request: pytest.FixtureRequest) -> Sculpture:
    template, height = request.param
    return figurine_of(make_attributes("short"), template, height)


def test_the_solid_is_one_closed_body_that_stands(figure: Sculpture) -> None:
    mesh = trimesh.load_mesh(io.BytesIO(to_stl(figure.form)), file_type="stl")
    assert mesh.is_watertight
    assert mesh.is_volume
    assert mesh.body_count == 1
    assert mesh.bounds[0, 2] == pytest.approx(0, abs=1e-6)
    assert mesh.bounds[1, 2] == pytest.approx(figure.height_mm, abs=0.01)
    flat = mesh.triangles[:, :, 2].max(axis=1) < 1e-3
    base = figure.form.base_area * figure.scale**2
    assert mesh.area_faces[flat].sum() >= 0.75 * base
    outline = trimesh.points.PointCloud(mesh.triangles[flat].reshape(-1, 3)[:, :2])
    low, high = outline.bounds
    assert (mesh.center_mass[:2] > low).all()
    assert (mesh.center_mass[:2] < high).all()
    assert len(mesh.faces) < 150_000 * len({part.shift for part in figure.parts})


def test_no_feature_is_thinner_than_filament_prints(figure: Sculpture) -> None:
    vertices, faces = figure.solid.vertices * np.float32(figure.scale), figure.solid.faces
    found = thinnest_feature(vertices, faces, 1.0)
    assert found.thinnest >= 1.0
    assert certify(figure.form).failed == []


def test_admesh_mends_nothing(figure: Sculpture, tmp_path: Path) -> None:
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(figure.form))
    assert_admesh_mends_nothing(path)


def test_the_3mf_is_strict_manifold_and_has_a_material_a_part(
    figure: Sculpture, tmp_path: Path
) -> None:
    path = tmp_path / "figurine.3mf"
    path.write_bytes(to_3mf(figure))
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)  # noqa: FBT003  its interface
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0
    groups = model.GetBaseMaterialGroups()
    groups.MoveNext()
    assert groups.GetCurrentBaseMaterialGroup().GetCount() == len(figure.parts) >= 5
    meshes = model.GetMeshObjects()
    meshes.MoveNext()
    assert meshes.GetCurrentMeshObject().IsManifoldAndOriented()


@pytest.mark.parametrize("height", HEIGHTS if FULL else (40.0,))
def test_the_slicer_slices_every_height(height: float, tmp_path: Path) -> None:
    path = tmp_path / "figurine.stl"
    path.write_bytes(to_stl(figurine_of(make_attributes("long"), "casual", height).form))
    layers = slice_model(path, "--support-material").count(";LAYER_CHANGE")
    assert layers >= height * 5  # of 0.2 mm; supports have some of their own
