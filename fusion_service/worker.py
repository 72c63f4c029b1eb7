"""Entry point of the Celery worker: ``celery -A fusion_service.worker worker -Q fusion``."""

from __future__ import annotations

from common.worker import Service, build_worker
from fusion_service.file_tasks import FILE_TASKS
from fusion_service.tasks import TASKS
from fusion_service.warmup import open_studio

app = build_worker(
    Service(
        name="fusion",
        queue="fusion",
        tasks=(*TASKS, *FILE_TASKS),
        load=open_studio,
        sources=(
            "fusion_service.domain",
            "fusion_service.tasks",
            "fusion_service.file_tasks",
            "fusion_service.studio",
            "common.lettering",
            "common.vision",
        ),
        model_files=lambda settings: settings.models.glob("*.tflite"),
    )
)
