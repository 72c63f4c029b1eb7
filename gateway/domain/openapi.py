"""From the call table to an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.domain.calls import door
from gateway.domain.calls.call import JSON, MISUNDERSTOOD, Answer, Body, Call
from gateway.domain.calls.examples import JOB
from gateway.domain.calls.table import CALLS
from gateway.domain.deprecations import DEPRECATIONS
from gateway.domain.hook_view import WEBHOOKS, HookMessage
from gateway.domain.openapi_answers import (
    BINARY,
    HEADERS,
    PROBLEM_SCHEMA,
    REF,
    describe_answer,
    shared_examples,
)
from gateway.domain.upload import MEDIA_TYPES

_PATH_PARAMETERS: Final = {
    "job": "Id of a job",
    "task": "Id of a task",
    "name": "Name of an artifact",
    "filename": "File",
}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "Idempotency-Key": {"minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "Cancel-After": {  # from five seconds to a day
        "pattern": "^((?:[5-9]|[1-9][0-9]{1,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)"
        "s?|(?:[1-9][0-9]{0,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m|(?:[1-9]|1[0-9]|2[0-4])h)$"
    },
}
_EXAMPLES: Final = {  # of parameters whose schema does not show one
    "job": JOB,
    "task": JOB,
    "name": "figurine.glb",
    "filename": "kiln.css",
    "Idempotency-Key": "b1f7c9c2-6f3e-4d0a-9a51-0c1d2e3f4a5b",
    "Cancel-After": "5m",
    "Prefer": "wait=5",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "If-None-Match": '"9f2c4be19f2c4be19f2c4be19f2c4be1"',
    "If-Range": '"9f2c4be19f2c4be19f2c4be19f2c4be1"',
    "Range": "bytes=0-1023",
    "Last-Event-ID": "1795256104310-0",
}
_BY_HAND: Final = {"default": "x-default"}  # for people only
_TAGS: Final = {
    "Make": "Send photos and ingredients; change, cancel and erase jobs",
    "Look": "Watch jobs and fetch what they made",
    "House": "What there is, and how the house is",
    "Older calls": "Tasks instead of jobs, for clients from before `/v1`. They stay",
}
_PROMISE: Final = (
    "Within `/v1` a client that ignores what it does not know keeps working: docs/api-versions.md"
    " says what may change. Errors are problem documents (RFC 9457) with a stable `code`."
)


def build_openapi(version: str) -> dict[str, Any]:
    """Describe every call of the gateway."""
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kiln",
            "version": version,
            "summary": "From a photo to a vinyl-toy figurine you can print, or to a dinner",
            "description": _PROMISE,
        },
        "servers": [{"url": "/", "description": "This house"}],
        "security": door.ANY_KEY,
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "webhooks": WEBHOOKS,
        "components": {
            "schemas": _schemas(),
            "headers": HEADERS,
            "examples": shared_examples(a for call in CALLS for a in _answers(call)),
            "securitySchemes": door.SCHEMES,
        },
    }


def _schemas() -> dict[str, Any]:
    shown: set[type[BaseModel]] = {HookMessage}
    shown |= {a.model for call in CALLS for a in call.answers if a.model is not None}
    ordered = sorted(shown, key=lambda model: model.__name__)
    _, found = models_json_schema([(m, "serialization") for m in ordered], ref_template=REF)
    return {**found["$defs"], "Problem": PROBLEM_SCHEMA}


def _operation(call: Call) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.id,
        "summary": call.summary,
        "tags": [call.tag],
        "parameters": [*_path_parameters(call), *_query(call), *_headers(call)],
        "responses": {str(a.status): describe_answer(a) for a in _answers(call)},
        **door.security(call),
    }
    leaving = DEPRECATIONS.get(f"{call.method} {call.path}")
    if leaving:
        operation["deprecated"] = True
    if words := [part for part in (leaving and leaving.words, call.details) if part]:
        operation["description"] = " ".join(words)
    if call.body:
        operation["requestBody"] = _body(call.body)
    if call.example:
        operation["x-codeSamples"] = [{"lang": "sh", "source": call.example}]
    return operation


def _answers(call: Call) -> tuple[Answer, ...]:
    return (*call.answers, *door.answers(call), *MISUNDERSTOOD)


def _path_parameters(call: Call) -> list[dict[str, Any]]:
    return [
        _parameter("path", name, {"type": "string"}, _PATH_PARAMETERS[name], required=True)
        for name in re.findall(r"\{(\w+)\}", call.path)
    ]


def _query(call: Call) -> list[dict[str, Any]]:
    found = _properties(call.query) if call.query else {}
    for name, schema in (_taken(call.body) if call.body else {}).items():
        # a generated client sends every default; it must not send one here and a wish in the body
        found[name] = {_BY_HAND.get(key, key): value for key, value in schema.items()}
    return [
        _parameter("query", name, schema, schema.get("description", ""))
        for name, schema in _as_text(found).items()
    ]


def _headers(call: Call) -> list[dict[str, Any]]:
    return [
        _parameter("header", name, {"type": "string"} | _HEADERS.get(name, {}), text)
        for name, text in call.headers
    ]


def _parameter(
    place: str, name: str, schema: dict[str, Any], description: str, *, required: bool = False
) -> dict[str, Any]:
    found = {"name": name, "in": place, "description": description, "required": required}
    if schema.get("type") == "array":
        found |= {"style": "form", "explode": False}  # comma-separated
    if name in _EXAMPLES:
        found["example"] = _EXAMPLES[name]
    return found | {"schema": schema}


def _body(body: Body) -> dict[str, Any]:
    whole = {"type": "object", "properties": _taken(body), "additionalProperties": False}
    form = whole | {"properties": _as_text(_taken(body))}
    parts = {"schema": _with_photos(form, body), "example": _example(body)}
    content: dict[str, Any] = {"multipart/form-data": parts}
    if body.photos:
        photo = {"contentType": ", ".join(MEDIA_TYPES)}
        content["multipart/form-data"]["encoding"] = {"photo": photo}
        content |= {kind: {"schema": BINARY | {"contentMediaType": kind}} for kind in MEDIA_TYPES}
    if body.json is not None:
        # one photo, and none in such a body: it must be that of another job
        needed = {"required": ["from"]} if body.photos == 1 else {}
        schema = form | needed
        content["application/x-www-form-urlencoded"] = {"schema": schema, "example": body.json}
        content[JSON] = {"schema": whole | needed, "example": body.json}
    return {"required": body.photo_needed, "content": content}


def _example(body: Body) -> dict[str, Any]:
    """Show a form; in the place of a photo stands the name of its file."""
    fields = {name: value for name, value in (body.json or {}).items() if name != "from"}
    photos = {0: {}, 1: {"photo": "me.jpg"}}.get(body.photos, {"photo": ["table.jpg"]})
    return photos | (fields if not body.photo_needed else {})


def _with_photos(fields: dict[str, Any], body: Body) -> dict[str, Any]:
    if not body.photos:
        return fields
    # the old `format` is what tools know: with it they send a file with a name
    photo: dict[str, Any] = BINARY | {"contentMediaType": "image/*"}
    if body.photos > 1:
        photo = {"type": "array", "items": photo, "minItems": 1, "maxItems": body.photos}
    photo["description"] = "The photo" if body.photos == 1 else f"1 to {body.photos} photos"
    found = fields | {"properties": {"photo": photo, **fields["properties"]}}
    return found | ({"required": ["photo"]} if body.photo_needed else {})


def _taken(body: Body) -> dict[str, Any]:
    properties = _properties(body.params)
    for name, schema in (_properties(body.other) if body.other else {}).items():
        properties[name] = _either(properties.get(name, schema), schema)
    taken = {name: schema for name, schema in properties.items() if name not in body.without}
    return {name: _without_default(one) for name, one in taken.items()} if body.changes else taken


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "default"}


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Describe a parameter that two products read: every value that one of them knows."""
    if one == other or "enum" not in one:
        return one
    texts = dict.fromkeys([one["description"], other["description"]])
    values = dict.fromkeys([*one["enum"], *other["enum"]])
    return one | {"enum": [*values], "description": ". Of a recipe: ".join(texts)}


def _as_text(properties: dict[str, Any]) -> dict[str, Any]:
    """Schemas of a query or a form: there is no null, what is not meant is not sent."""
    return {name: _without_null(schema) for name, schema in properties.items()}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf" and value is not None}
    return {**kinds[0], **rest}


def _properties(model: type[BaseModel]) -> dict[str, Any]:
    # self-contained: what a parameter may be is read where it stands
    schema = model.model_json_schema()
    return {name: _inlined(one, schema) for name, one in schema["properties"].items()}


def _inlined(node: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401  JSON has many shapes
    if isinstance(node, list):
        return [_inlined(one, schema) for one in node]
    if not isinstance(node, dict):
        return node
    rest = {key: _inlined(one, schema) for key, one in node.items() if key != "$ref"}
    if "$ref" not in node:
        return rest
    target = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {"type": target["type"], "enum": target["enum"], **rest}
