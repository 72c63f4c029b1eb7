"""What the SDK says of answers and parameters is what the gateway has: no more, no less."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints, is_typeddict

import pytest
from pydantic import BaseModel

from common.ledger.records import JobState
from gateway.client import shapes, wishes
from gateway.domain import deliveries, erasures, timeline, views
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.params import names_of
from gateway.domain.recipes import RecipeParams

ANSWERS: list[tuple[type, type[BaseModel]]] = [
    (shapes.Error, views.ErrorView),
    (shapes.Stage, views.StageView),
    (shapes.Artifact, views.ArtifactView),
    (shapes.Eta, views.EtaView),
    (shapes.JobSummary, views.JobSummary),
    (shapes.Job, views.JobView),
    (shapes.ErasedFile, erasures.ErasedFile),
    (shapes.KeptFile, erasures.KeptFile),
    (shapes.ErasureReceipt, erasures.ErasureReceipt),
    (shapes.Timeline, timeline.Timeline),
    (shapes.TimelineStage, timeline.TimelineStage),
    (shapes.Attempt, deliveries.AttemptView),
    (shapes.Message, deliveries.MessageView),
    (shapes.DeliveryLog, deliveries.DeliveryLog),
]
CALLS: list[tuple[type, type[BaseModel], set[str]]] = [
    (wishes.FigurineWishes, FigurineParams, {"from"}),
    (wishes.PortraitWishes, PortraitParams, {"from"}),
    (wishes.RecipeWishes, RecipeParams, {"from", "ingredients"}),
]


def choices_of(hint: Any) -> set[str]:
    """Texts that a type lists."""
    args = get_args(hint)
    here = {one for one in args if isinstance(one, str)}
    return here.union(*(choices_of(one) for one in args if not isinstance(one, str)))


def listed(schema: dict[str, Any], definitions: dict[str, Any]) -> set[str]:
    """Texts that a JSON Schema lists."""
    if "$ref" in schema:
        return listed(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    return set(schema.get("enum", [])).union(*(listed(one, definitions) for one in inner))


@pytest.mark.parametrize(("told", "view"), ANSWERS)
def test_answers_have_the_fields_of_the_views(told: type, view: type[BaseModel]) -> None:
    assert is_typeddict(told)
    assert set(get_type_hints(told)) == set(view.model_fields)


def test_a_job_has_the_states_of_the_ledger() -> None:
    assert choices_of(shapes.JobState) == set(map(str, JobState))


@pytest.mark.parametrize(("told", "params", "arguments"), CALLS)
def test_wishes_have_the_names_of_the_parameters(
    told: type, params: type[BaseModel], arguments: set[str]
) -> None:
    assert set(get_type_hints(told)) | arguments == set(names_of(params))


@pytest.mark.parametrize(("told", "params", "arguments"), CALLS)
def test_wishes_list_the_choices_of_the_parameters(
    told: type, params: type[BaseModel], arguments: set[str]
) -> None:
    schema = params.model_json_schema()
    for name, hint in get_type_hints(told).items():
        found = listed(schema["properties"][name], schema.get("$defs", {}))
        assert choices_of(hint) == found, name
