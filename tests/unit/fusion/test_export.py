"""STL, GLB and 3MF: read back by other people's programs, and by their bytes."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import lib3mf
import numpy as np
import pytest
import trimesh
from scipy.spatial import KDTree

from fusion_service.domain.archive import (
    coats_from_bytes,
    coats_to_bytes,
    form_from_bytes,
    form_to_bytes,
)
from fusion_service.domain.bodies import TEMPLATES
from fusion_service.domain.files.digits import decimal_text, index_text, join_rows
from fusion_service.domain.files.glb import encode_for_viewers, linear_rgb, to_glb
from fusion_service.domain.files.heads import find_heads
from fusion_service.domain.files.lighter import lighter
from fusion_service.domain.files.placement import print_vertices
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.frame import HEAD_CENTRE_Z, TEXTURE_MM
from fusion_service.domain.paint import paint
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Coat, Mesh, Sculpture, Texture
from tests.unit.fusion.factories import make_attributes
from tests.unit.fusion.sculptures import IRIS, SKIN, ball_man, face_texture, with_form, with_parts

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_service.domain.sculpture import Sculpture

HEIGHTS = [40.0, 80.0, 150.0, 200.0]
COMPONENTS = {5123: "<u2", 5125: "<u4", 5126: "<f4"}


@pytest.fixture(scope="module")
def figurine() -> Sculpture:
    return ball_man()


# --- STL ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", HEIGHTS)
def test_the_stl_stands_on_the_bed_at_the_height_asked_for(height: float) -> None:
    mesh = trimesh.load_mesh(io.BytesIO(to_stl(ball_man(height).form)), file_type="stl")
    assert mesh.bounds[0, 2] == 0.0
    assert mesh.bounds[1, 2] == pytest.approx(height, abs=0.01)
    assert mesh.is_watertight
    assert mesh.volume > 0


def test_the_stl_holds_every_triangle_and_does_not_call_itself_text(figurine: Sculpture) -> None:
    stl = to_stl(figurine.form)
    assert not stl[:80].lower().lstrip().startswith(b"solid")
    assert struct.unpack_from("<I", stl, 80) == (len(figurine.solid.faces),)
    assert len(stl) == 84 + 50 * len(figurine.solid.faces)


def test_the_stl_normals_are_unit_and_agree_with_the_corners(figurine: Sculpture) -> None:
    facets = np.frombuffer(
        to_stl(figurine.form)[84:], np.dtype([("v", "<f4", (4, 3)), ("a", "<u2")])
    )
    normal, corners = facets["v"][:, 0], facets["v"][:, 1:].astype(float)
    exact = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    np.testing.assert_allclose(normal, exact, atol=1e-6)


def test_a_sculpture_that_floats_is_put_on_the_bed_in_every_file(figurine: Sculpture) -> None:
    lifted = figurine.solid.vertices + np.float32([0, 0, 7])
    floating = with_form(figurine, solid=replace(figurine.solid, vertices=lifted))
    assert print_vertices(floating.form)[:, 2].min() == 0.0
    assert print_vertices(floating.form)[:, 2].max() == pytest.approx(80, abs=0.01)


# --- GLB ---------------------------------------------------------------------------------------


def read_glb(data: bytes) -> tuple[dict[str, Any], bytes]:
    magic, version, total = struct.unpack_from("<4sII", data)
    assert (magic, version, total) == (b"glTF", 2, len(data))
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    assert length % 4 == 0
    size, kind = struct.unpack_from("<I4s", data, 20 + length)
    assert kind == b"BIN\0"
    assert size % 4 == 0
    return json.loads(data[20 : 20 + length]), data[28 + length : 28 + length + size]


def accessor_values(scene: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    accessor = scene["accessors"][index]
    view = scene["bufferViews"][accessor["bufferView"]]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[accessor["type"]]
    chunk = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    return np.frombuffer(chunk, COMPONENTS[accessor["componentType"]]).reshape(-1, width)


def test_the_glb_names_every_part_below_the_figurine(figurine: Sculpture) -> None:
    scene, _ = read_glb(to_glb(figurine))
    root = scene["nodes"][scene["scenes"][0]["nodes"][0]]
    assert root["name"] == "figurine"
    names = [scene["nodes"][child]["name"] for child in root["children"]]
    assert names == [part.name for part in figurine.parts]


def test_the_glb_accessors_tell_the_truth(figurine: Sculpture) -> None:
    scene, binary = read_glb(to_glb(figurine))
    assert scene["buffers"][0]["byteLength"] == len(binary)
    assert all(view["byteOffset"] % 4 == 0 for view in scene["bufferViews"])
    for mesh, part in zip(scene["meshes"], figurine.parts, strict=True):
        (primitive,) = mesh["primitives"]
        positions = accessor_values(scene, binary, primitive["attributes"]["POSITION"])
        stated = scene["accessors"][primitive["attributes"]["POSITION"]]
        assert stated["count"] == len(part.mesh.vertices)
        np.testing.assert_array_equal(positions.min(axis=0), np.float32(stated["min"]))
        np.testing.assert_array_equal(positions.max(axis=0), np.float32(stated["max"]))
        normals = accessor_values(scene, binary, primitive["attributes"]["NORMAL"])
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-3)
        indices = accessor_values(scene, binary, primitive["indices"])
        np.testing.assert_array_equal(indices.reshape(-1, 3), part.mesh.faces)


@pytest.mark.parametrize("height", HEIGHTS)
def test_the_glb_is_in_metres_y_up_and_looks_along_positive_z(height: float) -> None:
    scene, binary = read_glb(to_glb(ball_man(height)))
    by_name = {mesh["name"]: mesh["primitives"][0]["attributes"] for mesh in scene["meshes"]}
    points = [accessor_values(scene, binary, a["POSITION"]) for a in by_name.values()]
    cloud = np.concatenate(points)
    assert cloud[:, 1].min() == pytest.approx(0, abs=1e-5)
    assert cloud[:, 1].max() == pytest.approx(height / 1000, abs=2e-5)
    hair = accessor_values(scene, binary, by_name["hair"]["POSITION"])
    head = accessor_values(scene, binary, by_name["head"]["POSITION"])
    assert hair[:, 2].mean() < head[:, 2].mean()  # the hair is behind the face
    # the viewer's left half of the texture is on the viewer's left, which is -x
    uv = accessor_values(scene, binary, by_name["head"]["TEXCOORD_0"])
    front = head[:, 2] > 0.1 * height / 1000
    assert np.corrcoef(head[front, 0], uv[front, 0])[0, 1] > 0.99
    assert np.corrcoef(head[front, 1], uv[front, 1])[0, 1] < -0.99


def test_only_the_head_is_textured_and_the_texture_is_lossless(figurine: Sculpture) -> None:
    scene, binary = read_glb(to_glb(figurine))
    materials = {m["name"]: m["pbrMetallicRoughness"] for m in scene["materials"]}
    assert [name for name, m in materials.items() if "baseColorTexture" in m] == ["head"]
    assert materials["arms"]["baseColorFactor"] == pytest.approx([*linear_rgb(SKIN), 1.0])
    assert all(m["roughnessFactor"] == 0.45 for m in materials.values())
    view = scene["bufferViews"][scene["images"][0]["bufferView"]]
    png = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(picture[:, :, ::-1], face_texture())


def test_colour_factors_are_linear() -> None:
    assert linear_rgb((255, 0, 128)) == pytest.approx([1.0, 0.0, 0.21586], abs=1e-4)


def test_a_missing_normal_becomes_a_valid_one(figurine: Sculpture) -> None:
    part = figurine.parts[0]
    normals = part.mesh.normals.copy()
    normals[0], normals[1] = 0.0, np.nan
    broken = replace(part, mesh=replace(part.mesh, normals=normals))
    scene, binary = read_glb(to_glb(with_parts(figurine, broken, *figurine.parts[1:])))
    index = scene["meshes"][0]["primitives"][0]["attributes"]["NORMAL"]
    np.testing.assert_array_equal(accessor_values(scene, binary, index)[:2], [[0, 1, 0]] * 2)


def test_two_parts_of_one_name_become_two_names(figurine: Sculpture) -> None:
    form = replace(figurine.form, parts=(*figurine.form.parts, figurine.form.parts[-1]))
    scene, _ = read_glb(to_glb(replace(figurine, form=form, coats=(*figurine.coats, Coat(SKIN)))))
    names = [node["name"] for node in scene["nodes"]]
    assert names[-3:] == ["head", "head 2", "figurine"]


def test_a_photo_on_the_head_becomes_a_jpeg(figurine: Sculpture) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
    photo = cv2.GaussianBlur(cv2.resize(noise, (1024, 1024)), (0, 0), 1.5).astype(np.uint8)
    texture = Texture.of(photo)
    assert encode_for_viewers(texture)[1] == "jpeg"
    coats = tuple(
        replace(c, texture=texture) if c.texture is not None else c for c in figurine.coats
    )
    scene, binary = read_glb(to_glb(replace(figurine, coats=coats)))
    (image,) = scene["images"]
    assert image["mimeType"] == "image/jpeg"
    view = scene["bufferViews"][image["bufferView"]]
    jpeg = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(picture[:, :, ::-1].astype(int) - photo).mean() < 4


def test_too_many_vertices_become_fewer_on_the_same_surface(
    figurine: Sculpture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lighter(figurine.parts) == figurine.parts
    monkeypatch.setattr("fusion_service.domain.files.lighter.MOST", 15_000)
    monkeypatch.setattr("fusion_service.domain.files.lighter.FINE", 1_000)
    monkeypatch.setattr("fusion_service.domain.files.lighter.CELLS", (1.2,))
    for before, after in zip(figurine.parts, lighter(figurine.parts), strict=True):
        assert (after.name, after.colour) == (before.name, before.colour)
        if before.texture is not None:
            assert after.mesh is before.mesh  # the face keeps its every vertex
            continue
        count = len(after.mesh.vertices)
        assert count < 0.7 * len(before.mesh.vertices)
        assert sorted(set(after.mesh.faces.ravel())) == list(range(count))
        distance, _ = KDTree(before.mesh.vertices).query(after.mesh.vertices)
        assert distance.max() < 0.8
        corners = after.mesh.vertices[after.mesh.faces]
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        shown = after.mesh.normals[after.mesh.faces].mean(axis=1)
        assert ((facing * shown).sum(axis=1) > 0).mean() > 0.98
        np.testing.assert_allclose(np.linalg.norm(after.mesh.normals, axis=1), 1, atol=1e-3)


def test_letters_whose_triangles_share_nothing_are_welded(figurine: Sculpture) -> None:
    whole = next(part for part in figurine.parts if part.name == "base")
    loose = Mesh(
        whole.mesh.vertices[whole.mesh.faces.ravel()],
        np.arange(whole.mesh.faces.size, dtype=np.int32).reshape(-1, 3),
        whole.mesh.normals[whole.mesh.faces.ravel()],
    )
    (welded,) = lighter((replace(whole, mesh=loose),))
    assert len(welded.mesh.vertices) <= len(whole.mesh.vertices)
    np.testing.assert_array_equal(
        welded.mesh.vertices[welded.mesh.faces], loose.vertices[loose.faces]
    )


@pytest.mark.parametrize(
    ("template", "height"),
    [*((name, 100.0) for name in sorted(TEMPLATES)), ("couple", 40.0), ("couple", 200.0)],
)
def test_the_glb_of_every_template_is_below_four_megabytes(template: str, height: float) -> None:
    """Curly hair has the most triangles; two people have twice as many."""
    people = [make_attributes("curly", glasses=True)] * (2 if template == "couple" else 1)
    form = sculpt(people, template, height, name="Max & Ana")
    assert len(to_glb(paint(form, people))) < 4_000_000


def test_the_glb_loads_in_trimesh(figurine: Sculpture) -> None:
    loaded = trimesh.load(io.BytesIO(to_glb(figurine)), file_type="glb")
    assert set(loaded.geometry) == {part.name for part in figurine.parts}


# --- 3MF ---------------------------------------------------------------------------------------


def read_3mf(data: bytes, folder: Path) -> tuple[Any, Any, int]:
    path = folder / "figurine.3mf"
    path.write_bytes(data)
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)  # noqa: FBT003
    reader.ReadFromFile(str(path))
    objects = model.GetMeshObjects()
    assert objects.Count() == 1
    assert objects.MoveNext()
    return model, objects.GetCurrentMeshObject(), reader.GetWarningCount()


@pytest.mark.parametrize("height", HEIGHTS)
def test_lib3mf_reads_the_3mf_in_strict_mode_without_a_warning(
    height: float, tmp_path: Path
) -> None:
    sculpture = ball_man(height)
    model, solid, warnings = read_3mf(to_3mf(sculpture), tmp_path)
    assert warnings == 0
    assert solid.IsManifoldAndOriented()
    assert solid.GetTriangleCount() == len(sculpture.solid.faces)
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    z = [vertex.Coordinates[2] for vertex in solid.GetVertices()]
    assert min(z) == 0.0
    assert max(z) == pytest.approx(height, abs=0.01)


def test_the_3mf_has_a_material_a_part_and_the_face_as_texture(
    figurine: Sculpture, tmp_path: Path
) -> None:
    model, solid, _ = read_3mf(to_3mf(figurine), tmp_path)
    groups = model.GetBaseMaterialGroups()
    assert groups.MoveNext()
    materials = groups.GetCurrentBaseMaterialGroup()
    names = [materials.GetName(i) for i in materials.GetAllPropertyIDs()]
    assert names == [part.name for part in figurine.parts]
    assert len(names) >= 5
    assert model.GetTexture2DGroups().Count() == 1
    metadata = model.GetMetaDataGroup()
    values = {
        metadata.GetMetaData(i).GetName(): metadata.GetMetaData(i).GetValue()
        for i in range(metadata.GetMetaDataCount())
    }
    assert values == {"Title": "Kiln figurine, default, 80 mm", "Application": "Kiln"}
    assert solid.GetName() == "figurine"


def test_the_3mf_mesh_is_the_solid_with_the_colour_of_every_triangle(figurine: Sculpture) -> None:
    with zipfile.ZipFile(io.BytesIO(to_3mf(figurine))) as package:
        text = package.read("3D/3dmodel.model").decode()
    vertices = np.array(
        re.findall(r'<vertex x="([-.\d]+)" y="([-.\d]+)" z="([-.\d]+)"/>', text), float
    )
    np.testing.assert_allclose(vertices, print_vertices(figurine.form), atol=6e-5)
    plain = re.findall(r'v1="(\d+)" v2="(\d+)" v3="(\d+)" pid="1" p1="(\d+)"/>', text)
    face = re.findall(r'v1="(\d+)" v2="(\d+)" v3="(\d+)" pid="4" p1="\d+" p2="\d+" p3="\d+"', text)
    (head,) = find_heads(figurine)
    solid, on_face = figurine.solid, head.on_face
    expected = np.column_stack([solid.faces[~on_face], solid.part_ids[~on_face]])
    np.testing.assert_array_equal(np.array(plain, int), expected)
    np.testing.assert_array_equal(np.array(face, int), solid.faces[on_face])
    assert len(re.findall("<m:tex2coord ", text)) == len(np.unique(solid.faces[on_face]))


def test_the_face_is_painted_on_the_front_of_the_head_only(figurine: Sculpture) -> None:
    (face,) = find_heads(figurine)
    solid, on_face = figurine.solid, face.on_face
    head = [part.name for part in figurine.parts].index("head")
    assert set(solid.part_ids[on_face]) == {head}
    assert solid.vertices[solid.faces[on_face], 1].min() > -1
    # the solid's vertex in front of the viewer's left eye (x > 0) finds the eye's blue
    points = solid.vertices[solid.faces[on_face].ravel()]
    eye = (0.5 - 350 / 1024) * TEXTURE_MM, HEAD_CENTRE_Z + (0.5 - 560 / 1024) * TEXTURE_MM
    u, v = face.texture_uv(points)[np.linalg.norm(points[:, [0, 2]] - eye, axis=1).argmin()]
    assert tuple(face_texture()[int((1 - v) * 1024), int(u * 1024)]) == IRIS


def test_a_sculpture_without_a_head_still_makes_a_3mf(figurine: Sculpture, tmp_path: Path) -> None:
    parts = tuple(replace(p, texture=None) for p in figurine.parts)
    _, solid, warnings = read_3mf(to_3mf(with_parts(figurine, *parts)), tmp_path)
    assert warnings == 0
    assert solid.GetTriangleCount() == len(figurine.solid.faces)


def test_two_heads_have_a_texture_each_in_the_3mf(figurine: Sculpture, tmp_path: Path) -> None:
    head = next(i for i, part in enumerate(figurine.parts) if part.name == "head")
    form = replace(figurine.form, parts=(*figurine.form.parts, figurine.form.parts[head]))
    faces = form.solid.part_ids.copy()
    faces[np.flatnonzero(faces == head)[::2]] = len(form.parts) - 1  # half of it is the other's
    form = replace(form, solid=replace(form.solid, part_ids=faces))
    upright = figurine.coats[head].texture
    assert upright is not None
    other = replace(figurine.coats[head], texture=Texture.of(upright.pixels[::-1].copy()))
    data = to_3mf(Sculpture(form, (*figurine.coats, other)))
    model, _, warnings = read_3mf(data, tmp_path)
    assert warnings == 0
    assert model.GetTexture2DGroups().Count() == 2
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = [name for name in package.namelist() if name.endswith(".png")]
        assert names == ["3D/Textures/face.png", "3D/Textures/face1.png"]
        assert package.read(names[0]) != package.read(names[1])


def test_part_names_are_escaped_in_the_3mf(figurine: Sculpture, tmp_path: Path) -> None:
    odd = replace(figurine.parts[0], name='"<&>')
    model, _, _ = read_3mf(to_3mf(with_parts(figurine, odd, *figurine.parts[1:])), tmp_path)
    groups = model.GetBaseMaterialGroups()
    groups.MoveNext()
    assert groups.GetCurrentBaseMaterialGroup().GetName(1) == '"<&>'


# --- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("export", [lambda sculpture: to_stl(sculpture.form), to_glb, to_3mf])
def test_the_same_sculpture_gives_the_same_bytes(export: Any, figurine: Sculpture) -> None:
    form = form_from_bytes(form_to_bytes(figurine.form))
    again = Sculpture(form, coats_from_bytes(coats_to_bytes(figurine.coats)))
    assert export(figurine) == export(again)


def test_the_3mf_is_smaller_than_zlib_makes_it_quickly(figurine: Sculpture) -> None:
    with zipfile.ZipFile(io.BytesIO(to_3mf(figurine))) as package:
        entry = package.getinfo("3D/3dmodel.model")
        assert entry.compress_size < 0.95 * len(zlib.compress(package.read(entry), 1))


def test_the_3mf_carries_no_date(figurine: Sculpture) -> None:
    with zipfile.ZipFile(io.BytesIO(to_3mf(figurine))) as package:
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.namelist()[0] == "[Content_Types].xml"


def test_numbers_are_written_like_printf_would() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([[0, -0.00004, -0.00005, -0.5, 0.5, 99.99995], rng.normal(0, 60, 500)])
    lines = join_rows(b"", decimal_text(values, 4), b"\n").decode().splitlines()
    expected = np.rint(values * 1e4) / 1e4
    assert [float(line) for line in lines] == pytest.approx(expected.tolist(), abs=1e-9)
    assert lines[3:5] == ["-0.5000", "0.5000"]
    assert "-0.0000" not in lines
    numbers = np.array([0, 7, 10, 909, 1000])
    assert join_rows(index_text(numbers, 1001), b" ") == b"0 7 10 909 1000 "
