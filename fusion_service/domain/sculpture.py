"""The shapes that travel between the steps of the fusion service.

A figurine is a ``Form``, which is geometry, and a ``Coat`` of paint on each of its parts. Design
units are millimetres of a figurine of about 78 mm whose base stands on z = 0: +y is the front,
+z is up, +x is the figurine's right hand (the viewer's left, as in the photo). ``Form.scale``
turns design units into millimetres of the requested height.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from common.vision.png import encode_png
from fusion_service.domain.picture import decode_picture

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]
Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]  # sRGB, 0..255
Shift = tuple[float, float, float]


@dataclass(frozen=True)
class Mesh:
    """Triangles with outward normals, in design units."""

    vertices: Float  # (n, 3)
    faces: Index  # (m, 3)
    normals: Float  # (n, 3), unit length
    uv: Float | None = None  # (n, 2), origin at the lower left, only on a textured head


@dataclass(frozen=True)
class Solid:
    """The union of all parts: one watertight body, ready to print."""

    vertices: Float  # (n, 3), design units
    faces: Index  # (m, 3)
    part_ids: npt.NDArray[np.uint8]  # (m,), index into Form.parts


@dataclass(frozen=True)
class FormPart:
    """One named piece of the figurine, without its colour."""

    name: str
    mesh: Mesh
    person: int = 0  # whose it is, where two stand on one base
    shift: Shift = (0.0, 0.0, 0.0)  # by which that person stands off the middle of the base


@dataclass(frozen=True)
class Form:
    """The geometry of a figurine: all that a one-colour print needs."""

    parts: tuple[FormPart, ...]
    solid: Solid
    template: str
    height_mm: float
    base_area: float  # of the outline of the base, design units squared
    facts: dict[str, object] = field(default_factory=dict)  # hair kind, glasses, ...

    @property
    def scale(self) -> float:
        """Millimetres of the printed figurine per design unit."""
        return self.height_mm / float(np.ptp(self.solid.vertices[:, 2]))


class Texture:
    """The face on a head as a file, which several files hold, and as a picture."""

    def __init__(self, png: bytes, pixels: Pixels | None = None) -> None:
        self.png = png
        self._pixels = pixels

    @classmethod
    def of(cls, pixels: Pixels) -> Texture:
        """Take a picture, and encode it."""
        return cls(encode_png(pixels), pixels)

    @property
    def pixels(self) -> Pixels:
        """The picture, (1024, 1024, 3) sRGB; decoded when it is looked at first."""
        if self._pixels is None:
            self._pixels = decode_picture(self.png)
        return self._pixels


@dataclass(frozen=True)
class Coat:
    """The paint of one part: a colour, and the drawn face on a head."""

    colour: Colour
    texture: Texture | None = None


@dataclass(frozen=True)
class Part:
    """One named piece of the figurine with its paint."""

    name: str
    colour: Colour
    mesh: Mesh
    texture: Texture | None = None
    shift: Shift = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Sculpture:
    """A painted form: what render, package and the viewers' files are made from."""

    form: Form
    coats: tuple[Coat, ...]  # one a part of the form

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the form in their colours."""
        return tuple(
            Part(part.name, coat.colour, part.mesh, coat.texture, part.shift)
            for part, coat in zip(self.form.parts, self.coats, strict=True)
        )

    @property
    def solid(self) -> Solid:
        """The union of all parts."""
        return self.form.solid

    @property
    def template(self) -> str:
        """Name of the template."""
        return self.form.template

    @property
    def height_mm(self) -> float:
        """Height of the printed figurine."""
        return self.form.height_mm

    @property
    def scale(self) -> float:
        """Millimetres of the printed figurine per design unit."""
        return self.form.scale
