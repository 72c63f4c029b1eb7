"""The API of today keeps what the last release promised; and the comparison sees what breaks."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from common.exposition import house_version
from gateway.domain.openapi import build_openapi
from tests.house import ROOT
from tests.released import FILE, breaking, promise

TODAY = promise(build_openapi(house_version()))
FIGURINES, JOB = "/v1/figurines", "/v1/jobs/{job}"
WHAT_TO_DO = """

These changes break programs that were written for the API as released. Keep what was there beside
what is new: add a parameter or a property, take the old one too, and announce its end in
gateway/domain/deprecations.py (docs/api-versions.md). What cannot stay goes under /v2. If none of
it was ever released: `python -m tests.released --anyway`, and say so in the commit.
"""


def test_nothing_that_was_released_is_broken() -> None:
    found = breaking(json.loads(FILE.read_text("utf-8")), TODAY)
    assert not found, "\n".join(["", *found]) + WHAT_TO_DO


def test_the_version_is_written_in_one_place() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{house_version()}"\n' in project, "`make setup` installs the house anew"
    assert build_openapi(house_version())["info"]["version"] == house_version()


def form(document: Any) -> Any:
    body = document["paths"][FIGURINES]["post"]["requestBody"]
    return body["content"]["multipart/form-data"]["schema"]


def query(document: Any) -> Any:
    return document["paths"]["/v1/jobs"]["get"]["parameters"]


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


def drop(container: Any, key: Any) -> None:
    del container[key]


BREAKS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a path": (lambda d: drop(d["paths"], FIGURINES), f"POST {FIGURINES} is gone"),
    "a method": (lambda d: drop(d["paths"][JOB], "delete"), f"DELETE {JOB} is gone"),
    "a name of a call": (
        lambda d: d["paths"][JOB]["get"].update(operationId="get_job"),
        "another name in clients: read_job → get_job",
    ),
    "a scope": (lambda d: d["paths"][JOB]["get"].update({"x-scope": "admin"}), "another scope"),
    "a parameter": (lambda d: query(d).pop(0), "query parameter `state` is gone"),
    "a parameter that is required": (
        lambda d: query(d).append(
            {"name": "owner", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "`owner` is new, and required",
    ),
    "a field": (lambda d: drop(form(d)["properties"], "style"), "`style` is gone"),
    "a field that is required": (
        lambda d: form(d).update(required=["template"]),
        "template is required now",
    ),
    "a value": (
        lambda d: form(d)["properties"]["style"]["enum"].remove("pop"),
        "`style`: pop is understood no more",
    ),
    "a default": (
        lambda d: form(d)["properties"]["style"].update(default="oil"),
        "`style`: default cel → oil",
    ),
    "a limit": (
        lambda d: form(d)["properties"]["height_mm"].update(maximum=150),
        "`height_mm`: maximum 200",
    ),
    "a type": (
        lambda d: form(d)["properties"]["height_mm"].update(type="integer"),
        "`height_mm`: no number any more",
    ),
    "a swatch": (
        lambda d: form(d)["properties"]["shirt"].update(pattern="^(#[0-9a-f]{6}|cloud)$"),
        "`shirt`: pattern",
    ),
    "a kind of body": (
        lambda d: drop(d["paths"][FIGURINES]["post"]["requestBody"]["content"], "image/heic"),
        "no body of image/heic",
    ),
    "an answer": (
        lambda d: drop(d["paths"][FIGURINES]["post"]["responses"], "202"),
        "never answers 202",
    ),
    "a header": (
        lambda d: drop(d["paths"][FIGURINES]["post"]["responses"]["202"]["headers"], "Location"),
        "202 has no header Location",
    ),
    "a property of an answer": (
        lambda d: drop(schema(d, "ArtifactView")["properties"], "sha256"),
        "`sha256` is gone",
    ),
    "a property that was always there": (
        lambda d: schema(d, "JobView")["required"].remove("stages"),
        "`stages` may be missing now",
    ),
    "a state that nobody knows": (
        lambda d: schema(d, "JobState")["enum"].append("archived"),
        "may be archived now, which clients do not know",
    ),
    "a property that may be null": (
        lambda d: schema(d, "ArtifactView")["properties"]["size"].update(type=["integer", "null"]),
        "may be null now",
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_breaks_a_client_is_seen(what: str) -> None:
    change, said = BREAKS[what]
    changed = copy.deepcopy(TODAY)
    change(changed)
    found = breaking(TODAY, changed)
    assert any(said in line for line in found), found


GROWS: dict[str, Callable[[Any], Any]] = {
    "a path": lambda d: d["paths"].update({"/v1/new": d["paths"]["/v1/jobs"]}),
    "a parameter": lambda d: query(d).append(
        {"name": "owner", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    "a field": lambda d: form(d)["properties"].update(mood={"type": "string"}),
    "a value": lambda d: form(d)["properties"]["style"]["enum"].append("ink"),
    "a wider limit": lambda d: form(d)["properties"]["height_mm"].update(maximum=300),
    "a swatch": lambda d: form(d)["properties"]["shirt"].update(
        pattern=form(d)["properties"]["shirt"]["pattern"].replace("|cloud", "|cloud|ink")
    ),
    "a property of an answer": lambda d: schema(d, "JobView")["properties"].update(
        mood={"type": "string"}
    ),
    "an error": lambda d: d["paths"][JOB]["get"]["responses"].update({"418": {}}),
}


@pytest.mark.parametrize("what", GROWS)
def test_what_a_client_may_ignore_is_no_break(what: str) -> None:
    changed = copy.deepcopy(TODAY)
    GROWS[what](changed)
    assert changed != TODAY
    assert breaking(TODAY, changed) == []
