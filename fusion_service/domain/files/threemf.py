"""3MF: the printable solid in colour, for slicers and full-colour print services.

Specifications: 3MF Consortium, Core 1.3 and Materials and Properties 1.2.1,
https://github.com/3MFConsortium
"""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.files.digits import decimal_text, index_text, join_rows
from fusion_service.domain.files.glb import encode_texture
from fusion_service.domain.files.placement import print_vertices
from fusion_service.domain.frame import HEAD_CENTRE_Z, TEXTURE_MM

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Part, Pixels, Sculpture

FACE_BEGINS_Y = -1.0  # behind this plane (design units) the planar texture would show a second face
BASE_MATERIALS, SOLID, FACE_TEXTURE, FACE_COORDINATES = 1, 2, 3, 4  # resource ids
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MATERIALS = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model"'
    ' ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    '<Default Extension="png" ContentType="image/png"/></Types>'
)


def to_3mf(sculpture: Sculpture) -> bytes:
    """Write one object in millimetres: a base material a part, and the face as a texture.

    The texture coordinates of the face come from the position of the solid's vertices, so that
    nothing has to survive the union of the parts. The same sculpture gives the same bytes.
    """
    model_folder = "http://schemas.microsoft.com/3dmanufacturing/2013/01"
    entries = {
        "[Content_Types].xml": CONTENT_TYPES.encode(),
        "_rels/.rels": _relationship("/3D/3dmodel.model", f"{model_folder}/3dmodel"),
        "3D/3dmodel.model": _model(sculpture),
        "3D/_rels/3dmodel.model.rels": _relationship(
            "/3D/Textures/face.png", f"{model_folder}/3dtexture"
        ),
        "3D/Textures/face.png": encode_texture(_face_of(sculpture)),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, payload in entries.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # the same bytes whichever system writes them
            stored = name.endswith(".png")
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            package.writestr(info, payload, compresslevel=None if stored else 1)
    return out.getvalue()


def _relationship(target: str, kind: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Relationships xmlns="{RELATIONSHIPS}">'
        f'<Relationship Target="{target}" Id="rel0" Type="{kind}"/></Relationships>'
    ).encode()


def _model(sculpture: Sculpture) -> bytes:
    """Build the model document: resources, then the mesh, then the one build item."""
    title = escape(f"Kiln figurine, {sculpture.template}, {sculpture.height_mm:g} mm")
    on_face, uv, corners = face_triangles(sculpture)
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<model unit="millimeter" xml:lang="en-US" xmlns="{CORE}" xmlns:m="{MATERIALS}"'
        ' requiredextensions="m">'
        f'<metadata name="Title">{title}</metadata>'
        '<metadata name="Application">Kiln</metadata>'
        f'<resources><basematerials id="{BASE_MATERIALS}">'
        f"{''.join(map(_material, sculpture.parts))}</basematerials>"
        f'<m:texture2d id="{FACE_TEXTURE}" path="/3D/Textures/face.png"'
        ' contenttype="image/png" tilestyleu="clamp" tilestylev="clamp"/>'
        f'<m:texture2dgroup id="{FACE_COORDINATES}" texid="{FACE_TEXTURE}">'
    )
    mesh = (
        f'</m:texture2dgroup><object id="{SOLID}" type="model" name="figurine"'
        f' pid="{BASE_MATERIALS}" pindex="0"><mesh><vertices>'
    )
    tail = f'</mesh></object></resources><build><item objectid="{SOLID}"/></build></model>'
    return b"".join(
        [
            head.encode(),
            _texture_coordinates(uv),
            mesh.encode(),
            _vertices(print_vertices(sculpture.form)),
            b"</vertices><triangles>",
            _plain_triangles(sculpture, ~on_face),
            _face_triangles(sculpture, on_face, corners),
            b"</triangles>",
            tail.encode(),
        ]
    )


def face_triangles(
    sculpture: Sculpture,
) -> tuple[npt.NDArray[np.bool_], Float, npt.NDArray[np.intp]]:
    """Find the solid's triangles that show the face, and the texture coordinates they need.

    Returns
    -------
    on_face : (m,) bool, one flag a triangle of the solid.
    uv : (k, 2) texture coordinates, v counted from the bottom as 3MF wants it.
    corners : (j, 3) index into ``uv`` for every triangle on the face.
    """
    solid = sculpture.solid
    textured = [i for i, part in enumerate(sculpture.parts) if part.mesh.uv is not None]
    front = solid.vertices[:, 1] > FACE_BEGINS_Y
    on_face = np.isin(solid.part_ids, textured) & front[solid.faces].all(axis=1)
    used, corners = np.unique(solid.faces[on_face], return_inverse=True)
    x, z = solid.vertices[used, 0], solid.vertices[used, 2]
    uv = np.column_stack([0.5 - x / TEXTURE_MM, 0.5 + (z - HEAD_CENTRE_Z) / TEXTURE_MM])
    return on_face, uv, corners.reshape(-1, 3)


def _face_of(sculpture: Sculpture) -> Pixels:
    textures = (part.texture for part in sculpture.parts if part.texture is not None)
    return next(textures)


def _material(part: Part) -> str:
    red, green, blue = part.colour
    return f'<base name="{escape(part.name)}" displaycolor="#{red:02X}{green:02X}{blue:02X}FF"/>'


def _texture_coordinates(uv: Float) -> bytes:
    if not len(uv):
        return b'<m:tex2coord u="0" v="0"/>'  # a group may not be empty
    text = decimal_text(uv.ravel(), 5)
    return join_rows(b'<m:tex2coord u="', text[0::2], b'" v="', text[1::2], b'"/>')


def _vertices(millimetres: Float) -> bytes:
    text = decimal_text(millimetres.ravel(), 4)
    x, y, z = text[0::3], text[1::3], text[2::3]
    return join_rows(b'<vertex x="', x, b'" y="', y, b'" z="', z, b'"/>')


def _plain_triangles(sculpture: Sculpture, chosen: npt.NDArray[np.bool_]) -> bytes:
    """Triangles in the colour of their part."""
    solid = sculpture.solid
    if not chosen.any():
        return b""
    first, second, third = index_text(solid.faces[chosen], len(solid.vertices)).swapaxes(0, 1)
    part = index_text(solid.part_ids[chosen], len(sculpture.parts))
    material = f'" pid="{BASE_MATERIALS}" p1="'.encode()
    columns = (b'<triangle v1="', first, b'" v2="', second, b'" v3="', third)
    return join_rows(*columns, material, part, b'"/>')


def _face_triangles(
    sculpture: Sculpture, on_face: npt.NDArray[np.bool_], corners: npt.NDArray[np.intp]
) -> bytes:
    """Triangles with a texture coordinate at every corner."""
    solid = sculpture.solid
    if not on_face.any():
        return b""
    first, second, third = index_text(solid.faces[on_face], len(solid.vertices)).swapaxes(0, 1)
    one, two, three = index_text(corners, int(corners.max()) + 1).swapaxes(0, 1)
    texture = f'" pid="{FACE_COORDINATES}" p1="'.encode()
    columns = (b'<triangle v1="', first, b'" v2="', second, b'" v3="', third)
    return join_rows(*columns, texture, one, b'" p2="', two, b'" p3="', three, b'"/>')
