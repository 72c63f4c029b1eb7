"""3MF: the printable solid in colour, for slicers and full-colour print services.

Specifications: 3MF Consortium, Core 1.3 and Materials and Properties 1.2.1,
https://github.com/3MFConsortium
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion_service.domain.files import filaments as paint
from fusion_service.domain.files.colouring import Coloured, in_filaments, in_own_colours
from fusion_service.domain.files.container import DECLARATION, pack, texture_path
from fusion_service.domain.files.heads import Head, find_heads
from fusion_service.domain.files.mesh_xml import (
    coloured_xml,
    texture_coordinates_xml,
    textured_xml,
    vertices_xml,
)
from fusion_service.domain.files.placement import lay, print_vertices, to_millimetres

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Colour, Float, Sculpture

Colouring = Literal["texture", "groups", "filaments"]

COLOURS, SOLID, FIRST_TEXTURE = 1, 2, 3  # resource ids; a head takes two from the first texture on
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MATERIALS = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"


def to_3mf(
    sculpture: Sculpture,
    colouring: Colouring = "texture",
    filaments: tuple[Colour, ...] = (),
    lean: float = 0.0,
) -> bytes:
    """Write one object in millimetres.

    The same sculpture gives the same bytes, on processors of one kind.

    Parameters
    ----------
    sculpture
        What to print.
    colouring
        ``texture``: a base material a part, and the drawn face as a texture; the finest, for
        services that print in full colour. ``groups``: a colour a triangle, the face drawn with
        triangles; standard colour groups. ``filaments``: the same in no other colours than the
        user's filaments, with the paint of PrusaSlicer, Bambu Studio and OrcaSlicer.
    filaments
        Colours of the user's filaments, the first in the first extruder.
    lean : float
        Degrees by which the figurine leans backwards on the bed.
    """
    if colouring == "groups":
        return _grouped(sculpture, lean)
    if colouring == "filaments":
        return _painted(sculpture, filaments, lean)
    return _textured(sculpture, lean)


def _textured(sculpture: Sculpture, lean: float) -> bytes:
    solid, heads = sculpture.solid, find_heads(sculpture)
    plain = np.ones(len(solid.faces), bool)
    for head in heads:
        plain &= ~head.on_face
    names = [f"face{i or ''}.png" for i in range(len(heads))]
    materials = "".join(_material(part.name, part.colour) for part in sculpture.parts)
    resources = [f'<basematerials id="{COLOURS}">{materials}</basematerials>'.encode()]
    count = len(solid.vertices)
    triangles = [coloured_xml(solid.faces[plain], count, COLOURS, solid.part_ids[plain])]
    for i, (head, name) in enumerate(zip(heads, names, strict=True)):
        texture = FIRST_TEXTURE + 2 * i
        faces = solid.faces[head.on_face]
        used, corners = np.unique(faces, return_inverse=True)
        resources.append(_texture(head, name, texture, solid.vertices[used]))
        triangles.append(textured_xml(faces, count, texture + 1, corners.reshape(-1, 3)))
    model = _model(sculpture, resources, print_vertices(sculpture.form, lean), triangles)
    textures = {name: head.texture.png for name, head in zip(names, heads, strict=True)}
    return pack(model, textures, {})


def _grouped(sculpture: Sculpture, lean: float) -> bytes:
    mesh = in_own_colours(sculpture)
    colours = "".join(f'<m:color color="{paint.hex_colour(c)}FF"/>' for c in mesh.palette)
    group = f'<m:colorgroup id="{COLOURS}">{colours}</m:colorgroup>'
    triangles = coloured_xml(mesh.faces, len(mesh.vertices), COLOURS, mesh.colour_ids)
    placed = _placed(sculpture, mesh, lean)
    return pack(_model(sculpture, [group.encode()], placed, [triangles]), {}, {})


def _painted(sculpture: Sculpture, filaments: tuple[Colour, ...], lean: float) -> bytes:
    mesh = in_filaments(sculpture, filaments)
    materials = "".join(_material(f"filament {i}", c) for i, c in enumerate(filaments, start=1))
    group = f'<basematerials id="{COLOURS}">{materials}</basematerials>'
    codes = [paint.paint_attributes(extruder) for extruder in range(1, len(filaments) + 1)]
    triangles = coloured_xml(mesh.faces, len(mesh.vertices), COLOURS, mesh.colour_ids, codes)
    placed = _placed(sculpture, mesh, lean)
    model = _model(sculpture, [group.encode()], placed, [triangles], painted=True)
    most = int(np.bincount(mesh.colour_ids).argmax()) + 1
    extras = {
        "Metadata/Slic3r_PE.config": paint.prusa_settings(filaments),
        "Metadata/Slic3r_PE_model.config": paint.object_settings(SOLID, len(mesh.faces), most),
    }
    return pack(model, {}, extras)


def _placed(sculpture: Sculpture, mesh: Coloured, lean: float) -> Float:
    return lay(to_millimetres(sculpture.form, mesh.vertices), lean)


def _model(
    sculpture: Sculpture,
    resources: list[bytes],
    millimetres: Float,
    triangles: list[bytes],
    *,
    painted: bool = False,
) -> bytes:
    """Build the model document: resources, then the mesh, then the one build item."""
    title = escape(f"Kiln figurine, {sculpture.template}, {sculpture.height_mm:g} mm")
    slicer = f' xmlns:slic3rpe="{paint.SLIC3R}"' if painted else ""
    versions = paint.VERSIONS if painted else ""
    head = (
        f'{DECLARATION}<model unit="millimeter" xml:lang="en-US" xmlns="{CORE}"'
        f' xmlns:m="{MATERIALS}"{slicer} requiredextensions="m">{versions}'
        f'<metadata name="Title">{title}</metadata>'
        '<metadata name="Application">Kiln</metadata><resources>'
    )
    mesh = (
        f'<object id="{SOLID}" type="model" name="figurine" pid="{COLOURS}" pindex="0">'
        "<mesh><vertices>"
    )
    tail = (
        f'</triangles></mesh></object></resources><build><item objectid="{SOLID}"/></build></model>'
    )
    body = [mesh.encode(), vertices_xml(millimetres), b"</vertices><triangles>", *triangles]
    return b"".join([head.encode(), *resources, *body, tail.encode()])


def _texture(head: Head, name: str, number: int, points: Float) -> bytes:
    opening = (
        f'<m:texture2d id="{number}" path="{texture_path(name)}"'
        ' contenttype="image/png" tilestyleu="clamp" tilestylev="clamp"/>'
        f'<m:texture2dgroup id="{number + 1}" texid="{number}">'
    )
    coordinates = texture_coordinates_xml(head.texture_uv(points))
    return opening.encode() + coordinates + b"</m:texture2dgroup>"


def _material(name: str, colour: Colour) -> str:
    return f'<base name="{escape(name)}" displaycolor="{paint.hex_colour(colour)}FF"/>'
