"""Answers of the calls as OpenAPI has them: schema, example and headers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gateway.domain.calls.call import JSON, PROBLEM, Answer
from gateway.domain.calls.examples import BY_MODEL, NAMED

REF: Final = "#/components/schemas/{model}"
PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "properties": {
        "type": {"type": "string", "description": "`urn:kiln:problem:` and the code"},
        "title": {"type": "string", "description": "The code in words"},
        "status": {"type": "integer", "description": "That of the answer"},
        "code": {"type": "string", "description": "Stable, for programs"},
        "detail": {"type": "string", "description": "What happened, for people"},
        "hint": {"type": "string", "description": "What to do about it"},
        "job": {"type": "string", "description": "The job that was waited for"},
        "stage": {"type": ["string", "null"], "description": "Its stage that failed"},
        "links": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Where to go from that job",
        },
        "missing": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What a house that is not ready lacks, and what to do about it",
        },
    },
    "required": ["type", "title", "status", "code", "detail", "hint"],
}
HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-ID": {
        "description": "Id of the request: yours, or a new one; it is in the logs",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Path of the job", "schema": {"type": "string"}},
    "ETag": {"description": "Send it as `If-None-Match`", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "How to come in", "schema": {"type": "string"}},
    "Content-Disposition": {
        "description": "The name to save it under",
        "schema": {"type": "string"},
    },
    "Content-Range": {"description": "Which part it is", "schema": {"type": "string"}},
    "Preference-Applied": {
        "description": "How long was waited, where `Prefer` asked for it",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true`: the job of an earlier, equal request",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_BY_STATUS: Final = {
    206: ("Content-Range", "ETag"),
    303: ("Location",),
    304: ("ETag",),
    401: ("WWW-Authenticate",),
    416: ("Content-Range",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
EVENT_STREAM: Final = "text/event-stream"
BINARY: Final = {"type": "string", "format": "binary"}  # the old way to say it, which tools know
_TEXT: Final = {"type": "string"}


def describe_answer(answer: Answer) -> dict[str, Any]:
    """Describe one answer of a call."""
    names = ("X-Request-ID", *answer.headers, *_BY_STATUS.get(answer.status, ()))
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    content = _content(answer)
    return {
        "description": answer.meaning,
        "headers": headers,
        **({"content": content} if content is not None else {}),
    }


def shared_examples(answers: Iterable[Answer]) -> dict[str, Any]:
    """List the examples that answers refer to, by name."""
    problems = {_name(a): a.example for a in answers if a.media_type == PROBLEM}
    return {name: {"value": value} for name, value in sorted((NAMED | problems).items())}


def _content(answer: Answer) -> dict[str, Any] | None:
    if answer.status in {204, 304}:
        return None
    if answer.media_type == "*/*":
        return {answer.media_type: {}}  # also JSON
    if answer.media_type == EVENT_STREAM:  # before OpenAPI 3.2 none describes an event
        return {answer.media_type: _shown(answer)}
    return {answer.media_type: {"schema": _schema(answer), **_shown(answer)}}


def _schema(answer: Answer) -> dict[str, Any]:
    if answer.media_type == PROBLEM:
        return {"$ref": REF.format(model="Problem")}
    if answer.model:
        return {"$ref": REF.format(model=answer.model.__name__)}
    if answer.media_type == JSON:
        raise ValueError(f"an answer in JSON without a schema: {answer.meaning}")
    return _TEXT if answer.media_type.startswith("text/") else BINARY


def _shown(answer: Answer) -> dict[str, Any]:
    name = _name(answer)
    if name:
        return {"examples": {name: {"$ref": f"#/components/examples/{name}"}}}
    return {} if answer.example is None else {"example": answer.example}


def _name(answer: Answer) -> str:
    """Name of a shared example; none where the call has one of its own."""
    if answer.media_type == PROBLEM and isinstance(answer.example, dict):
        return f"problem_{answer.example['code']}"
    if answer.example is None:
        return answer.model.__name__ if answer.model in BY_MODEL else ""
    return next((name for name, value in NAMED.items() if value is answer.example), "")
