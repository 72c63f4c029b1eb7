"""Tolerant reader: find the JSON in what a language model says."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason

MAX_CHARS: Final = 100_000
MAX_STARTS: Final = 40  # brackets in prose that may begin the JSON

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"```[a-zA-Z0-9_-]*\s*\n?(.*?)```", re.DOTALL)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_NAMED = re.compile(r'("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')|\b(true|false|null)\b', re.DOTALL)
_PYTHON = {"true": "True", "false": "False", "null": "None"}
# A bracket too deep or a number too long to be meant.
_UNREADABLE = (ValueError, SyntaxError, RecursionError, MemoryError, TypeError)


def read_json(text: str) -> Any:  # noqa: ANN401  whatever JSON can say
    """Read the JSON object or list in an answer.

    Thoughts of a reasoning model, code fences, prose before and after, trailing commas, line
    breaks inside strings, and Python's quotes and constants are forgiven.

    Raises
    ------
    ModelUnavailable
        ``not_json``: there is none, or it is not complete.
    """
    text = _THOUGHT.sub("", text[:MAX_CHARS].removeprefix("\ufeff"))
    for place in (*_FENCE.findall(text), text):
        parsed = ((len(span), _parse(span)) for span in _spans(place))
        found = [sized for sized in parsed if sized[1] is not None]
        if found:
            return max(found, key=lambda sized: sized[0])[1]
    raise ModelUnavailable(Reason.NOT_JSON, "the language model did not answer in JSON").about(text)


def _spans(text: str) -> Iterator[str]:
    """Yield the outermost balanced brackets."""
    position = 0
    for _ in range(MAX_STARTS):
        start = re.compile(r"[\[{]").search(text, position)
        if start is None:
            return
        end = _closing(text, start.start())
        if end is not None:
            yield text[start.start() : end]
        position = end or start.end()


def _closing(text: str, start: int) -> int | None:
    """Find where a bracket closes, not counting those inside quotes."""
    depth, quote, before, escaped = 0, "", "", False
    for position in range(start, len(text)):
        sign = text[position]
        if quote:
            quote = "" if sign == quote and not escaped else quote
            escaped = sign == "\\" and not escaped
        elif sign == '"' or (sign == "'" and before in "[{,:"):  # elsewhere: an apostrophe
            quote = sign
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
            if depth == 0:
                return position + 1
        before = before if sign.isspace() else sign
    return None


def _parse(span: str) -> Any:  # noqa: ANN401  whatever JSON can say
    """Read strictly first; then forgive more and more. None when nothing helps."""
    without_commas = _STRING_OR_COMMA.sub(lambda found: found[1] or "", span)
    for forgiven in (span, without_commas):
        try:
            return json.loads(forgiven, strict=False)
        except _UNREADABLE:
            continue
    try:
        value = ast.literal_eval(_NAMED.sub(lambda found: found[1] or _PYTHON[found[2]], span))
    except _UNREADABLE:
        return None
    return value if isinstance(value, dict | list) else None  # `{1, 2}` is a set
