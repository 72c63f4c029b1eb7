"""What no description can say: what a photo is, and one rule of the house."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.generation.jsonschema import strategy as drawing
from schemathesis.specs.openapi import negative

from tests.fuzz.seeds import seeds

LISTS: Final = {"ingredients", "exclude", "diet", "formats", "filaments"}
LIST_SIGNS: Final = re.compile(r"[,;\n\r\u3001\uff0c\uff1b]|^\s|\s$|^$")
PHOTOS: Final = seeds()
# `from` a job instead of a photo; a webhook at an address that exists, and its events
TOGETHER: Final = {"from", "webhook", "webhook_url", "webhook_events"}
# refusals of valid requests: they depend on the house, on other jobs, on several parameters
BY_STATE: Final = {"idempotency_conflict", "language_unavailable", "no_ingredients"}
BY_STATE |= {"engine_unavailable", "no_such_subject", "bad_webhook"}
BY_STATE |= {"name_does_not_fit"}  # by font, template, height and process
# in a form all is text; so the house reads yes and no as people write them, like the page's boxes
SAID: Final = {"true", "t", "yes", "y", "on", "1", "false", "f", "no", "n", "off", "0"}
FLAG: Final = re.compile(r"at /properties/(\w+) \(was boolean")
SEVERAL: Final = re.compile(
    "choose one|carries no photo|needs the colour of at least one|shows the photo's own"
)
ALL: Final = [photo for photos in PHOTOS.values() for photo in photos]


def _judge(schema: Any) -> Callable[[Any], bool]:
    is_valid = _is_valid_without_bytes(schema)
    return lambda value: is_valid(negative._strip_binary(value))


# schemathesis 4.32 draws lists of photos by a validator that takes no bytes, and ends with
# "Unsupported type: 'Binary'" after some thousand cases; whole bodies it judges as is done here
_is_valid_without_bytes: Final = drawing._validator
drawing._validator = _judge

for kind, photos in PHOTOS.items():
    schemathesis.openapi.media_type(f"image/{kind}", st.sampled_from(photos))
schemathesis.openapi.format("binary", st.sampled_from(ALL))


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Leave out what goes together with something else, or only with what is really there."""
    for path in raw_schema["paths"].values():
        call = path.get("post", {})
        call["parameters"] = [p for p in call.get("parameters", []) if p["name"] not in TOGETHER]
        for parameter in call["parameters"]:
            if parameter["name"] == "Prefer":
                del parameter["example"]  # who waits hears what decoding found: no face, mostly
        for content in call.get("requestBody", {}).get("content", {}).values():
            fields = content["schema"].get("properties", {})
            for name in TOGETHER & fields.keys() - {*content["schema"].get("required", [])}:
                del fields[name]
            # with the types of its parts a list would go out as one part that is no file
            if fields.get("photo", {}).get("type") == "array":
                content.pop("encoding", None)
            if "photo" in fields:
                content.pop("example", None)  # the name of a photo stands there, not its bytes


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    """Of valid data: what is given in the body is not given in the query as well."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if positive and isinstance(case.body, dict):
        for name in case.body.keys() & (case.query or {}).keys():
            del case.query[name]


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext,
    failure: Failure,
    case: schemathesis.Case,
    response: schemathesis.Response,
) -> bool:
    """Keep a failure, unless it is one of the description only: see below."""
    if failure.code not in {"ST201", "ST202"}:
        return True
    if any(LIST_SIGNS.search(text) for text in _lists(case)):
        return False  # an entry with a comma in it is two entries to the house
    flag = FLAG.search(failure.message)
    if flag and case.media_type == "multipart/form-data":
        return str(case.body[flag[1]]).lower() not in SAID
    if response.status_code != 422 or failure.code != "ST202":
        return True
    problem = response.json()
    return not (problem["code"] in BY_STATE or SEVERAL.search(problem["detail"]))


def _lists(case: schemathesis.Case) -> Iterator[str]:
    """Entries of lists in query and form, where commas and line ends separate them."""
    for place in (case.query, case.body):
        for name, entries in place.items() if isinstance(place, Mapping) else ():
            listed = isinstance(entries, list)
            if (name in LISTS and not listed) or (
                name not in LISTS and listed and len(entries) < 2
            ):
                yield ""  # as text, one entry and a list of one are the same; none is not sent
            elif isinstance(entries, list):
                yield from (one for one in entries if isinstance(one, str))
