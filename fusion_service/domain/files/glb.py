"""GLB (binary glTF 2.0): the figurine to look at, one named node a part, heads textured.

Specification: Khronos Group, glTF 2.0 (ISO/IEC 12113:2022).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from fusion_service.domain.files.lighter import lighter
from fusion_service.domain.files.placement import to_millimetres, to_viewer_axes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fusion_service.domain.sculpture import Colour, Float, Index, Mesh, Part, Sculpture, Texture

ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
COMPONENT_TYPES = {"u2": 5123, "u4": 5125, "f4": 5126}
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071
VINYL_ROUGHNESS = 0.45
METRES_PER_MILLIMETRE = 1e-3
LARGEST_PNG = 400_000  # bytes of a drawn face, which has edges that JPEG would smear


def to_glb(sculpture: Sculpture) -> bytes:
    """Write the unfused parts in metres, y up, the face towards +z, at the requested height.

    Parts are nodes with their own names below a node called ``figurine``; a part with a texture
    gets it as an embedded picture, the others one colour. The file stays below 4 MB.
    """
    document = _Document()
    parts = lighter(sculpture.parts)
    names = distinct(part.name for part in parts)
    children = [
        _add_part(document, sculpture, part, name) for part, name in zip(parts, names, strict=True)
    ]
    document.scene["nodes"].append({"name": "figurine", "children": children})
    document.scene["scenes"] = [{"nodes": [len(children)]}]
    return document.to_bytes()


def encode_for_viewers(texture: Texture) -> tuple[bytes, str]:
    """Take the PNG of a texture, or a JPEG where it is a photo; also the kind, png or jpeg."""
    if len(texture.png) <= LARGEST_PNG:
        return texture.png, "png"
    bgr = cv2.cvtColor(texture.pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes(), "jpeg"


def linear_rgb(colour: Colour) -> list[float]:
    """Undo the sRGB transfer curve (IEC 61966-2-1): glTF colour factors are linear."""
    encoded = [channel / 255 for channel in colour]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]


def unit_normals(mesh: Mesh) -> Float:
    """Turn the normals to the viewers' axes at unit length; a missing one points up."""
    turned = to_viewer_axes(mesh.normals)
    lengths = np.linalg.norm(turned, axis=1, keepdims=True)
    usable = lengths > 1e-6  # false for NaN as well
    unit: Float = np.divide(turned, lengths, out=np.zeros_like(turned), where=usable)
    unit[~usable[:, 0]] = (0.0, 1.0, 0.0)
    return unit


def distinct(names: Iterable[str]) -> list[str]:
    """Make names differ by a number: head, head 2."""
    count: dict[str, int] = {}
    numbered = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        numbered.append(name if count[name] == 1 else f"{name} {count[name]}")
    return numbered


@dataclass
class _Document:
    """The JSON chunk and the binary chunk of one GLB while they grow."""

    scene: dict[str, Any] = field(
        default_factory=lambda: {
            "asset": {"version": "2.0", "generator": "Kiln"},
            "scene": 0,
            "nodes": [],
            "meshes": [],
            "materials": [],
            "accessors": [],
            "bufferViews": [],
        }
    )
    chunks: list[bytes] = field(default_factory=list)
    length: int = 0

    def add_view(self, payload: bytes, target: int | None = None) -> int:
        """Append bytes to the binary chunk, aligned to four, and return the view's index."""
        view = {"buffer": 0, "byteOffset": self.length, "byteLength": len(payload)}
        if target is not None:
            view["target"] = target
        padding = -len(payload) % 4
        self.chunks += [payload, b"\0" * padding]
        self.length += len(payload) + padding
        return self.append("bufferViews", view)

    def add_vectors(self, vectors: Float, *, bounds: bool = False) -> int:
        """Store (n, 2) or (n, 3) float32 vectors and return the accessor's index."""
        accessor: dict[str, Any] = {
            "bufferView": self.add_view(vectors.astype("<f4").tobytes(), ARRAY_BUFFER),
            "componentType": COMPONENT_TYPES["f4"],
            "count": len(vectors),
            "type": f"VEC{vectors.shape[1]}",
        }
        if bounds:
            accessor["min"] = vectors.min(axis=0).tolist()
            accessor["max"] = vectors.max(axis=0).tolist()
        return self.append("accessors", accessor)

    def add_indices(self, faces: Index, vertex_count: int) -> int:
        """Store the triangles in the narrowest integers; 65535 is glTF's restart value."""
        kind = "u2" if vertex_count <= 0xFFFF else "u4"
        accessor = {
            "bufferView": self.add_view(faces.astype(f"<{kind}").tobytes(), ELEMENT_ARRAY_BUFFER),
            "componentType": COMPONENT_TYPES[kind],
            "count": faces.size,
            "type": "SCALAR",
        }
        return self.append("accessors", accessor)

    def append(self, kind: str, entry: dict[str, Any]) -> int:
        """Add an entry to one of the document's arrays and return its index."""
        entries = self.scene.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def to_bytes(self) -> bytes:
        """Lay out header, JSON chunk (padded with spaces) and binary chunk."""
        self.scene["buffers"] = [{"byteLength": self.length}]
        text = json.dumps(self.scene, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + self.length
        header = struct.pack("<4sII", b"glTF", 2, total)
        json_header = struct.pack("<I4s", len(text), b"JSON")
        binary_header = struct.pack("<I4s", self.length, b"BIN\0")
        return b"".join([header, json_header, text, binary_header, *self.chunks])


def _add_part(document: _Document, sculpture: Sculpture, part: Part, name: str) -> int:
    """Add mesh, material and node of one part and return the node's index."""
    mesh = part.mesh
    metres = to_millimetres(sculpture.form, mesh.vertices) * METRES_PER_MILLIMETRE
    attributes = {
        "POSITION": document.add_vectors(to_viewer_axes(metres), bounds=True),
        "NORMAL": document.add_vectors(unit_normals(mesh)),
    }
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": VINYL_ROUGHNESS}
    if mesh.uv is None or part.texture is None:
        surface["baseColorFactor"] = [*linear_rgb(part.colour), 1.0]
    else:
        # glTF counts v from the top row of the picture, Kiln from the bottom
        top_down = np.column_stack([mesh.uv[:, 0], 1.0 - mesh.uv[:, 1]])
        attributes["TEXCOORD_0"] = document.add_vectors(top_down)
        surface["baseColorTexture"] = {"index": _add_texture(document, part.texture)}
    material = {"name": name, "pbrMetallicRoughness": surface}
    primitive = {
        "attributes": attributes,
        "indices": document.add_indices(mesh.faces, len(mesh.vertices)),
        "material": document.append("materials", material),
    }
    mesh_index = document.append("meshes", {"name": name, "primitives": [primitive]})
    return document.append("nodes", {"name": name, "mesh": mesh_index})


def _add_texture(document: _Document, texture: Texture) -> int:
    """Embed the face, clamped at its edges and filtered for any distance."""
    picture, kind = encode_for_viewers(texture)
    view = document.add_view(picture)
    image = document.append("images", {"bufferView": view, "mimeType": f"image/{kind}"})
    sampler = {
        "magFilter": LINEAR,
        "minFilter": LINEAR_MIPMAP_LINEAR,
        "wrapS": CLAMP_TO_EDGE,
        "wrapT": CLAMP_TO_EDGE,
    }
    sampler_index = document.append("samplers", sampler)
    return document.append("textures", {"source": image, "sampler": sampler_index})
