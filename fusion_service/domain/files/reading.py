"""Files of figurines read back: what can be measured on what somebody holds in hands.

GLB: Khronos Group, glTF 2.0 (ISO/IEC 12113:2022), as ``glb`` writes it. STL: binary, as ``stl``
writes it and slicers do.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from common.errors import BadParameter
from fusion_service.domain.files.stl import FACET
from fusion_service.domain.frame import HEAD_CENTRE_Z, TEXTURE_MM
from fusion_service.domain.picture import decode_picture
from fusion_service.domain.sculpture import Coat, Form, FormPart, Mesh, Sculpture, Solid, Texture

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Colour, Float

DTYPES = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}
INSIDE = (0.02, 0.98)  # u and v at which a texture is not clamped
FOOT_MM = 1.0  # above the bed: what is lower is the base
_SAY_WHAT = "Give a figurine.glb or figurine.stl as Kiln wrote it."


def read_glb(data: bytes) -> Sculpture:
    """Read a painted figurine as ``to_glb`` wrote it, back in design units.

    The place of the first face on its texture tells how large the figurine was made. The parts
    are not united: the solid holds all of them.

    Raises
    ------
    BadParameter
        The file is no such GLB.
    """
    try:
        return _sculpture(_Glb(data))
    except (ValueError, KeyError, IndexError, struct.error, TypeError) as error:
        raise BadParameter(f"this is no GLB of a figurine ({error})", _SAY_WHAT) from error


def read_stl(data: bytes) -> Form:
    """Read a solid; one design unit is a millimetre, and equal corners are one vertex.

    Raises
    ------
    BadParameter
        The file is no binary STL.
    """
    count = struct.unpack_from("<I", data, 80)[0] if len(data) >= 84 else 0
    if count == 0 or len(data) != 84 + count * FACET.itemsize:
        raise BadParameter("this is no binary STL", _SAY_WHAT)
    corners = np.frombuffer(data, FACET, count, 84)["corners"].reshape(-1, 3)
    vertices, owner = np.unique(corners, axis=0, return_inverse=True)
    faces = owner.reshape(-1, 3).astype(np.int32)
    foot = vertices[vertices[:, 2] < vertices[:, 2].min() + FOOT_MM][:, :2]
    area = float(cv2.contourArea(cv2.convexHull(np.ascontiguousarray(foot))))
    return Form(
        parts=(),
        solid=Solid(vertices.astype(np.float32), faces, np.zeros(len(faces), np.uint8)),
        template="",
        height_mm=float(np.ptp(vertices[:, 2])),
        base_area=area,
    )


class _Glb:
    """The JSON of a GLB, and its binary chunk by accessor and picture."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"glTF":
            raise ValueError("it does not begin with glTF")
        (length,) = struct.unpack_from("<I", data, 12)
        self.scene: dict[str, Any] = json.loads(data[20 : 20 + length])
        self._chunk = data[28 + length :]

    def array(self, accessor: int) -> npt.NDArray[Any]:
        """Numbers of an accessor, a row a vertex."""
        told = self.scene["accessors"][accessor]
        width = WIDTHS[told["type"]]
        view = self.view(told["bufferView"])
        numbers = np.frombuffer(view, DTYPES[told["componentType"]], told["count"] * width)
        return numbers.reshape(-1, width) if width > 1 else numbers

    def view(self, number: int) -> bytes:
        """Bytes of a buffer view."""
        view = self.scene["bufferViews"][number]
        start = view.get("byteOffset", 0)
        return self._chunk[start : start + view["byteLength"]]

    def picture(self, texture: int) -> Texture:
        """Take a texture, which the file may hold as a JPEG."""
        image = self.scene["images"][self.scene["textures"][texture]["source"]]
        return Texture.of(decode_picture(self.view(image["bufferView"])))


def _sculpture(glb: _Glb) -> Sculpture:
    meshes, coats = [], []
    for mesh in glb.scene["meshes"]:
        (primitive,) = mesh["primitives"]
        meshes.append((mesh["name"], _mesh(glb, primitive)))
        coats.append(_coat(glb, glb.scene["materials"][primitive["material"]]))
    scale, floor, shift = _placement([mesh for _, mesh in meshes])
    placed = [
        (name, Mesh(_placed(mesh.vertices, scale, floor), mesh.faces, mesh.normals, mesh.uv))
        for name, mesh in meshes
    ]
    parts = tuple(
        FormPart(name, mesh, shift=(shift, 0.0, 0.0) if mesh.uv is not None else (0.0, 0.0, 0.0))
        for name, mesh in placed
    )
    solid = _together([mesh for _, mesh in placed])
    height = float(np.ptp(solid.vertices[:, 2])) / scale
    return Sculpture(Form(parts, solid, "", height, 1.0), tuple(coats))


def _mesh(glb: _Glb, primitive: dict[str, Any]) -> Mesh:
    """Read a mesh in millimetres, z up: ``to_viewer_axes`` and metres undone."""
    named = primitive["attributes"]
    faces = glb.array(primitive["indices"]).reshape(-1, 3).astype(np.int32)
    uv = None
    if "TEXCOORD_0" in named:
        top_down = glb.array(named["TEXCOORD_0"])
        uv = np.column_stack([top_down[:, 0], 1 - top_down[:, 1]]).astype(np.float32)
    points, normals = (_upright(glb.array(named[name])) for name in ("POSITION", "NORMAL"))
    return Mesh(points * np.float32(1000), faces, normals, uv)


def _upright(turned: npt.NDArray[Any]) -> Float:
    return np.column_stack([-turned[:, 0], turned[:, 2], turned[:, 1]]).astype(np.float32)


def _coat(glb: _Glb, material: dict[str, Any]) -> Coat:
    surface = material["pbrMetallicRoughness"]
    if "baseColorTexture" in surface:
        return Coat((255, 255, 255), glb.picture(surface["baseColorTexture"]["index"]))
    return Coat(_srgb(surface["baseColorFactor"]))


def _srgb(linear: list[float]) -> Colour:
    """Apply the sRGB transfer curve (IEC 61966-2-1)."""
    red, green, blue = (
        round(255 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055))
        for c in linear[:3]
    )
    return red, green, blue


def _placement(meshes: list[Mesh]) -> tuple[float, float, float]:
    """Design units a millimetre, design height of the file's floor, and where the head stands.

    The texture is a planar projection of known size (``frame``), so a line through texture
    coordinates against places has these as its slope and offsets.
    """
    head = next(mesh for mesh in meshes if mesh.uv is not None)
    uv = np.zeros((0, 2)) if head.uv is None else head.uv
    drawn = ((uv > INSIDE[0]) & (uv < INSIDE[1])).all(axis=1)
    x, z = head.vertices[drawn, 0], head.vertices[drawn, 2]
    design_x, design_z = (0.5 - uv[drawn, 0]) * TEXTURE_MM, (uv[drawn, 1] - 0.5) * TEXTURE_MM
    scale, offset = np.polyfit(z, design_z + HEAD_CENTRE_Z, 1)
    return float(scale), float(offset), float(np.median(x * scale - design_x))


def _placed(millimetres: Float, scale: float, floor: float) -> Float:
    placed = millimetres * np.float32(scale)
    placed[:, 2] += np.float32(floor)
    return placed


def _together(meshes: list[Mesh]) -> Solid:
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]
    owners = [np.full(len(mesh.faces), i, np.uint8) for i, mesh in enumerate(meshes)]
    return Solid(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(owners),
    )
