"""3MF: the printable solid in colour, for slicers and full-colour print services.

Specifications: 3MF Consortium, Core 1.3 and Materials and Properties 1.2.1,
https://github.com/3MFConsortium
"""

from __future__ import annotations

import io
import zipfile
from html import escape

import numpy as np
import numpy.typing as npt

from fusion_service.domain.digits import decimal_text, index_text, join_rows
from fusion_service.domain.glb import encode_texture
from fusion_service.domain.placement import print_vertices
from fusion_service.domain.sculpture import Float, Part, Sculpture

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
        "3D/Textures/face.png": encode_texture(sculpture.face_texture),
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
            _vertices(print_vertices(sculpture)),
            b"</vertices><triangles>",
            _plain_triangles(sculpture, ~on_face),
            _face_triangles(sculpture, on_face, corners),
            b"</triangles>",
            tail.encode(),
        ]
    )
