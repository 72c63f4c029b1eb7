"""What a fusion process keeps warm: face models, the last forms, one render thread."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from common.vision.faces import FaceModels
from common.vision.likeness import Likeness
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.bodies import hides_hair
from fusion_service.domain.likeness import rate_figurine
from fusion_service.domain.preview.render import Drawing, draw_preview, view_head
from fusion_service.domain.sculpture import Sculpture
from fusion_service.shelf import Shelf

PREVIEW_PX = 1600


class Studio:
    """Models and caches of one process. An OpenGL context belongs to the thread that made it."""

    def __init__(self, models: Path) -> None:
        self.faces = FaceModels.load(models)
        self._renders = ThreadPoolExecutor(1, thread_name_prefix="render")
        self.shelf = Shelf()

    def draw_preview(self, sculpture: Sculpture, width: int = PREVIEW_PX) -> Drawing:
        """Draw the views of the preview, ``width`` px wide, in the render thread."""
        return self._renders.submit(draw_preview, sculpture, width).result()

    def rate_likeness(self, measured: Attributes, sculpture: Sculpture) -> Future[Likeness]:
        """Compare the first head with the photo, in the render thread; quickest after a preview."""
        return self._renders.submit(rate_head, self.faces, measured, sculpture)


def rate_head(faces: FaceModels, measured: Attributes, sculpture: Sculpture) -> Likeness:
    """Draw the first head in this thread, and compare it with the photo."""
    view, place = view_head(sculpture)
    kind = str(sculpture.form.facts.get("face", "drawn"))
    hatted = hides_hair(part.name for part in sculpture.form.parts)
    return rate_figurine(measured, view, faces.trace_face(view, place), kind, hatted=hatted)
