"""What a fusion process keeps warm: face models, the last forms, one render thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2

from common.contracts import figurine as f
from common.settings import Settings
from common.vision import sandbox
from common.vision.faces import FaceModels
from common.vision.likeness import Likeness
from common.vision.sample import sample_photo
from fusion_service.domain import printing
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.usdz import to_usdz
from fusion_service.domain.likeness import rate_figurine
from fusion_service.domain.orders import paint_order, sculpt_order
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.preview.render import render_preview, view_head
from fusion_service.domain.sculpture import Sculpture
from fusion_service.shelf import Shelf

PREVIEW_PX = 1600


class Studio:
    """Models and caches of one process. An OpenGL context belongs to the thread that made it."""

    def __init__(self, models: Path) -> None:
        self.faces = FaceModels.load(models)
        self._renders = ThreadPoolExecutor(1, thread_name_prefix="render")
        self.shelf = Shelf()

    def preview(self, sculpture: Sculpture, width: int = PREVIEW_PX) -> bytes:
        """Draw the preview, ``width`` px wide, in the render thread."""
        return self._renders.submit(render_preview, sculpture, width).result()

    def rate_likeness(self, measured: Attributes, sculpture: Sculpture) -> Likeness:
        """Compare the first head with the photo; quickest right after its preview."""
        view, place = self._renders.submit(view_head, sculpture).result()
        kind = str(sculpture.form.facts.get("face", "drawn"))
        return rate_figurine(measured, view, self.faces.trace_face(view, place), kind)

    def warm_up(self) -> None:
        """Make every file of a figurine once: the first time, each of them is slow."""
        people, _ = study_people(self.faces, sample_photo(), "largest", 1)
        form = sculpt_order(people, f.SculptRequest())
        sculpture = paint_order(form, people, f.PaintRequest(), None)
        to_glb(sculpture)
        printing.prepare(form, f.PrintRequest())
        printing.package(sculpture, f.PackageRequest())
        to_usdz(sculpture)
        self.preview(sculpture)
        self.rate_likeness(people.people[0], sculpture)


def open_studio(settings: Settings) -> Studio:
    """Open the studio of a process and warm it up."""
    sandbox.warm_up()
    cv2.setNumThreads(settings.threads_per_worker)
    studio = Studio(settings.models)
    studio.warm_up()
    return studio
