"""A job as older clients see it: a task that is processing, done or failed."""

from __future__ import annotations

from typing import Any

from common.contracts.recipe import IngredientList
from common.errors import NoIngredients
from common.ledger.records import JobRecord, JobState


def state_of(record: JobRecord) -> str:
    """Say how far a task is. A pause is done: it waits for the next call."""
    if record.state in {JobState.PAUSED, JobState.SUCCEEDED} or _saw_nothing(record):
        return "done"
    return "failed" if record.state.terminal else "processing"


def _saw_nothing(record: JobRecord) -> bool:
    """Tell whether nothing edible was found: for a detector that is a result."""
    return record.error is not None and record.error.get("code") == NoIngredients.code


def detections_of(seen: IngredientList) -> list[dict[str, Any]]:
    """Show what was seen on the photos, best first."""
    found = [one for one in seen.ingredients if one.source == "seen"]
    return [
        {
            "name": one.name,
            "coarse": one.coarse,
            "confidence": one.confidence,
            "bbox": one.box.model_dump() if one.box else None,
        }
        for one in sorted(found, key=lambda one: -one.confidence)
    ]
