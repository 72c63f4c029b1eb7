"""A recipe while it is being written: half of a JSON text as a person would read it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from pydantic_core import from_json

PERIOD_S: Final = 1 / 3  # with the last one, never more than four in any second


class Draft:
    """Hands the growing text on, readable and not too often.

    Parameters
    ----------
    on_text : callable
        Gets the whole readable text so far.
    """

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self._on_text = on_text
        self._shown = ""
        self._next = 0.0

    def grown(self, partial: str) -> None:
        """Take the answer so far; show it when there is news and the last is long enough ago."""
        if time.monotonic() >= self._next:
            self.show(partial)

    def show(self, partial: str) -> None:
        """Show the answer so far, now."""
        text = readable(partial)
        if text and text != self._shown:
            self._shown = text
            self._next = time.monotonic() + PERIOD_S
            self._on_text(text)


def readable(partial: str) -> str:
    """Turn the beginning of a recipe in JSON into lines; empty while there is nothing to see."""
    start = partial.find("{")
    try:
        half = from_json(partial[max(0, start) :].rstrip("`\n "), allow_partial="trailing-strings")
    except ValueError:
        return ""  # prose, or JSON that only the tolerant reader can read
    if not isinstance(half, dict):
        return ""
    ingredients = [_ingredient(line) for line in _dicts(half.get("ingredients"))]
    steps = [
        line["text"] for line in _dicts(half.get("steps")) if isinstance(line.get("text"), str)
    ]
    numbered = [f"{number}. {text}" for number, text in enumerate(steps, 1)]
    head = [half[key] for key in ("title", "summary") if isinstance(half.get(key), str)]
    return "\n\n".join("\n".join(block) for block in (head, ingredients, numbered) if block)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [line for line in value if isinstance(line, dict)] if isinstance(value, list) else []


def _ingredient(line: dict[str, Any]) -> str:
    quantity = line.get("quantity")
    number = f"{quantity:g}" if isinstance(quantity, int | float) else ""
    unit = line.get("unit") if number and line.get("unit") != "piece" else ""
    words = " ".join(str(word) for word in (number, unit, line.get("name")) if word)
    return f"- {words}, {line['note']}" if line.get("note") else f"- {words}"
