"""The two consoles: results to stdout, everything said beside them to stderr.

Into a pipe lines are not cut to 80 columns. Without UTF-8 marks are plain letters, JSON is ASCII,
and any other sign is a question mark. Rich itself heeds NO_COLOR, TERM and COLUMNS.
"""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.text import Text

PIPE_WIDTH: Final = 200
_MARKS: Final = {
    "ok": ("✓", "+", "green"),
    "warning": ("!", "!", "yellow"),
    "missing": ("✗", "x", "red"),
    "waiting": ("·", ".", "dim"),
    "running": ("▸", ">", "cyan"),
    "paused": ("‖", "=", "yellow"),
}
_STATES: Final = {
    "succeeded": "ok",
    "done": "ok",
    "failed": "missing",
    "expired": "missing",
    "cancelled": "warning",
    "stopped": "warning",
    "running": "running",
    "paused": "paused",
}


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper) and stream.errors != "surrogateescape":
        stream.reconfigure(errors="replace")  # no sign is worth a job whose files are not fetched
    piped = "COLUMNS" not in os.environ and not (stream and stream.isatty())
    return Console(stderr=stderr, width=PIPE_WIDTH if piped else None, highlight=False)


out = _console(stderr=False)
err = _console(stderr=True)


def print_json(value: object) -> None:
    """Print JSON and nothing else: coloured for people, one document for programs."""
    plain = not out.encoding.startswith("utf")  # a program reads it: nothing may be replaced
    out.print_json(json.dumps(value, default=str), ensure_ascii=plain)


def mark(what: str, console: Console = out) -> Text:
    """Draw a mark; ``what`` is one of ok, warning, missing, or the state of a job or stage."""
    fine, plain, style = _drawn(what)
    return Text(fine if console.encoding.startswith("utf") else plain, style=style)


def style_of(what: str) -> str:
    """Colour of a state."""
    return _drawn(what)[2]


def _drawn(what: str) -> tuple[str, str, str]:
    return _MARKS[_STATES.get(what, what if what in _MARKS else "waiting")]


def moment(text: str | None) -> datetime | None:
    """Read a moment of the API."""
    return datetime.fromisoformat(text) if text else None


def ago(then: datetime | None, now: datetime | None = None) -> str:
    """Say how long ago something was."""
    if then is None:
        return ""
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    return "just now" if seconds < 5 else f"{in_words(seconds)} ago"


def in_words(seconds: float) -> str:
    """Say how long, no more precisely than anybody wants to know."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{round(seconds / 86_400)} days"


def took(milliseconds: float | None) -> str:
    """Say how long a stage or job took."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return (
        f"{milliseconds / 1000:.1f} s" if milliseconds < 100_000 else in_words(milliseconds / 1e3)
    )
