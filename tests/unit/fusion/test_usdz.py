"""USDZ: checked by USD's own validators, read back, and compared with what was sculpted."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pytest
from pxr import Kind, Sdf, Usd, UsdGeom, UsdShade, UsdValidation

from fusion_service.domain.files import usdz
from fusion_service.domain.files.usdz import ALIGNMENT
from fusion_service.domain.paint import paint
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture, Texture
from tests.unit.fusion.factories import make_attributes
from tests.unit.fusion.sculptures import IRIS, SKIN, ball_man

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 4_000_000  # bytes


@pytest.fixture(scope="module")
def package() -> bytes:
    return to_usdz(ball_man(80.0))


def to_usdz(sculpture: Sculpture) -> bytes:
    with TemporaryDirectory() as scratch:
        return usdz.to_usdz(sculpture, Path(scratch))


def opened(data: bytes, folder: Path) -> Usd.Stage:
    path = folder / "figurine.usdz"
    path.write_bytes(data)
    return Usd.Stage.Open(str(path))


def complaints(stage: Usd.Stage) -> list[str]:
    registry = UsdValidation.ValidationRegistry()
    validators = registry.GetOrLoadAllValidators()
    assert len(validators) > 20
    assert any("Usdz" in one.GetMetadata().name for one in validators)
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    return [f"{error.GetName()}: {error.GetMessage()}" for error in found]


def meshes(stage: Usd.Stage) -> dict[str, UsdGeom.Mesh]:
    return {p.GetName(): UsdGeom.Mesh(p) for p in stage.Traverse() if p.IsA(UsdGeom.Mesh)}


def surface(mesh: UsdGeom.Mesh) -> UsdShade.Shader:
    material, _ = UsdShade.MaterialBindingAPI(mesh.GetPrim()).ComputeBoundMaterial()
    shader, _, _ = material.ComputeSurfaceSource()
    return shader


def test_every_validator_of_usd_is_content(package: bytes, tmp_path: Path) -> None:
    assert complaints(opened(package, tmp_path)) == []


def test_the_validators_would_find_a_fault(tmp_path: Path) -> None:
    """A package that is squeezed and whose picture is missing does not pass."""
    with zipfile.ZipFile(io.BytesIO(to_usdz(ball_man(80.0)))) as package:
        layer = package.read("figurine.usdc")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as faulty:
        faulty.writestr("figurine.usdc", layer)
    found = " ".join(complaints(opened(out.getvalue(), tmp_path)))
    assert "ByteMisalignment" in found
    assert "head.png" in found


@pytest.mark.parametrize("height", [40.0, 80.0, 200.0])
def test_the_figurine_stands_on_the_table_at_its_real_size(height: float, tmp_path: Path) -> None:
    stage = opened(to_usdz(ball_man(height)), tmp_path)
    assert UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y
    metres = UsdGeom.GetStageMetersPerUnit(stage)
    cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_])
    extent = cache.ComputeWorldBound(stage.GetDefaultPrim()).ComputeAlignedRange()
    assert extent.GetMin()[1] * metres == pytest.approx(0, abs=1e-6)
    assert extent.GetMax()[1] * metres == pytest.approx(height / 1000, abs=2e-5)


def test_the_face_looks_along_positive_z(package: bytes, tmp_path: Path) -> None:
    stage = opened(package, tmp_path)  # its prims live as long as it does
    by_name = meshes(stage)
    head = np.array(by_name["head"].GetPointsAttr().Get())
    hair = np.array(by_name["hair"].GetPointsAttr().Get())
    assert hair[:, 2].mean() < head[:, 2].mean()
    uv = np.array(UsdGeom.PrimvarsAPI(by_name["head"]).GetPrimvar("st").Get())
    front = head[:, 2] > 1.0
    # the viewer's left half of the picture is at -x, its upper half at +y and v = 1
    assert np.corrcoef(head[front, 0], uv[front, 0])[0, 1] > 0.99
    assert np.corrcoef(head[front, 1], uv[front, 1])[0, 1] > 0.99


def test_every_part_is_a_mesh_with_its_name_below_one_component(
    package: bytes, tmp_path: Path
) -> None:
    stage = opened(package, tmp_path)
    root = stage.GetDefaultPrim()
    assert root.GetPath() == "/Figurine"
    assert Usd.ModelAPI(root).GetKind() == Kind.Tokens.component
    parts = ball_man(80.0).parts
    assert list(meshes(stage)) == [part.name for part in parts]
    for part, mesh in zip(parts, meshes(stage).values(), strict=True):
        faces = np.array(mesh.GetFaceVertexIndicesAttr().Get()).reshape(-1, 3)
        np.testing.assert_array_equal(faces, part.mesh.faces)
        normals = np.array(mesh.GetNormalsAttr().Get())
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-3)
        assert mesh.GetSubdivisionSchemeAttr().Get() == UsdGeom.Tokens.none


def test_names_that_usd_does_not_allow_become_names_that_differ(tmp_path: Path) -> None:
    figurine = ball_man(80.0)
    names = ("cape collar", "2 shoes", "head", "head", "hair", "φόρεμα")
    form = replace(
        figurine.form,
        parts=tuple(
            replace(part, name=name) for part, name in zip(figurine.form.parts, names, strict=True)
        ),
    )
    stage = opened(to_usdz(replace(figurine, form=form)), tmp_path)
    assert complaints(stage) == []
    assert len(meshes(stage)) == len(names)
    shown = [mesh.GetPrim().GetDisplayName() for mesh in meshes(stage).values()]
    assert shown == list(names)


def test_the_head_shows_its_picture_and_the_rest_one_linear_colour(
    package: bytes, tmp_path: Path
) -> None:
    stage = opened(package, tmp_path)  # its prims live as long as it does
    by_name = meshes(stage)
    colour = surface(by_name["head"]).GetInput("diffuseColor")
    texture = UsdShade.Shader(colour.GetConnectedSources()[0][0].source.GetPrim())
    assert texture.GetShaderId() == "UsdUVTexture"
    assert texture.GetInput("sourceColorSpace").Get() == "sRGB"
    with zipfile.ZipFile(io.BytesIO(package)) as entries:
        png = entries.read(texture.GetInput("file").Get().path)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture[550, 300].tolist() == list(IRIS)[::-1]
    plain = surface(by_name["arms"])
    assert plain.GetShaderId() == "UsdPreviewSurface"
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 for c in SKIN]
    assert list(plain.GetInput("diffuseColor").Get()) == pytest.approx(linear, abs=1e-5)


def test_two_heads_have_two_pictures(tmp_path: Path) -> None:
    figurine = ball_man(80.0)
    head = next(i for i, part in enumerate(figurine.parts) if part.name == "head")
    form = replace(figurine.form, parts=(*figurine.form.parts, figurine.form.parts[head]))
    upright = figurine.coats[head].texture
    assert upright is not None
    other = replace(figurine.coats[head], texture=Texture.of(upright.pixels[::-1].copy()))
    data = to_usdz(Sculpture(form, (*figurine.coats, other)))
    assert complaints(opened(data, tmp_path)) == []
    with zipfile.ZipFile(io.BytesIO(data)) as entries:
        assert entries.namelist()[1:] == ["textures/head.png", "textures/head_2.png"]
        first, second = (entries.read(name) for name in entries.namelist()[1:])
    assert first != second


def test_the_entries_are_not_squeezed_lie_on_64_bytes_and_have_no_date(package: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as entries:
        assert entries.testzip() is None
        assert entries.namelist()[0].endswith(".usdc")
        for entry in entries.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            name, extra = struct.unpack_from("<HH", package, entry.header_offset + 26)
            assert (entry.header_offset + 30 + name + extra) % ALIGNMENT == 0


def test_two_processes_write_the_same_bytes(package: bytes) -> None:
    program = (
        "import hashlib\n"
        "from tests.unit.fusion.test_usdz import to_usdz\n"
        "from tests.unit.fusion.sculptures import ball_man\n"
        "print(hashlib.sha256(to_usdz(ball_man(80.0))).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(package).hexdigest()


def test_a_process_that_makes_no_ar_file_does_not_load_usd() -> None:
    program = "import sys, fusion_service.domain.files.usdz; print('pxr' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("template", ["superhero", "couple"])
def test_a_figurine_with_curls_is_small_and_valid(template: str, tmp_path: Path) -> None:
    people = [make_attributes("curly", glasses=True)] * (2 if template == "couple" else 1)
    data = to_usdz(paint(sculpt(people, template, 200.0), people))
    assert len(data) < LIMIT
    assert complaints(opened(data, tmp_path)) == []


def test_a_photo_on_the_head_becomes_a_jpeg(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
    photo = cv2.GaussianBlur(cv2.resize(noise, (1024, 1024)), (0, 0), 1.5).astype(np.uint8)
    figurine = ball_man(80.0)
    texture = Texture.of(photo)
    coats = tuple(
        replace(c, texture=texture) if c.texture is not None else c for c in figurine.coats
    )
    data = to_usdz(replace(figurine, coats=coats))
    with zipfile.ZipFile(io.BytesIO(data)) as entries:
        assert entries.namelist()[1:] == ["textures/head.jpeg"]
    assert complaints(opened(data, tmp_path)) == []


def test_the_layer_names_no_folder_of_this_machine(package: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as entries:
        path = tmp_path / "layer.usdc"
        path.write_bytes(entries.read("figurine.usdc"))
    layer: Any = Sdf.Layer.FindOrOpen(str(path))
    assert "/tmp" not in layer.ExportToString()  # noqa: S108
