"""The description is whole: every route is in it, and it is valid OpenAPI 3.1 in structure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.calls.table import CALLS
from gateway.domain.docs_page import render_docs
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.openapi import build_openapi
from gateway.domain.params import names_of
from gateway.domain.recipes import RecipeParams
from tests.unit.gateway.conftest import Stack

DOCUMENT = build_openapi("1.2.3")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_route_is_documented_and_every_documented_call_is_a_route(stack: Stack) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in stack.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(call.method, call.path) for call in CALLS}


def test_the_document_has_the_structure_of_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations():
        assert method in {"get", "post", "delete"}
        assert path.startswith("/")
        assert operation["responses"]
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert answer["description"]
        for parameter in operation["parameters"]:
            assert {"name", "in", "schema"} <= parameter.keys()
            assert parameter["description"]
            assert parameter["in"] in {"path", "query", "header"}
        names = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert names == set(re.findall(r"\{(\w+)\}", path))


def test_every_reference_points_at_something() -> None:
    targets = re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(DOCUMENT))
    assert set(targets) <= DOCUMENT["components"]["schemas"].keys()
    assert '"$ref": "#/$defs' not in json.dumps(DOCUMENT)
    assert {"JobView", "Problem", "Timeline"} <= set(targets)


def test_a_figurine_can_be_asked_for_by_form_and_by_query() -> None:
    submit = DOCUMENT["paths"]["/v1/figurines"]["post"]
    form = submit["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    query = {p["name"] for p in submit["parameters"] if p["in"] == "query"}
    assert form.keys() - {"photo"} == query == {*names_of(FigurineParams)}
    assert form["style"]["enum"] == ["cel", "pencil", "watercolor", "oil", "pop", "pixel"]
    assert "image/heic" in submit["requestBody"]["content"]


def test_recipes_can_be_asked_for_by_form_query_and_json() -> None:
    submit = DOCUMENT["paths"]["/v1/recipes"]["post"]
    content = submit["requestBody"]["content"]
    form = content["multipart/form-data"]["schema"]
    assert "required" not in form  # a list will do
    assert form["properties"]["photo"]["maxItems"] == 5
    assert form["properties"].keys() - {"photo"} == {*names_of(RecipeParams)}
    assert content["application/json"]["schema"]["properties"].keys() == ({*names_of(RecipeParams)})
    assert "image/jpeg" in content


def test_there_is_no_null_in_a_form_or_a_query() -> None:
    submit = DOCUMENT["paths"]["/v1/recipes"]["post"]
    content = submit["requestBody"]["content"]
    form = content["multipart/form-data"]["schema"]["properties"]
    query = {p["name"]: p["schema"] for p in submit["parameters"] if p["in"] == "query"}
    as_json = content["application/json"]["schema"]["properties"]
    assert {"type": "null"} in as_json["ttl_hours"]["anyOf"]
    assert form["ttl_hours"]["type"] == query["ttl_hours"]["type"] == "integer"
    assert "null" not in json.dumps([form, query])


def test_what_is_fixed_when_a_job_is_accepted_cannot_be_resumed_with() -> None:
    resume = DOCUMENT["paths"]["/v1/jobs/{job}/resume"]["post"]["requestBody"]["content"]
    assert not any(kind.startswith("image/") for kind in resume)
    taken = resume["application/json"]["schema"]["properties"]
    changeable = {
        name
        for one in (FigurineParams, RecipeParams)
        for name in names_of(one)
        if name not in one.fixed
    }
    assert taken.keys() == changeable
    assert taken["pause_after"]["enum"] == ["none", "portrait", "ingredients"]


def test_a_portrait_can_be_asked_for_by_form_query_and_json() -> None:
    submit = DOCUMENT["paths"]["/v1/portraits"]["post"]
    content = submit["requestBody"]["content"]
    form = content["multipart/form-data"]["schema"]["properties"]
    assert form.keys() - {"photo"} == {*names_of(PortraitParams)}
    assert content["application/json"]["schema"]["required"] == ["from"]
    assert form["size_px"]["maximum"] == 2048


def test_examples_are_what_their_models_describe() -> None:
    shown = [
        (one.model, one.example)
        for call in CALLS
        for one in call.answers
        if one.example and one.model
    ]
    assert len(shown) >= 6
    for model, example in shown:
        model.model_validate(example, strict=False)
    for call in CALLS:
        if call.body and call.body.json:
            call.body.params.model_validate(call.body.json)
            assert not {*call.body.without} & call.body.json.keys()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_the_docs_page_shows_every_call(call: Any) -> None:
    page = render_docs(DOCUMENT, "http://here:1")
    assert call.summary.replace("'", "&#x27;") in page
    assert f"<code>{call.path}</code>" in page
    if call.example:
        assert "http://here:1/" in page


def test_the_docs_page_loads_nothing_from_elsewhere(stack: Stack) -> None:
    answer = stack.client.get("/docs")
    assert answer.status_code == 200
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text)
    assert "<script" not in answer.text
    assert "40 to 200" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_description_is_served(stack: Stack) -> None:
    answer = stack.client.get("/openapi.json")
    assert answer.json["paths"].keys() == DOCUMENT["paths"].keys()
