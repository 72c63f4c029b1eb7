"""The shapes that travel between the steps of the fusion service.

Design units are millimetres of a figurine of about 78 mm whose base stands on z = 0: +y is the
front, +z is up, +x is the figurine's right hand (the viewer's left, as in the photo).
``Sculpture.scale`` turns design units into millimetres of the requested height.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]
Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]  # sRGB, 0..255


@dataclass(frozen=True)
class Mesh:
    """Triangles with outward normals, in design units."""

    vertices: Float  # (n, 3)
    faces: Index  # (m, 3)
    normals: Float  # (n, 3), unit length
    uv: Float | None = None  # (n, 2), origin at the lower left, only on the textured head


@dataclass(frozen=True)
class Part:
    """One named piece of the figurine in one colour; ``head`` carries the face texture."""

    name: str
    colour: Colour
    mesh: Mesh


@dataclass(frozen=True)
class Solid:
    """The union of all parts: one watertight body, ready to print."""

    vertices: Float  # (n, 3), design units
    faces: Index  # (m, 3)
    part_ids: npt.NDArray[np.uint8]  # (m,), index into Sculpture.parts


@dataclass(frozen=True)
class Sculpture:
    """What ``fusion.sculpt`` makes and print, render and package read."""

    parts: tuple[Part, ...]
    solid: Solid
    face_texture: Pixels  # (1024, 1024, 3) sRGB
    template: str
    height_mm: float
    base_radius: float  # design units
    facts: dict[str, object] = field(
        default_factory=dict
    )  # hair kind, glasses, ... for the manifest

    @property
    def scale(self) -> float:
        """Millimetres of the printed figurine per design unit."""
        return self.height_mm / float(np.ptp(self.solid.vertices[:, 2]))

    def to_bytes(self) -> bytes:
        """Serialise without compression; the same sculpture gives the same bytes."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "solid_vertices": self.solid.vertices,
            "solid_faces": self.solid.faces,
            "solid_part_ids": self.solid.part_ids,
            "face_texture": self.face_texture,
        }
        for i, part in enumerate(self.parts):
            arrays[f"{i}_vertices"] = part.mesh.vertices
            arrays[f"{i}_faces"] = part.mesh.faces
            arrays[f"{i}_normals"] = part.mesh.normals
            if part.mesh.uv is not None:
                arrays[f"{i}_uv"] = part.mesh.uv
        head = {
            "parts": [{"name": p.name, "colour": list(p.colour)} for p in self.parts],
            "template": self.template,
            "height_mm": self.height_mm,
            "base_radius": self.base_radius,
            "facts": self.facts,
        }
        arrays["head"] = np.frombuffer(json.dumps(head, sort_keys=True).encode(), np.uint8)
        out = io.BytesIO()
        np.savez(out, allow_pickle=False, **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Sculpture:
        """Read what ``to_bytes`` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as z:
            head = json.loads(z["head"].tobytes())
            parts = tuple(
                Part(
                    name=p["name"],
                    colour=tuple(p["colour"]),
                    mesh=Mesh(
                        z[f"{i}_vertices"],
                        z[f"{i}_faces"],
                        z[f"{i}_normals"],
                        z[f"{i}_uv"] if f"{i}_uv" in z.files else None,
                    ),
                )
                for i, p in enumerate(head["parts"])
            )
            return cls(
                parts=parts,
                solid=Solid(z["solid_vertices"], z["solid_faces"], z["solid_part_ids"]),
                face_texture=z["face_texture"],
                template=head["template"],
                height_mm=head["height_mm"],
                base_radius=head["base_radius"],
                facts=head["facts"],
            )
