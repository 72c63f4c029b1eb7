"""A person looks at the portrait, changes something, and the body is made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.test_resume import resume, resumed_with

SEEN = ["stylize.portrait", "fusion.measure"]


@pytest.fixture
def job(stack: Stack) -> str:
    """A figurine whose portrait waits for approval."""
    found = stack.submit(pause_after="portrait", formats="glb,stl")
    for node in SEEN:
        assert stack.record(found).state != "paused"
        stack.run_stage(found, node)
    return found


def test_the_job_pauses_when_both_are_there(stack: Stack, job: str) -> None:
    view = stack.client.get(f"/v1/jobs/{job}").json
    assert view["state"] == "paused"
    assert [one["name"] for one in view["artifacts"]] == ["portrait.png"]
    assert view["links"]["resume"].endswith("/resume")
    (told,) = [one for one in stack.ledger.events(job) if one.type == "paused"]
    assert told.data == {"after": SEEN}


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({}, []),
        ({"template": "chef", "hair": "ginger", "name": "Ann", "process": "sla"}, []),
        ({"glasses": "round"}, []),
        ({"style": "pop"}, ["stylize.portrait"]),
        ({"engine": "builtin"}, ["stylize.portrait"]),
        ({"template": "couple"}, ["fusion.measure"]),
        ({"subject": "1"}, sorted(SEEN)),
    ],
)
def test_only_what_a_change_concerns_is_made_anew(
    stack: Stack, job: str, changes: dict[str, Any], again: list[str]
) -> None:
    assert resume(stack, job, **changes).status_code == 202
    ran = [one for one in resumed_with(stack, job).get("again", []) if one in SEEN]
    assert ran == again
    assert sorted(node.id for node in stack.again) == (again or ["fusion.sculpt"])
    stack.run(job)
    record = stack.record(job)
    assert record.state == "succeeded"
    assert record.params["plan"] == 2
    assert {node.id for node in record.nodes if node.attempts == 2} == set()


def test_a_name_that_does_not_fit_is_refused_while_it_can_be_changed(
    stack: Stack, job: str
) -> None:
    for changes in ({"name": "Zoë \U0001f389"}, {"name": "Maximiliane Anna", "height_mm": 40}):
        answer = resume(stack, job, **changes)
        assert (answer.status_code, answer.json["code"]) == (422, "name_does_not_fit")
    assert stack.record(job).state == "paused"
    assert resume(stack, job, name="Zoë", height_mm=40).status_code == 202


def test_a_changed_style_can_be_looked_at_once_more(stack: Stack, job: str) -> None:
    assert resume(stack, job, style="oil", pause_after="portrait").status_code == 202
    assert [node.id for node in stack.again] == ["stylize.portrait"]
    stack.run_stage(job, "stylize.portrait")
    assert stack.record(job).state == "paused"
    assert resume(stack, job, template="sports").status_code == 202
    assert stack.record(job).params["style"] == "oil"
    stack.run(job)
    assert stack.record(job).state == "succeeded"


def test_a_pause_without_a_change_is_a_pause_at_once(stack: Stack, job: str) -> None:
    assert resume(stack, job, pause_after="portrait").status_code == 202
    assert stack.record(job).state == "paused"
    assert not stack.again


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"formats": "glb"}, "bad_parameter", "formats is fixed"),
        ({"ttl_hours": 3}, "bad_parameter", "ttl_hours is fixed"),
        ({"hair": "puce2"}, "bad_parameter", "hair must be a colour"),
        ({"ingredients": ["rice"]}, "bad_parameter", "unknown parameter 'ingredients'"),
        ({"plan": 1}, "bad_parameter", "unknown parameter 'plan'"),
        ({"engine": "neural"}, "engine_unavailable", "there is no neural model here"),
    ],
)
def test_a_bad_change_is_refused_and_the_job_still_waits(
    stack: Stack, job: str, changes: dict[str, Any], code: str, words: str
) -> None:
    answer = resume(stack, job, **changes)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert words in answer.json["detail"]
    assert stack.record(job).state == "paused"
