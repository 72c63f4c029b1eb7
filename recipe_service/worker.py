"""Entry point of the Celery worker: ``celery -A recipe_service.worker worker -Q recipe``."""

from __future__ import annotations

from common.worker import Service, build_worker
from recipe_service.kitchen import data_files, model_names, open_kitchen
from recipe_service.tasks import TASKS

app = build_worker(
    Service(
        name="recipe",
        queue="recipe",
        tasks=TASKS,
        load=open_kitchen,
        sources=(
            "recipe_service.domain",
            "recipe_service.engines",
            "recipe_service.kitchen",
            "recipe_service.tasks",
            "common.vision",
        ),
        model_files=data_files,
        variant=model_names,
    )
)
