"""A plain figurine made of balls and a disc, to test what happens after sculpting."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.measure import marching_cubes

from fusion_service.domain.frame import HEAD_CENTRE_Z, TEXTURE_MM, TEXTURE_PX
from fusion_service.domain.sculpture import (
    Coat,
    Form,
    FormPart,
    Mesh,
    Part,
    Sculpture,
    Solid,
    Texture,
)

VOXEL = 0.8
LOW, HIGH = np.array([-24.0, -24.0, -1.6]), np.array([24.0, 24.0, 80.0])
SKIN = (240, 200, 170)
IRIS = (20, 60, 200)
Field = npt.NDArray[np.float64]


@lru_cache(maxsize=4)
def ball_man(height_mm: float = 80.0) -> Sculpture:
    """Head, hair, shirt, trousers, arms and base; stands on z = 0, looks towards +y."""
    x, y, z = _lattice()
    base = np.maximum(np.hypot(x, y) - 20, np.maximum(z - 4, -z))
    arms = np.minimum(_ball(x + 11, y, z - 32, 4.5), _ball(x - 11, y, z - 32, 4.5))
    skull = _ball(x, y, z - HEAD_CENTRE_Z, 15)
    hair = np.maximum(_ball(x, y + 1, z - HEAD_CENTRE_Z - 1, 16.5), y - 4 + (64 - z) * 0.9)
    fields: dict[str, tuple[tuple[int, int, int], Field]] = {
        "base": ((60, 62, 70), base),
        "trousers": ((40, 60, 110), np.maximum(np.hypot(x, y) - 7, np.abs(z - 12) - 10)),
        "shirt": ((220, 90, 50), _ball(x, y, (z - 34) * 0.75, 11)),
        "arms": (SKIN, arms),
        "hair": ((90, 60, 30), hair),
        "head": (SKIN, skull),
    }
    parts = tuple(
        FormPart(name, _mesh(field, textured=name == "head")) for name, (_, field) in fields.items()
    )
    coats = tuple(
        Coat(colour, Texture.of(face_texture()) if name == "head" else None)
        for name, (colour, _) in fields.items()
    )
    stack = np.stack([field for _, field in fields.values()])
    solid = solid_of(stack.min(axis=0), stack.argmin(axis=0))
    return Sculpture(Form(parts, solid, "default", height_mm, np.pi * 20.0**2), coats)


def solid_of(field: Field, owner: npt.NDArray[np.intp] | None = None) -> Solid:
    """Triangulate a field; ``owner`` numbers the part at every node."""
    vertices, faces, _ = _surface(field)
    owner = np.zeros(field.shape, np.intp) if owner is None else owner
    nodes = np.rint((vertices[faces].mean(axis=1) - LOW) / VOXEL).astype(int)
    vertices[np.abs(vertices[:, 2]) < 1e-3, 2] = 0
    return Solid(vertices, faces, owner[tuple(nodes.T)].astype(np.uint8))


def face_texture() -> npt.NDArray[np.uint8]:
    """Skin with two big blue eyes."""
    texture = np.full((TEXTURE_PX, TEXTURE_PX, 3), SKIN, np.uint8)
    texture[480:640, 260:440] = IRIS
    texture[480:640, 584:764] = IRIS
    return texture


def with_form(sculpture: Sculpture, **changes: Any) -> Sculpture:
    """The same figurine with something else about its geometry."""
    return replace(sculpture, form=replace(sculpture.form, **changes))


def with_parts(sculpture: Sculpture, *parts: Part) -> Sculpture:
    """The same figurine with other parts."""
    form = tuple(FormPart(part.name, part.mesh, 0, part.shift) for part in parts)
    coats = tuple(Coat(part.colour, part.texture) for part in parts)
    return replace(sculpture, form=replace(sculpture.form, parts=form), coats=coats)


def with_solid(sculpture: Sculpture, vertices: object, faces: object) -> Sculpture:
    """The same figurine with another solid, all of it in the colour of part 0."""
    triangles = np.asarray(faces, np.int32)
    ids = np.zeros(len(triangles), np.uint8)
    solid = Solid(np.asarray(vertices, np.float32), triangles, ids)
    return with_form(sculpture, solid=solid)


def with_extra(sculpture: Sculpture, *fields: Field) -> Sculpture:
    """The figurine with more bodies united into its solid."""
    x, y, z = _lattice()
    union = np.minimum.reduce([body_field(), *fields])
    solid = solid_of(np.broadcast_to(union, np.broadcast_shapes(x.shape, y.shape, z.shape)))
    return with_form(sculpture, solid=solid)


def body_field() -> Field:
    """Signed distance of the whole figurine on the lattice, roughly."""
    x, y, z = _lattice()
    return np.minimum.reduce(
        [
            np.maximum(np.hypot(x, y) - 20, np.maximum(z - 4, -z)),
            np.maximum(np.hypot(x, y) - 7, np.abs(z - 12) - 10),
            _ball(x, y, (z - 34) * 0.75, 11),
            _ball(x, y, z - HEAD_CENTRE_Z, 15),
        ]
    )


def ball_field(centre: tuple[float, float, float], radius: float) -> Field:
    x, y, z = _lattice()
    return _ball(x - centre[0], y - centre[1], z - centre[2], radius)


def _lattice() -> list[npt.NDArray[np.float64]]:
    counts = np.rint((HIGH - LOW) / VOXEL).astype(int) + 1
    axes = [low + VOXEL * np.arange(n) for low, n in zip(LOW, counts, strict=True)]
    return list(np.meshgrid(*axes, indexing="ij"))


def _ball(x: Field, y: Field, z: Field, radius: float) -> Field:
    return np.sqrt(x * x + y * y + z * z) - radius


def _surface(field: Field) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], Field]:
    field = np.where(np.abs(field) < 1e-4, 1e-4, field)
    vertices, faces, normals, _ = marching_cubes(field, 0.0, spacing=(VOXEL,) * 3)
    return (vertices + LOW).astype(np.float32), faces.astype(np.int32), -normals


def _mesh(field: Field, *, textured: bool) -> Mesh:
    vertices, faces, normals = _surface(field)
    uv = None
    if textured:
        uv = np.column_stack(
            [
                0.5 - vertices[:, 0] / TEXTURE_MM,
                0.5 + (vertices[:, 2] - HEAD_CENTRE_Z) / TEXTURE_MM,
            ]
        ).astype(np.float32)
        uv[vertices[:, 1] < -1] = (0.02, 0.02)
    return Mesh(vertices, faces, normals.astype(np.float32), uv)
