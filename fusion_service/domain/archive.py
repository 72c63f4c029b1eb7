"""Forms, coats and pictures of faces as bytes, for the way from one stage to the next.

Arrays without compression: the files live for minutes on a local disk, and zipping them would
take longer than reading them. Safetensors, because a zip archive of sixty arrays takes five times
as long to write and fourteen times as long to read. The same form gives the same bytes.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
from safetensors.numpy import load, save

from fusion_service.domain.frame import FACE_PICTURE_PX
from fusion_service.domain.picture import decode_picture
from fusion_service.domain.sculpture import Coat, Form, FormPart, Mesh, Solid, Texture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.sculpture import Index, Pixels

JPEG_QUALITY = 93
ZIP = b"PK"
Arrays = dict[str, npt.NDArray[np.generic]]


def form_to_bytes(form: Form) -> bytes:
    """Write a form."""
    solid = form.solid
    arrays: Arrays = {
        "solid_vertices": solid.vertices,
        "solid_faces": _narrow(solid.faces),
        "solid_part_ids": solid.part_ids,
    }
    for i, part in enumerate(form.parts):
        arrays |= {
            f"{i}_vertices": part.mesh.vertices,
            f"{i}_faces": _narrow(part.mesh.faces),
            f"{i}_normals": part.mesh.normals,
        }
        if part.mesh.uv is not None:
            arrays[f"{i}_uv"] = part.mesh.uv
    head = {
        "parts": [
            {"name": part.name, "person": part.person, "shift": part.shift} for part in form.parts
        ],
        "template": form.template,
        "height_mm": form.height_mm,
        "base_area": form.base_area,
        "facts": form.facts,
    }
    return _pack(head, arrays)


def form_from_bytes(data: bytes) -> Form:
    """Read what ``form_to_bytes`` wrote."""
    head, arrays = unpack(data)
    parts = tuple(
        FormPart(part["name"], mesh_of(arrays, i), part["person"], tuple(part["shift"]))
        for i, part in enumerate(head["parts"])
    )
    return Form(
        parts=parts,
        solid=solid_of(arrays),
        template=head["template"],
        height_mm=head["height_mm"],
        base_area=head["base_area"],
        facts=head["facts"],
    )


def coats_to_bytes(coats: tuple[Coat, ...]) -> bytes:
    """Write the paint of a form's parts."""
    arrays: Arrays = {}
    for i, coat in enumerate(coats):
        if coat.texture is not None:
            arrays[f"{i}_png"] = np.frombuffer(coat.texture.png, np.uint8)
    return _pack({"colours": [coat.colour for coat in coats]}, arrays)


def coats_from_bytes(data: bytes) -> tuple[Coat, ...]:
    """Read what ``coats_to_bytes`` wrote."""
    head, arrays = unpack(data)
    return tuple(
        Coat(tuple(colour), _texture_of(arrays, i)) for i, colour in enumerate(head["colours"])
    )


def pictures_to_bytes(pictures: Sequence[Pixels]) -> bytes:
    """Write the (512, 512, 3) RGB face picture of each person: one JPEG, side by side."""
    strip = cv2.cvtColor(np.concatenate(pictures, axis=1), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", strip, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def pictures_from_bytes(data: bytes) -> tuple[Pixels, ...]:
    """Read what ``pictures_to_bytes`` wrote."""
    strip = decode_picture(data)
    count = strip.shape[1] // FACE_PICTURE_PX
    return tuple(np.split(strip, count, axis=1))


def mesh_of(arrays: Any, part: int) -> Mesh:  # noqa: ANN401  arrays by name, of any type
    """Take the mesh of one part out of the arrays of a file."""
    uv = f"{part}_uv"
    return Mesh(
        arrays[f"{part}_vertices"],
        arrays[f"{part}_faces"].astype(np.int32, copy=False),
        arrays[f"{part}_normals"],
        arrays.get(uv),
    )


def solid_of(arrays: Any) -> Solid:  # noqa: ANN401
    """Take the solid out of the arrays of a file."""
    faces = arrays["solid_faces"].astype(np.int32, copy=False)
    return Solid(arrays["solid_vertices"], faces, arrays["solid_part_ids"])


def _texture_of(arrays: dict[str, Any], part: int) -> Texture | None:
    if (png := arrays.get(f"{part}_png")) is not None:
        return Texture(png.tobytes())
    # coats of jobs that an earlier release painted hold the pixels
    pixels = arrays.get(f"{part}_texture")
    return None if pixels is None else Texture.of(pixels)


def _narrow(faces: Index) -> npt.NDArray[np.generic]:
    """Write indices in two bytes where they fit: a quarter of all that is read and synced."""
    return faces.astype(np.uint16) if faces.max(initial=0) <= np.iinfo(np.uint16).max else faces


def _pack(head: dict[str, Any], arrays: Arrays) -> bytes:
    """Write arrays by name, and a head, in the format of safetensors."""
    arrays["head"] = np.frombuffer(json.dumps(head, sort_keys=True).encode(), np.uint8)
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take a file apart: its head, and its arrays by name."""
    arrays = _npz(data) if data.startswith(ZIP) else load(data)
    return json.loads(arrays["head"].tobytes()), arrays


def _npz(data: bytes) -> dict[str, Any]:
    """Read what was written before there was safetensors: a job may be under way."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
