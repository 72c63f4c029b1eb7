"""USDZ (Universal Scene Description, zipped): the figurine to stand on one's own table, in AR.

Specifications: OpenUSD 26.11, usdz 1.3 and UsdPreviewSurface 2.6, https://openusd.org/release
"""

from __future__ import annotations

import importlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fusion_service.domain.files.glb import (
    VINYL_ROUGHNESS,
    distinct,
    encode_for_viewers,
    linear_rgb,
    unit_normals,
)
from fusion_service.domain.files.lighter import lighter
from fusion_service.domain.files.placement import to_millimetres, to_viewer_axes

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_service.domain.sculpture import Colour, Part, Sculpture

# Centimetres, because viewers that do not read the unit take it for USD's own fallback, 0.01.
CENTIMETRES_PER_MILLIMETRE, METRES_PER_UNIT = 0.1, 0.01
ALIGNMENT = 64  # a viewer maps the package into memory and reads the entries where they lie
PADDING_ID = 0x1986  # of the zip extra field that USD's own writer pads with
LOCAL_HEADER = 30  # bytes before the name of an entry
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
ROOT = "/Figurine"


def to_usdz(sculpture: Sculpture, scratch: Path) -> bytes:
    """Write the unfused parts at their real size, y up, the face towards +z.

    Every part is a mesh with its own material; a part with a texture shows it as base colour.
    The same sculpture gives the same bytes. The USD library (80 MB in memory) is loaded on the
    first call.

    Parameters
    ----------
    sculpture
        A painted form.
    scratch
        An empty folder: the library writes the scene to files only.
    """
    parts = _named(lighter(sculpture.parts))
    textures, files = {}, {}
    for name, part in parts:
        if part.texture is not None and part.mesh.uv is not None:
            picture, kind = encode_for_viewers(part.texture)
            files[name] = f"textures/{name}.{kind}"
            textures[files[name]] = picture
    # the first file of a package is the layer that a viewer opens
    return _package({"figurine.usdc": _crate(sculpture, parts, files, scratch), **textures})


def _named(parts: tuple[Part, ...]) -> list[tuple[str, Part]]:
    """Give every part a name that is its own and that USD allows: ``cape_collar``, ``head_2``."""
    valid = _pxr("Tf").MakeValidIdentifier
    names = distinct(valid(part.name) for part in parts)
    return [(valid(name), part) for name, part in zip(names, parts, strict=True)]


def _crate(
    sculpture: Sculpture, parts: list[tuple[str, Part]], files: dict[str, str], scratch: Path
) -> bytes:
    """Describe the scene as USD and write it in its binary form; ``files`` are the textures."""
    usd, geom, kind = _pxr("Usd"), _pxr("UsdGeom"), _pxr("Kind")
    stage = usd.Stage.CreateInMemory()
    geom.SetStageUpAxis(stage, geom.Tokens.y)
    geom.SetStageMetersPerUnit(stage, METRES_PER_UNIT)
    root = geom.Xform.Define(stage, ROOT).GetPrim()
    usd.ModelAPI(root).SetKind(kind.Tokens.component)
    stage.SetDefaultPrim(root)
    geom.Scope.Define(stage, f"{ROOT}/Materials")
    for name, part in parts:
        material = _add_material(stage, name, part.colour, files.get(name))
        mesh = _add_mesh(stage, sculpture, name, part)
        _pxr("UsdShade").MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
    path = scratch / "figurine.usdc"
    stage.GetRootLayer().Export(str(path))
    return path.read_bytes()


