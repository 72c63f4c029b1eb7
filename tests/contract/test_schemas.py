"""What crosses a wire changes on purpose only, and old messages are understood for ever.

A change of a schema shows in the review as a change of a snapshot: ``python -m tests.wire``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.wire import MESSAGES, SCHEMAS, schema_text, wire_models

MODELS = wire_models()
OLD = sorted(MESSAGES.glob("v*/*.json"))  # by the version that first wrote such a message


@pytest.mark.parametrize("name", MODELS)
def test_a_schema_is_what_was_committed(name: str) -> None:
    committed = SCHEMAS / f"{name}.json"
    assert committed.is_file(), "new on the wire: run `python -m tests.wire` and commit it"
    assert committed.read_text("utf-8") == schema_text(MODELS[name])


def test_no_snapshot_is_left_of_a_model_that_is_gone() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(MODELS)


def test_every_model_has_a_message_of_the_version_that_it_came_with() -> None:
    assert sorted(path.stem for path in OLD) == sorted(MODELS)


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_an_old_message_still_parses_and_says_the_same(path: Path) -> None:
    message = json.loads(path.read_text("utf-8"))
    parsed = MODELS[path.stem].model_validate(message).model_dump(mode="json")
    assert _said(parsed, message) == message


def _said(parsed: Any, message: Any) -> Any:
    """What the message said, as it was understood: fields of a later version left out."""
    if isinstance(message, dict):
        return {name: _said(parsed[name], value) for name, value in message.items()}
    if isinstance(message, list) and len(parsed) == len(message):
        return [_said(one, value) for one, value in zip(parsed, message, strict=True)]
    return parsed


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_a_field_of_a_later_version_does_no_harm(path: Path) -> None:
    """Processes are not replaced all at once: a newer one may say more."""
    message = json.loads(path.read_text("utf-8"))
    MODELS[path.stem].model_validate({**message, "field_of_tomorrow": 1})


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_nothing_on_the_wire_holds_bytes(model: type[BaseModel]) -> None:
    """References travel, bytes stay."""
    text = schema_text(model)
    assert '"format": "binary"' not in text
    assert '"format": "base64url"' not in text
