"""A job as older clients see it: a task that is processing, done or failed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.recipe import Box, Ingredient, IngredientList, Recipe, Share, Source
from common.errors import NoIngredients
from common.ledger.records import JobRecord, JobState
from gateway.domain.views import ArtifactView, ErrorView

Corners = tuple[Share, Share, Share, Share]
TaskState = Literal["processing", "done", "failed"]
ANSWER = ConfigDict(extra="ignore")  # a newer recipe service may say more


class Detection(BaseModel):
    """Something edible that was seen on a photo."""

    model_config = ANSWER

    name: str
    id: str | None = Field(None, description="Id in the knowledge base; null when unknown to it")
    coarse: str | None = Field(None, description="Class of the built-in recogniser")
    confidence: Share
    bbox: Corners | None = Field(
        None,
        description="x, y, width, height as fractions of the photo; null where unknown",
    )


class Prediction(BaseModel):
    """What was seen on one photo, best first."""

    model_config = ANSWER

    detections: list[Detection]


class Predictions(BaseModel):
    """What was seen on each of several photos, in their order."""

    model_config = ANSWER

    results: list[Prediction]


class Task(BaseModel):
    """A task that was accepted."""

    task_id: str
    job_id: str = Field(description="The same id: a task is a job")
    status: TaskState = Field(description="`done` also when recognised and waiting to be cooked")
    status_url: str = Field(description="Where to look at the task")


class TaskResult(Task):
    """A task, and what came of it so far."""

    detections: list[Detection] | None = Field(None, description="What was seen, best first")
    ingredients: list[Ingredient] | None = Field(None, description="The list that is cooked from")
    recipes: list[Recipe] | None = Field(None, description="The recipes, best first")
    artifacts: list[ArtifactView] | None = Field(None, description="Files made for the task")
    error: ErrorView | None = Field(None, description="Why there is no result")


def state_of(record: JobRecord) -> TaskState:
    """Say how far a task is. A pause is done: it waits for the next call."""
    if record.state in {JobState.PAUSED, JobState.SUCCEEDED} or saw_nothing(record):
        return "done"
    return "failed" if record.state.terminal else "processing"


def saw_nothing(record: JobRecord) -> bool:
    """Tell whether nothing edible was found: for a detector that is a result."""
    return record.error is not None and record.error.get("code") == NoIngredients.code


def error_of(record: JobRecord) -> ErrorView | None:
    """Say why a task has no result; None while it may have one."""
    if record.error:
        return ErrorView.model_validate(record.error)
    if not record.state.terminal or record.state is JobState.SUCCEEDED:
        return None
    return ErrorView(code=str(record.state), detail=f"the job was {record.state}", hint="")


def detections_of(seen: IngredientList) -> list[Detection]:
    """Show what was seen on the photos, best first."""
    found = [one for one in seen.ingredients if one.source is Source.SEEN]
    return [
        Detection(
            name=one.name,
            id=one.id,
            coarse=one.coarse,
            confidence=one.confidence,
            bbox=_corners(one.box),
        )
        for one in sorted(found, key=lambda one: -one.confidence)
    ]


def _corners(box: Box | None) -> Corners | None:
    return (box.x, box.y, box.width, box.height) if box else None


def said(answer: BaseModel) -> dict[str, Any]:
    """Answer as JSON, without the fields that nobody has set."""
    return {
        name: value
        for name, value in answer.model_dump(mode="json").items()
        if name in answer.model_fields_set
    }