def _add_mesh(stage: Any, sculpture: Sculpture, name: str, part: Part) -> Any:  # noqa: ANN401
    geom, sdf, vt = _pxr("UsdGeom"), _pxr("Sdf"), _pxr("Vt")
    source = part.mesh
    points = to_viewer_axes(
        to_millimetres(sculpture.form, source.vertices) * CENTIMETRES_PER_MILLIMETRE
    )
    mesh = geom.Mesh.Define(stage, f"{ROOT}/{name}")
    mesh.GetPrim().SetDisplayName(part.name)
    mesh.CreateSubdivisionSchemeAttr(geom.Tokens.none)  # else viewers round the triangles off
    mesh.CreatePointsAttr(vt.Vec3fArray.FromNumpy(points))
    mesh.CreateExtentAttr(_vectors(vt.Vec3fArray, [points.min(0), points.max(0)]))
    mesh.CreateFaceVertexIndicesAttr(_integers(source.faces.ravel()))
    mesh.CreateFaceVertexCountsAttr(_integers(np.full(len(source.faces), 3)))
    mesh.CreateNormalsAttr(vt.Vec3fArray.FromNumpy(unit_normals(source)))
    mesh.SetNormalsInterpolation(geom.Tokens.vertex)
    if source.uv is not None:
        kind = sdf.ValueTypeNames.TexCoord2fArray
        coordinates = geom.PrimvarsAPI(mesh).CreatePrimvar("st", kind, geom.Tokens.vertex)
        coordinates.Set(_vectors(vt.Vec2fArray, source.uv))
    return mesh


def _add_material(stage: Any, name: str, plain: Colour, file: str | None) -> Any:  # noqa: ANN401
    shade, sdf, gf = _pxr("UsdShade"), _pxr("Sdf"), _pxr("Gf")
    material = shade.Material.Define(stage, f"{ROOT}/Materials/{name}")
    surface = shade.Shader.Define(stage, f"{ROOT}/Materials/{name}/Surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("metallic", sdf.ValueTypeNames.Float).Set(0.0)
    surface.CreateInput("roughness", sdf.ValueTypeNames.Float).Set(VINYL_ROUGHNESS)
    colour = surface.CreateInput("diffuseColor", sdf.ValueTypeNames.Color3f)
    if file is None:
        colour.Set(gf.Vec3f(*linear_rgb(plain)))
    else:
        colour.ConnectToSource(_add_texture(stage, name, file))
    output = surface.CreateOutput("surface", sdf.ValueTypeNames.Token)
    material.CreateSurfaceOutput().ConnectToSource(output)
    return material


def _add_texture(stage: Any, name: str, file: str) -> Any:  # noqa: ANN401
    """Read the picture at the texture coordinates ``st``; returns its colour output."""
    shade, types = _pxr("UsdShade"), _pxr("Sdf").ValueTypeNames
    reader = shade.Shader.Define(stage, f"{ROOT}/Materials/{name}/Coordinates")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", types.String).Set("st")
    texture = shade.Shader.Define(stage, f"{ROOT}/Materials/{name}/Texture")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", types.Asset).Set(file)
    texture.CreateInput("sourceColorSpace", types.Token).Set("sRGB")
    for wrap in ("wrapS", "wrapT"):
        texture.CreateInput(wrap, types.Token).Set("clamp")
    place = reader.CreateOutput("result", types.Float2)
    texture.CreateInput("st", types.Float2).ConnectToSource(place)
    return texture.CreateOutput("rgb", types.Float3)


def _vectors(kind: Any, rows: Any) -> Any:  # noqa: ANN401
    return kind.FromNumpy(np.ascontiguousarray(rows, np.float32))


def _integers(numbers: npt.NDArray[np.integer]) -> Any:  # noqa: ANN401
    return _pxr("Vt").IntArray.FromNumpy(np.ascontiguousarray(numbers, np.int32))


def _pxr(module: str) -> Any:  # noqa: ANN401  the library ships no types
    """Import a module of USD when it is first needed: not every process makes AR files."""
    return importlib.import_module(f"pxr.{module}")


def _package(entries: dict[str, bytes]) -> bytes:
    """Zip without compression, with fixed dates, every entry's data at a multiple of 64 bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, data in entries.items():
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            start = out.tell() + LOCAL_HEADER + len(name.encode())
            entry.extra = _padding(-start % ALIGNMENT)
            package.writestr(entry, data)
    return out.getvalue()


def _padding(size: int) -> bytes:
    """Build a zip extra field of ``size`` bytes, or 64 more where its own header has no room."""
    if size == 0:
        return b""
    size += ALIGNMENT if size < 4 else 0
    return PADDING_ID.to_bytes(2, "little") + (size - 4).to_bytes(2, "little") + bytes(size - 4)
