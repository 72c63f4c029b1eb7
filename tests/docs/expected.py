"""Whether what came is what the page shows, but for what differs each time.

In text, a run of blanks is one blank, and these may be others of their kind: ids, numbers with a
unit of time or size, numbers alone in the cell of a table, dates and times of day. ``…`` stands
for anything in a line, and alone in a line for any number of lines. In JSON the page may leave out
keys and, after ``"…"``, entries; numbers may be others, words may not.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

MORE: Final = "…"
_KINDS: Final = (
    (re.compile(r"\b[0-9a-f]{32,64}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<date>"),
    (re.compile(r"\b\d\d:\d\d(:\d\d(\.\d+)?)?\b"), "<time>"),
    (re.compile(r"\b\d[\d.,]*\s?(?=(?:ms|s|min|h|B|kB|MB|GB)\b)"), "<number> "),
    (re.compile(r"(?<=│)\s*\d[\d.,]*\s*(?=│)"), " <number> "),
    (re.compile(r"(?<=(?:│|┃))\s*<number>\s*"), " <number> "),
    (re.compile(r"[━─┏┳┓┡╇┩└┴┘╭╮╰╯]+"), "<rule>"),
)


def text_differs(shown: str, came: str) -> str:
    """Return what is wrong with a text, in words; empty when it has come."""
    lines = [_plain(line) for line in came.splitlines()]
    start = 0
    free = True  # the next line may come later
    for wanted in shown.rstrip("\n").splitlines():
        if not (line := _plain(wanted)):
            continue
        if line == MORE:
            free = True
            continue
        found = _first(_pattern(line), lines, start)
        between = [one for one in lines[start:found] if one] if found is not None else []
        if found is None or (between and not free):
            return f"the page shows\n  {wanted}\nwhich did not come here:\n{came}"
        start, free = found + 1, False
    return ""


def json_differs(shown: str, came: str) -> str:
    """Return what is wrong with a JSON answer, in words; empty when all that is shown is there."""
    try:
        answer = json.loads(came)
    except ValueError:
        return f"the page shows JSON, what came is none:\n{came}"
    wrong = list(_missing(json.loads(shown), answer, "answer"))
    return "\n".join([*wrong, came]) if wrong else ""


def _plain(line: str) -> str:
    for pattern, word in _KINDS:
        line = pattern.sub(word, line)
    return " ".join(line.split())


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in line.split(MORE)))


def _first(pattern: re.Pattern[str], lines: list[str], start: int) -> int | None:
    return next((i for i in range(start, len(lines)) if pattern.fullmatch(lines[i])), None)


def _missing(shown: Any, came: Any, where: str) -> list[str]:
    """Return, in words, what the page shows and the answer has not."""
    if isinstance(shown, dict) and isinstance(came, dict):
        keys = shown.keys() - {MORE}
        wrong = [f"{where} has no {key!r}" for key in sorted(keys - came.keys())]
        for key in keys & came.keys():
            wrong += _missing(shown[key], came[key], f"{where}.{key}")
        return wrong
    if isinstance(shown, list) and isinstance(came, list):
        wanted = [one for one in shown if one not in (MORE, {MORE: MORE})]
        whole = len(wanted) == len(shown)
        if len(came) < len(wanted) or (whole and len(came) != len(wanted)):
            return [f"{where} has {len(came)} entries, the page shows {len(wanted)}"]
        return [
            text for i, one in enumerate(wanted) for text in _missing(one, came[i], f"{where}[{i}]")
        ]
    if _kind(shown) != _kind(came):
        return [f"{where} is {came!r}, the page shows {shown!r}"]
    if isinstance(shown, str) and not _pattern(_plain(shown)).fullmatch(_plain(came)):
        return [f"{where} is {came!r}, the page shows {shown!r}"]
    return []


def _kind(value: Any) -> object:
    if isinstance(value, bool) or value is None:
        return value
    return float if isinstance(value, int | float) else type(value)
