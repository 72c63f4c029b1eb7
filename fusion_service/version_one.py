"""Jobs that were accepted by version 1 and are finished by this one.

Version 1 had no stage that paints: ``fusion.sculpt`` wrote form and coat into one file. Its plans
run on unchanged, so where a job has that file it is read, and where its plan has no painter, the
sculptor paints.
"""

from __future__ import annotations

import math

from fusion_service.domain.archive import mesh_of, solid_of, unpack
from fusion_service.domain.sculpture import Coat, Form, FormPart, Sculpture, Texture


def sculpture_from_bytes(data: bytes) -> Sculpture:
    """Read a ``sculpture.npz`` of version 1."""
    head, arrays = unpack(data)
    names = [part["name"] for part in head["parts"]]
    form = Form(
        parts=tuple(FormPart(name, mesh_of(arrays, i)) for i, name in enumerate(names)),
        solid=solid_of(arrays),
        template=head["template"],
        height_mm=head["height_mm"],
        base_area=math.pi * head["base_radius"] ** 2,
        facts=head["facts"],
    )
    face = Texture.of(arrays["face_texture"])
    coats = tuple(
        Coat(tuple(part["colour"]), face if part["name"] == "head" else None)
        for part in head["parts"]
    )
    return Sculpture(form, coats)
