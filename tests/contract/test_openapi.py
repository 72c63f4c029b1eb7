"""The description as others read it: valid OpenAPI 3.1, described throughout, true examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from common.http import status_of_code
from gateway.domain.hook_params import HookEvent
from gateway.domain.hook_view import HookType
from gateway.domain.openapi import build_openapi
from gateway.domain.webhooks import signed_headers

DOCUMENT = build_openapi("1.2.3")
REGISTRY: Any = Registry().with_resource(
    "urn:kiln", Resource(contents=DOCUMENT, specification=DRAFT202012)
)
OPERATIONS = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}
BYTES = re.compile(r"image/|application/zip|\*/\*|text/html")  # nothing that an example could show
EVERY_CALL = pytest.mark.parametrize("name", sorted(OPERATIONS))


def check(value: Any, schema: dict[str, Any]) -> None:
    inside = {"$ref": f"urn:kiln{schema['$ref']}"} if "$ref" in schema else schema
    validator = Draft202012Validator(
        inside, registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    assert not found, found


def shown(content: dict[str, Any]) -> Iterator[Any]:
    if "example" in content:
        yield content["example"]
    for one in content.get("examples", {}).values():
        yield DOCUMENT["components"]["examples"][one["$ref"].rpartition("/")[2]]["value"]


def test_it_is_valid_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_says_where_it_is_served_who_may_come_in_and_what_the_groups_are() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]
    assert DOCUMENT["security"]
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in DOCUMENT["tags"]}
    assert all(tag["description"] for tag in DOCUMENT["tags"])
    for operation in OPERATIONS.values():
        assert "security" in operation
        assert ("x-scope" in operation) == bool(operation["security"])


def test_names_of_calls_are_words_of_a_programmer_and_unique() -> None:
    assert len(OPERATIONS) == sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+|predict", name) for name in OPERATIONS)


@EVERY_CALL
def test_every_parameter_is_described_and_its_example_is_one(name: str) -> None:
    for parameter in OPERATIONS[name]["parameters"]:
        assert len(parameter["description"]) > 3, parameter["name"]
        if parameter["in"] in {"path", "header"}:
            check(parameter["example"], parameter["schema"])
    content = OPERATIONS[name].get("requestBody", {}).get("content", {})
    for kind in content.values():
        for field, schema in kind["schema"].get("properties", {}).items():
            assert schema["description"], field


@EVERY_CALL
def test_a_default_is_told_in_one_place_for_generated_clients_send_it(name: str) -> None:
    operation = OPERATIONS[name]
    if "requestBody" in operation:
        query = [one for one in operation["parameters"] if one["in"] == "query"]
        for content in operation["requestBody"]["content"].values():
            fields = content["schema"].get("properties", {})
            twice = [one["schema"] for one in query if one["name"] in fields]
            assert not [schema for schema in twice if "default" in schema]


@pytest.mark.parametrize("name", ["resume_job", "cook_task"])
def test_what_is_not_sent_stays_as_it_was_so_there_is_no_default(name: str) -> None:
    for content in OPERATIONS[name]["requestBody"]["content"].values():
        assert not [one for one in content["schema"]["properties"].values() if "default" in one]


@EVERY_CALL
def test_every_request_has_an_example_that_is_one(name: str) -> None:
    for kind, content in OPERATIONS[name].get("requestBody", {}).get("content", {}).items():
        examples = [*shown(content)]
        assert examples or BYTES.match(kind), kind
        for example in examples:
            check(example, content["schema"])


@EVERY_CALL
def test_every_answer_has_an_example_that_is_one(name: str) -> None:
    for status, answer in OPERATIONS[name]["responses"].items():
        assert "X-Request-ID" in answer["headers"]
        for kind, content in answer.get("content", {}).items():
            examples = [*shown(content)]
            assert examples or BYTES.match(kind), f"{status} {kind}"
            for example in examples:
                check(example, content.get("schema", {"type": "string"}))
                if kind == "application/problem+json":
                    assert str(example["status"]) == status
                    assert example["detail"]


def test_the_examples_of_problems_have_the_status_that_such_a_problem_has() -> None:
    problems = {
        name: example["value"]
        for name, example in DOCUMENT["components"]["examples"].items()
        if name.startswith("problem_")
    }
    assert len(problems) > 10
    for example in problems.values():
        assert status_of_code(example["code"]) == example["status"], example


def test_the_message_to_a_webhook_is_described_as_it_is_sent() -> None:
    call = DOCUMENT["webhooks"]["job"]["post"]
    content = call["requestBody"]["content"]["application/json"]
    check(content["example"], content["schema"])
    events = {f"job.{event}" for event in HookEvent}
    assert {*get_args(HookType)} == events
    signed = signed_headers(["whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="], "msg_1", 1.0, "{}")
    assert {one["name"] for one in call["parameters"]} == signed.keys() - {"content-type"}


def test_every_shared_example_and_header_is_used() -> None:
    text = str(DOCUMENT["paths"])
    for kind in ("examples", "headers"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}'" in text, name


def test_every_property_of_an_answer_is_described_by_type() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name
