"""Opens a studio warm: each file of a figurine is slow the first time, and somebody would wait."""

from __future__ import annotations

import cv2

from common.contracts import figurine as f
from common.settings import Settings
from common.vision import sandbox
from common.vision.sample import sample_photo
from fusion_service.ar_file import write_ar
from fusion_service.domain import printing
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.orders import paint_order, sculpt_order
from fusion_service.domain.photo.measure import study_people
from fusion_service.studio import Studio


def open_studio(settings: Settings) -> Studio:
    """Open the studio of a process and warm it up."""
    sandbox.warm_up()
    cv2.setNumThreads(settings.threads_per_worker)
    studio = Studio(settings.models)
    warm_up(studio)
    return studio


def warm_up(studio: Studio) -> None:
    """Make every file of a figurine once."""
    people, _ = study_people(studio.faces, sample_photo(), "largest", 1)
    form = sculpt_order(people, f.SculptRequest())
    sculpture = paint_order(form, people, f.PaintRequest(), None)
    to_glb(sculpture)
    printing.prepare(form, f.PrintRequest())
    printing.package(sculpture, f.PackageRequest())
    write_ar(sculpture)
    studio.draw_preview(sculpture).to_png()
    studio.rate_likeness(people.people[0], sculpture).result()
