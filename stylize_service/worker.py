"""Entry point of the Celery worker: ``celery -A stylize_service.worker worker -Q stylize``."""

from __future__ import annotations

import cv2

from common.settings import Settings
from common.worker import Service, build_worker
from stylize_service.engines.choose import Engines
from stylize_service.tasks import TASKS
from stylize_service.warmup import load_engines, variant


def _load(settings: Settings) -> Engines:
    cv2.setNumThreads(settings.threads_per_worker)
    engines = load_engines(settings)
    engines.load_all()
    return engines


app = build_worker(
    Service(
        name="stylize",
        queue="stylize",
        tasks=TASKS,
        load=_load,
        sources=(
            "stylize_service.domain",
            "stylize_service.engines",
            "stylize_service.tasks",
            "common.vision",
        ),
        model_files=lambda settings: settings.models.glob("*.tflite"),
        variant=variant,
    )
)
