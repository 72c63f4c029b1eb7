"""Query parameters of the calls that only look."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.recipe import MAX_COUNT
from common.ledger.records import JobState
from gateway.domain.hook_params import HookEvent

LONGEST_WAIT_S = 60


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NoQuery(_Query):
    """For calls without parameters."""


class WaitQuery(_Query):
    """Of calls that may wait for the end of a job."""

    wait: Annotated[
        float,
        Field(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for the job to end or pause"),
    ] = 0


class PredictQuery(_Query):
    """Of ``POST /predict`` and its siblings."""

    all: Annotated[
        bool, Field(description="The ten best of each photo, whatever the threshold")
    ] = False


class JobsQuery(_Query):
    """Of ``GET /v1/jobs``."""

    state: Annotated[JobState | None, Field(description="Only jobs in this state")] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Jobs per page")] = 20
    cursor: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{1,15}-[0-9a-f]{32}$", description="`next` of the page before"),
    ] = None


class RecipePageQuery(_Query):
    """Of ``GET /v1/jobs/{id}/recipe.html``."""

    number: Annotated[
        int, Field(ge=1, le=MAX_COUNT, description="Which of the recipes, the best is 1")
    ] = 1


class RedeliverQuery(_Query):
    """Of ``POST /v1/jobs/{id}/webhooks/redeliver``."""

    event: Annotated[
        HookEvent | None, Field(description="Only messages of this event; default: all")
    ] = None


class EventsQuery(_Query):
    """Of ``GET /v1/jobs/{id}/events``."""

    after: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,19}(-[0-9]{1,19})?$",
            description="Only events after this id; the header Last-Event-ID does the same",
        ),
    ] = None
