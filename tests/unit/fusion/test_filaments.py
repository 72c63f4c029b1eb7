"""Colour for printers: patches of the drawn face, split triangles, filaments and slicer paint."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import cv2
import lib3mf
import numpy as np
import pytest
import trimesh
from skimage.color import deltaE_ciede2000, rgb2lab

from fusion_service.domain.files.colouring import Coloured, in_filaments, in_own_colours
from fusion_service.domain.files.filaments import (
    nearest_filaments,
    paint_attributes,
    parse_colour,
    prusa_settings,
)
from fusion_service.domain.files.heads import find_heads
from fusion_service.domain.files.patches import find_patches, main_colours
from fusion_service.domain.files.splitting import edge_keys, points_on, split
from fusion_service.domain.files.threemf import to_3mf
from tests.unit.fusion.sculptures import IRIS, SKIN, ball_man, face_texture

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_service.domain.sculpture import Sculpture

WHITE, BLACK, BLUE, BROWN, RED = (255,) * 3, (15,) * 3, (30, 70, 190), (90, 55, 35), (190, 40, 40)
PINK = (235, 195, 165)
FILAMENTS = (WHITE, BLACK, PINK, BLUE, BROWN, RED)


@pytest.fixture(scope="module")
def figurine() -> Sculpture:
    return ball_man()


@pytest.fixture(scope="module")
def drawn(figurine: Sculpture) -> Coloured:
    return in_own_colours(figurine)


# --- splitting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.02, 0.2, 0.7, 1.0])
def test_splitting_any_edges_keeps_the_surface_closed_and_its_shape(share: float) -> None:
    ball = trimesh.creation.icosphere(subdivisions=3, radius=5.0)
    vertices, faces = ball.vertices.astype(np.float32), np.asarray(ball.faces, np.int32)
    keys = np.unique(edge_keys(faces))
    keys = keys[np.random.default_rng(3).random(len(keys)) < share]
    touched, children = split(faces, keys, len(vertices))
    whole = trimesh.Trimesh(
        np.vstack([vertices, points_on(vertices, keys)]),
        np.vstack([faces[~touched], children.faces]),
        process=False,
    )
    assert whole.is_watertight
    assert whole.is_winding_consistent
    assert whole.volume == pytest.approx(ball.volume, rel=1e-5)
    assert whole.area == pytest.approx(ball.area, rel=1e-5)
    assert len(whole.faces) == len(faces) + 2 * len(keys)


def test_children_lie_in_their_parents() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2, radius=5.0)
    vertices, faces = ball.vertices.astype(np.float32), np.asarray(ball.faces, np.int32)
    keys = np.unique(edge_keys(faces))[::3]
    _, children = split(faces, keys, len(vertices))
    points = np.vstack([vertices, points_on(vertices, keys)])
    across = np.cross(*(points[faces][:, i] - points[faces][:, 0] for i in (1, 2)))
    normals = across / np.linalg.norm(across, axis=1, keepdims=True)
    offsets = points[children.faces] - points[faces[children.parents, 0]][:, None]
    heights = np.einsum("kij,kj->ki", offsets, normals[children.parents])
    assert np.abs(heights).max() < 1e-5
    assert (children.faces[children.central] >= len(vertices)).all()
    assert (children.faces[~children.central] < len(vertices)).any(axis=1).all()


# --- patches -------------------------------------------------------------------------------------


def test_the_colours_of_a_drawing_are_found_and_the_skin_comes_first() -> None:
    colours = main_colours(face_texture(), SKIN, 8)
    assert colours[0] == SKIN
    assert len(colours) == 2
    assert deltaE_ciede2000(_lab(colours[1]), _lab(IRIS)) < 3


def test_the_blend_on_an_edge_is_no_colour_of_its_own() -> None:
    texture = cv2.GaussianBlur(face_texture(), (0, 0), 1.0)
    colours = [SKIN, IRIS, tuple(int(c) for c in np.add(SKIN, IRIS) // 2)]
    patches = find_patches(texture, colours, [0, 1, 2])
    assert np.count_nonzero(patches.labels == 2) == 0
    assert np.count_nonzero(patches.labels == 1) == pytest.approx(2 * 80 * 90, rel=0.02)


def test_no_triangle_with_an_outline_is_missed() -> None:
    patches = find_patches(face_texture(), [SKIN, IRIS], [0, 1])
    corners = np.random.default_rng(1).random((4000, 3, 2)).astype(np.float32)
    corners = corners[:, :1] + (corners - corners[:, :1]) * 0.05
    labels = patches.shares_at(corners.reshape(-1, 2)).argmax(axis=1).reshape(-1, 3)
    differ = labels.max(axis=1) != labels.min(axis=1)
    assert 50 < differ.sum() < 3000
    assert patches.crossed(corners)[differ].all()
    assert patches.crossed(corners).sum() < 2000


# --- the solid in colour -------------------------------------------------------------------------


def test_the_coloured_solid_is_the_same_surface(figurine: Sculpture, drawn: Coloured) -> None:
    before = trimesh.Trimesh(figurine.solid.vertices, figurine.solid.faces, process=False)
    after = trimesh.Trimesh(drawn.vertices, drawn.faces, process=False)
    assert after.is_watertight
    assert after.is_winding_consistent
    assert after.volume == pytest.approx(before.volume, rel=1e-5)
    assert len(after.faces) > len(before.faces) + 500


def test_the_eyes_have_smooth_outlines(figurine: Sculpture, drawn: Coloured) -> None:
    """The blue of every triangle agrees with the drawing to a tenth of a millimetre."""
    (head,) = find_heads(figurine)
    blue = min(
        range(len(drawn.palette)),
        key=lambda i: float(deltaE_ciede2000(_lab(drawn.palette[i]), _lab(IRIS))),
    )
    corners = drawn.vertices[drawn.faces]
    areas = np.linalg.norm(np.cross(*(corners[:, i] - corners[:, 0] for i in (1, 2))), axis=1)
    front = corners[:, :, 1].min(axis=1) > 3
    middle = head.texture_uv(corners.mean(axis=1))
    rows = np.clip((1 - middle[:, 1]) * 1024, 0, 1023).astype(int)
    columns = np.clip(middle[:, 0] * 1024, 0, 1023).astype(int)
    near_head = front & (np.abs(corners[:, :, 2].mean(axis=1) - 60) < 12)
    expected = (face_texture()[rows, columns] == IRIS).all(axis=1)
    wrong = near_head & ((drawn.colour_ids == blue) != expected)
    eyes = areas[near_head & expected].sum()
    # the outline of both eyes is 47 mm long; the drawing's own pixels leave 0.035 mm of doubt
    assert areas[wrong].sum() < 0.04 * eyes


def test_filaments_are_the_only_colours(figurine: Sculpture) -> None:
    mesh = in_filaments(figurine, FILAMENTS)
    assert mesh.palette == FILAMENTS
    shown = {FILAMENTS[i] for i in np.unique(mesh.colour_ids)}
    assert {PINK, BLUE, BROWN, RED} <= shown


def test_one_filament_paints_all(figurine: Sculpture) -> None:
    assert not in_filaments(figurine, (RED,)).colour_ids.any()


# --- filaments -----------------------------------------------------------------------------------


def test_the_nearest_filament_is_the_one_of_ciede2000() -> None:
    random = np.random.default_rng(8).integers(0, 255, (60, 3))
    offered = ((250, 250, 250), (190, 190, 190), (120, 120, 120), (20, 20, 20))  # none is gaudy
    colours = [tuple(int(c) for c in colour) for colour in random]
    apart = deltaE_ciede2000(rgb2lab(random / 255)[:, None], rgb2lab(np.array(offered) / 255)[None])
    skin = (80, 50, 30)
    found = nearest_filaments(colours, (*offered, skin), skin)
    own = found == len(offered)
    assert own.sum() < 10
    np.testing.assert_array_equal(found[~own], apart.argmin(axis=1)[~own])


def test_fair_hair_does_not_vanish_in_the_face() -> None:
    hair, skin = (184, 140, 80), (230, 190, 165)
    hair_filament, face_filament = nearest_filaments([hair, skin], (PINK, BROWN), skin)
    assert (hair_filament, face_filament) == (1, 0)


def test_brown_hair_is_black_rather_than_red_and_dark_red_is_red() -> None:
    brown, dark_red = nearest_filaments([(122, 86, 56), (110, 30, 35)], (BLACK, RED, PINK), SKIN)
    assert (brown, dark_red) == (0, 1)


def test_a_grey_does_not_turn_blue() -> None:
    assert nearest_filaments([(145, 150, 165)], (BLUE, WHITE, PINK), SKIN)[0] == 1


@pytest.mark.parametrize(
    ("extruder", "code"),
    [(1, "4"), (2, "8"), (3, "0C"), (4, "1C"), (5, "2C"), (12, "9C"), (13, "AC"), (16, "DC")],
)
def test_paint_is_written_as_slicers_write_it(extruder: int, code: str) -> None:
    assert paint_attributes(extruder).count(f'"{code}"') == 2


def test_settings_name_every_filament() -> None:
    settings = prusa_settings(FILAMENTS)
    assert "; filament_colour = #FFFFFF;#0F0F0F;#EBC3A5;#1E46BE;#5A3723;#BE2828\n" in settings
    assert "; nozzle_diameter = 0.4,0.4,0.4,0.4,0.4,0.4\n" in settings


def test_a_colour_is_read_from_text() -> None:
    assert parse_colour("#0aFf10") == (10, 255, 16)


# --- the files -----------------------------------------------------------------------------------


def _read(data: bytes, path: Path, *, strict: bool) -> tuple[lib3mf.Model, list[str]]:
    path.write_bytes(data)
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(strict)
    reader.ReadFromFile(str(path))
    return model, [reader.GetWarning(i)[1] for i in range(reader.GetWarningCount())]


def test_groups_are_a_strict_3mf_with_a_colour_group(figurine: Sculpture, tmp_path: Path) -> None:
    model, warnings = _read(to_3mf(figurine, "groups"), tmp_path / "groups.3mf", strict=True)
    assert warnings == []
    groups = model.GetColorGroups()
    assert groups.MoveNext()
    assert groups.GetCurrentColorGroup().GetCount() == 6  # five of the parts, and the eyes
    assert model.GetTexture2Ds().Count() == 0
    solids = model.GetMeshObjects()
    solids.MoveNext()
    assert solids.GetCurrentMeshObject().IsManifoldAndOriented()


def test_the_paint_of_bambu_studio_is_all_that_a_strict_reader_minds(
    figurine: Sculpture, tmp_path: Path
) -> None:
    data = to_3mf(figurine, "filaments", FILAMENTS)
    model, warnings = _read(data, tmp_path / "painted.3mf", strict=False)
    solids = model.GetMeshObjects()
    solids.MoveNext()
    solid = solids.GetCurrentMeshObject()
    assert set(warnings) == {"Invalid Attribute in namespace."}
    assert len(warnings) == solid.GetTriangleCount()
    assert solid.IsManifoldAndOriented()
    source = io.BytesIO(data)
    clean = io.BytesIO()
    with zipfile.ZipFile(source) as full, zipfile.ZipFile(clean, "w") as kept:
        for name in full.namelist():
            kept.writestr(name, re.sub(rb' paint_color="\w+"', b"", full.read(name)))
    assert _read(clean.getvalue(), tmp_path / "clean.3mf", strict=True)[1] == []


def test_both_paints_agree_with_the_material_of_every_triangle(figurine: Sculpture) -> None:
    with zipfile.ZipFile(io.BytesIO(to_3mf(figurine, "filaments", FILAMENTS))) as package:
        text = package.read("3D/3dmodel.model").decode()
        settings = package.read("Metadata/Slic3r_PE_model.config").decode()
    row = r'p1="(\d)" paint_color="(\w+)" slic3rpe:mmu_segmentation="(\w+)"/>'
    rows = set(re.findall(row, text))
    codes = ("4", "8", "0C", "1C", "2C", "3C")
    assert len(rows) >= 4
    assert all(bambu == prusa == codes[int(filament)] for filament, bambu, prusa in rows)
    assert f'lastid="{text.count("<triangle ") - 1}"' in settings
    ((most, _),) = Counter(re.findall(r'p1="(\d)" paint_color', text)).most_common(1)
    assert f'key="extruder" value="{int(most) + 1}"' in settings  # the inside has it
    assert re.findall(r'<base name="filament (\d)"', text) == list("123456")


@pytest.mark.parametrize("colouring", ["texture", "groups", "filaments"])
def test_the_same_figurine_gives_the_same_3mf(figurine: Sculpture, colouring: str) -> None:
    one, two = (to_3mf(figurine, colouring, FILAMENTS) for _ in range(2))  # type: ignore[arg-type]
    assert one == two


def _lab(colour: tuple[int, ...]) -> np.ndarray:
    return rgb2lab(np.array(colour) / 255)
