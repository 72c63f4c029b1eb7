"""The cartoon alone, and photos that portraits and figurines share."""

from __future__ import annotations

from typing import Any

import pytest

from common.contracts.figurine import TemplateName
from common.errors import NameDoesNotFit, Unprintable
from common.ledger.records import Claim
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg


def portrait(stack: Stack, **params: Any) -> Any:
    return stack.client.post("/v1/portraits", data=jpeg(), query_string=params)


def test_a_portrait_needs_one_stage_and_the_manifest(stack: Stack) -> None:
    answer = portrait(stack, style="oil", size_px="2048", background="transparent")
    assert answer.status_code == 202
    assert answer.json["product"] == "portrait"
    assert [one["id"] for one in answer.json["stages"]] == ["stylize.portrait", "gateway.finish"]
    assert answer.json["parameters"]["size_px"] == 2048
    job = answer.json["id"]
    stack.run(job)
    view = stack.client.get(f"/v1/jobs/{job}").json
    assert [one["name"] for one in view["artifacts"]] == ["portrait.png", "manifest.json"]


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"size_px": "100"}, "bad_parameter", "from 128 to 2048"),
        ({"background": "blue"}, "bad_parameter", "one of: drawn, transparent"),
        ({"template": "chef"}, "bad_parameter", "unknown parameter 'template'"),
        ({"engine": "diffusion"}, "engine_unavailable", "kiln models add"),
    ],
)
def test_what_a_portrait_cannot_be_is_refused(
    stack: Stack, params: dict[str, str], code: str, words: str
) -> None:
    answer = portrait(stack, **params)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert words in answer.json["detail"]
    assert not stack.published


def test_a_photo_is_needed(stack: Stack) -> None:
    answer = stack.client.post("/v1/portraits")
    assert (answer.status_code, answer.json["code"]) == (422, "bad_photo")


def test_the_same_request_under_the_same_key_is_the_same_job(stack: Stack) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again, other = (
        stack.client.post("/v1/portraits", data=jpeg(), headers=headers, query_string=query)
        for query in ({"style": "pop"}, {"style": "pop", "background": "drawn"}, {})
    )
    assert again.json["id"] == first.json["id"]
    assert other.json["code"] == "idempotency_conflict"


def test_portraits_and_figurines_share_photos_and_remembered_work(stack: Stack) -> None:
    job = portrait(stack).json["id"]
    stack.run(job)
    figurine = stack.client.post("/v1/figurines", json={"from": job})
    assert figurine.status_code == 202
    again = stack.client.post("/v1/portraits", json={"from": figurine.json["id"]})
    assert again.status_code == 200 or again.json["state"] == "succeeded"
    assert all(stage["cached"] for stage in again.json["stages"][:1])


def test_no_recipe_is_cooked_from_a_face(stack: Stack) -> None:
    job = portrait(stack).json["id"]
    answer = stack.client.post("/v1/recipes", json={"from": job})
    assert (answer.status_code, answer.json["code"]) == (422, "bad_parameter")
    assert "is a portrait, not a recipe" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/v1/figurines", "/api/upload"])
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"name": "Wolfeschlegelsteinhausen", "height_mm": "40"}, "the base holds about"),
        ({"name": "Zoë \U0001f389"}, "PARTY POPPER"),
        ({"name": "李小龍", "template": "couple", "height_mm": "200"}, "U+674E"),
    ],
)
def test_a_name_that_the_base_cannot_hold_is_refused_before_there_is_a_job(
    stack: Stack, path: str, params: dict[str, str], words: str
) -> None:
    answer = stack.client.post(path, data=jpeg(), query_string=params | {"accept": "unprintable"})
    assert (answer.status_code, answer.json["code"]) == (422, "name_does_not_fit")
    assert words in answer.json["detail"]
    assert answer.json["hint"]
    assert not stack.published


@pytest.mark.parametrize("template", TemplateName)
def test_a_name_that_fits_is_taken_with_every_template(stack: Stack, template: str) -> None:
    for height_mm, name in (("40", "Zoë"), ("100", "Maximiliane"), ("200", "Anna Εκατερίνη Б.")):
        wish = {"name": name, "height_mm": height_mm, "template": template}
        assert stack.client.post("/v1/figurines", data=jpeg(), query_string=wish).status_code == 202


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unprintable("wall: 0.7 mm where fdm needs 1.0. Fix: height_mm=120"), "unprintable"),
        (NameDoesNotFit("at 40 mm the base holds 9 letters"), "name_does_not_fit"),
    ],
)
def test_a_figurine_that_cannot_be_made_as_asked_is_a_422_for_who_waits(
    stack: Stack, error: Any, code: str
) -> None:
    headers = {"Idempotency-Key": "one"}
    job = stack.post(headers=headers).json["id"]
    claim = stack.ledger.claim(job, "fusion.measure", "w1")
    assert isinstance(claim, Claim)
    stack.ledger.fail(claim, error)
    answer = stack.post(headers=headers | {"Prefer": "wait=5"})
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert answer.json["detail"] == error.detail
