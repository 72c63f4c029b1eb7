"""The stage functions of a figurine, called by name: what every measured system runs.

Each takes bytes or shapes and gives files by name, as the stages of the house do, without queue,
ledger and store. Where a stage calls another function in future, this is the place to follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2

from common.contracts.figurine import PackageRequest, PaintRequest, PrintRequest, SculptRequest
from common.settings import Settings
from common.vision.decode import decode_photo
from common.vision.png import encode_png
from fusion_service.ar_file import write_ar
from fusion_service.domain import orders, printing
from fusion_service.domain.archive import pictures_to_bytes
from fusion_service.domain.attributes import People
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.sculpture import Form, Sculpture
from fusion_service.studio import Studio
from fusion_service.warmup import warm_up
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.builtin import BuiltinEngine
from stylize_service.engines.sitting import Sheet, find_sitter

Files = dict[str, bytes]


@dataclass
class Bench:
    """Warm models of one process, and the stage functions."""

    studio: Studio
    engine: BuiltinEngine

    @classmethod
    def open(cls) -> Bench:
        """Load and warm everything, one thread a library."""
        cv2.setNumThreads(1)
        studio = Studio(Settings().models)
        warm_up(studio)
        return cls(studio, BuiltinEngine(studio.faces))

    def portrait(self, photo: bytes) -> Files:
        """Draw the portrait and rate it."""
        seen = decode_photo(photo)
        sitter = find_sitter(self.studio.faces, seen, "largest")
        picture = self.engine.draw(sitter, Sheet("cel"), lambda: None)
        rate_portrait(self.studio.faces, sitter, picture)
        return {"portrait.png": encode_png(picture)}

    def measure(self, photo: bytes) -> tuple[People, Files]:
        """Measure the face."""
        people, pictures = study_people(self.studio.faces, decode_photo(photo), "largest", 1)
        return people, {"face.jpg": pictures_to_bytes(pictures)}

    def sculpt(self, people: People) -> Form:
        """Make the geometry."""
        return orders.sculpt_order(people, SculptRequest())

    def paint(self, form: Form, people: People) -> tuple[Sculpture, Files]:
        """Paint it, for the viewers."""
        sculpture = orders.paint_order(form, people, PaintRequest(), None)
        return sculpture, {"figurine.glb": to_glb(sculpture)}

    def print(self, form: Form) -> Files:
        """Write what prints in one colour, and its certificate."""
        stl, certificate = printing.prepare(form, PrintRequest())
        text = certificate.model_dump_json(indent=2)
        return {"figurine.stl": stl, "certificate.json": text.encode()}

    def package(self, sculpture: Sculpture) -> Files:
        """Write what prints in colour."""
        return {"figurine.3mf": printing.package(sculpture, PackageRequest())}

    def ar(self, sculpture: Sculpture) -> Files:
        """Write what phones show."""
        return {"figurine.usdz": write_ar(sculpture)}

    def render(self, sculpture: Sculpture, people: People) -> Files:
        """Draw the preview and rate the face in it."""
        drawing = self.studio.draw_preview(sculpture)
        rating = self.studio.rate_likeness(people.people[0], sculpture)
        files = {"preview.png": drawing.to_png()}
        rating.result()
        return files

    def figurine(self, photo: bytes, *, preview: bool = True) -> Files:
        """Everything of the fusion service, one after the other."""
        people, files = self.measure(photo)
        form = self.sculpt(people)
        sculpture, painted = self.paint(form, people)
        files |= painted | self.print(form) | self.package(sculpture) | self.ar(sculpture)
        return files | (self.render(sculpture, people) if preview else {})


def write_files(folder: Path, files: Files) -> list[str]:
    """Keep the files of one job in its folder; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return list(files)
