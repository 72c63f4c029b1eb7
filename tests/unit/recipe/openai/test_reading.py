from __future__ import annotations

import pytest

from recipe_service.engines.openai.reading import read_json
from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, "x, ]"]}',
        '\ufeff  {"a": [1, "x, ]"]}\n',
        '```json\n{"a": [1, "x, ]"]}\n```',
        'Sure! Here it is:\n```\n{"a": [1, "x, ]"]}\n```\nEnjoy.',
        'Here [as you asked]: {"a": [1, "x, ]"]} Let me know {if} you like it.',
        '{"a": [1, "x, ]",],}',
        "{'a': [1, 'x, ]']}",
        '<think>{"a": 2} would be wrong</think>{"a": [1, "x, ]"]}',
    ],
)
def test_json_is_found_in_whatever_stands_around_it(text: str) -> None:
    assert read_json(text) == {"a": [1, "x, ]"]}


def test_python_constants_and_raw_line_breaks_are_forgiven() -> None:
    assert read_json("{'a': None, 'b': true, 'c': \"it's\"}") == {"a": None, "b": True, "c": "it's"}
    assert read_json('{"a": "one\ntwo"}') == {"a": "one\ntwo"}
    assert read_json("[]") == []


@pytest.mark.parametrize(
    "text",
    [
        "I am sorry, I cannot see any food.",
        '{"a": [1, 2',
        "",
        "<think>it never ends {",
        "[" * 50_000,
        "[" * 50_000 + "]" * 50_000,
        "{" * 100_000,
        "__import__('os').system('true')",
        '{"a": __import__("os")}',
    ],
)
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        read_json(text)
    assert caught.value.reason is Reason.NOT_JSON
