"""What a fusion process keeps warm: face models, the last sculptures, one render thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2

from common.settings import Settings
from common.vision import sandbox
from common.vision.faces import FaceModels
from common.vision.sample import sample_photo
from fusion_service.domain.bodies import TEMPLATES
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.preview.render import render_preview
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture

PREVIEW_PX = 1600
SCULPTURES_KEPT = 4  # of about 8 MB each


class Studio:
    """Models and caches of one process. An OpenGL context belongs to the thread that made it."""

    def __init__(self, models: Path) -> None:
        self.faces = FaceModels.load(models)
        self._renders = ThreadPoolExecutor(1, thread_name_prefix="render")
        self._sculptures: OrderedDict[str, Sculpture] = OrderedDict()

    def keep(self, sha256: str, sculpture: Sculpture) -> None:
        """Remember a sculpture: print, render and package often run where it was made."""
        self._sculptures[sha256] = sculpture
        while len(self._sculptures) > SCULPTURES_KEPT:
            self._sculptures.popitem(last=False)

    def sculpture(self, sha256: str, read: Callable[[], bytes]) -> Sculpture:
        """Find a sculpture by the hash of its bytes; ``read`` fetches the bytes."""
        found = self._sculptures.get(sha256)
        if found is None:
            found = Sculpture.from_bytes(read())
            self.keep(sha256, found)
        return found

    def preview(self, sculpture: Sculpture, width: int = PREVIEW_PX) -> bytes:
        """Draw the preview, ``width`` px wide, in the render thread."""
        return self._renders.submit(render_preview, sculpture, width).result()

    def warm_up(self) -> None:
        """Touch everything that is slow the first time."""
        attributes = measure(self.faces, sample_photo())
        for template in TEMPLATES:
            sculpture = sculpt(attributes, template)
        self.preview(sculpture)


def open_studio(settings: Settings) -> Studio:
    """Open the studio of a process and warm it up."""
    sandbox.warm_up()
    cv2.setNumThreads(settings.threads_per_worker)
    studio = Studio(settings.models)
    studio.warm_up()
    return studio
