"""The OpenAPI document as a page for people: plain HTML, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from gateway.domain.calls.call import JSON, MISUNDERSTOOD
from gateway.domain.params import allowed_values

EVERYWHERE = {str(answer.status): answer.meaning for answer in MISUNDERSTOOD}


def render_docs(document: dict[str, Any], base: str) -> str:
    """Render an OpenAPI document; ``base`` is the address in its examples."""
    calls = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    tags = list(dict.fromkeys(operation["tags"][0] for _, _, operation in calls))
    info = document["info"]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width">'
        f"<title>{escape(info['title'])} API</title><link rel=icon href=data:,>"
        "<link rel=stylesheet href=/web/kiln.css>"
        f"<main class=docs><h1>{escape(info['title'])} API <small>{escape(info['version'])}</small>"
        f"</h1><p>{escape(info['summary'])}. <a href=/>Start page</a> · "
        "<a href=/openapi.json>openapi.json</a></p>"
        "<p>Errors are problem documents: <code>code</code> for programs, <code>detail</code> and "
        "<code>hint</code> for people.</p>"
        f"<p>Any call may also answer {_everywhere()}.</p>"
        + "".join(_section(tag, calls, base) for tag in tags)
        + "</main></html>"
    )


def _everywhere() -> str:
    return ", ".join(f"<code>{status}</code> ({text})" for status, text in EVERYWHERE.items())


def _section(tag: str, calls: list[tuple[str, str, dict[str, Any]]], base: str) -> str:
    articles = [_call(*call, base=base) for call in calls if call[2]["tags"][0] == tag]
    return f"<h2>{escape(tag)}</h2>{''.join(articles)}"


def _call(method: str, path: str, operation: dict[str, Any], *, base: str) -> str:
    examples = "".join(
        f"<pre>{escape(sample['source'].replace('{base}', base))}</pre>"
        for sample in operation.get("x-codeSamples", [])
    )
    return (
        f"<article class=card id={operation['operationId']}>"
        f"<h3><b class={method.lower()}>{method}</b> <code>{escape(path)}</code></h3>"
        f"<p><strong>{escape(operation['summary'])}.</strong> "
        f"{_text(operation.get('description', ''))}</p>"
        f"{examples}{_sent(operation.get('requestBody', {}))}"
        f"{_parameters(operation)}{_answers(operation['responses'])}"
        "</article>"
    )


def _sent(body: dict[str, Any]) -> str:
    kinds = body.get("content", {})
    bodies = ", ".join(f"<code>{escape(kind)}</code>" for kind in kinds)
    shown = {JSON: kinds[JSON]} if JSON in kinds else kinds  # a form says the same
    return f"<p>Body: {bodies}.</p>{_examples(shown)}" if kinds else ""


def _examples(content: dict[str, Any]) -> str:
    shown = [one["example"] for one in content.values() if "example" in one]
    return "".join(f"<pre>{escape(_written(one), quote=False)}</pre>" for one in shown)


def _written(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=1)


def _fields(body: dict[str, Any]) -> set[str]:
    """Names that a form may hold as well."""
    form = body.get("content", {}).get("multipart/form-data", {"schema": {}})
    return {*form["schema"].get("properties", {})}


def _parameters(operation: dict[str, Any]) -> str:
    fields = _fields(operation.get("requestBody", {}))
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code>"
        f"<td>{'form, query' if one['name'] in fields else one['in']}"
        f"<td>{escape(_allowed(one['schema']))}<td>{escape(_default(one['schema']))}"
        f"<td>{_text(one['description'])}"
        for one in operation["parameters"]
    ]
    head = "<tr><th>parameter<th>in<th>allowed<th>default<th>meaning"
    return f"<table>{head}{''.join(rows)}</table>" if rows else ""


def _allowed(schema: dict[str, Any]) -> str:
    if schema == {"type": "string"}:
        return "text"
    return allowed_values(schema, {}).removeprefix("one of: ")


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default", schema.get("x-default"))
    if isinstance(default, list):
        return ",".join(default)
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)


def _answers(answers: dict[str, dict[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{status}</code><td>{_text(answer['description'])}"
        f"<td>{escape(', '.join(answer.get('content', {})))}"
        f"{_examples(answer.get('content', {}))}"
        for status, answer in answers.items()
        if status not in EVERYWHERE
    ]
    return f"<table><tr><th>answer<th>meaning<th>type{''.join(rows)}</table>"


def _text(markdown: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(markdown, quote=False))
