"""Show a person the portrait, and let them change something before the body is made."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from common.contracts.figurine import PortraitRequest
from gateway.client import Job, Kiln
from gateway.terminal.findings import likeness_line, seen_line
from gateway.terminal.line import told

PORTRAIT: Final = "portrait.png"
_HOW: Final = (
    "Enter makes the figurine. Or say what to change, such as:"
    " style=pop template=chef hair=ginger glasses=none. `quit` leaves."
)


def ask_for_changes(console: Console) -> dict[str, str]:
    """Ask what to change; nothing when it is right as it is.

    Raises
    ------
    EOFError
        Who was asked wants no figurine.
    """
    while True:
        said = console.input("> ").strip()
        if said.lower() in {"q", "quit"}:
            raise EOFError
        try:
            return read_changes(said)
        except ValueError as exc:
            console.print(Text(f"{exc}. {_HOW}", style="yellow"))


def read_changes(said: str) -> dict[str, str]:
    """Read ``name=value`` pairs; quotes keep words together. A new portrait is shown again.

    Raises
    ------
    ValueError
        Says what is no such pair.
    """
    changes = {}
    for word in shlex.split(said):
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise ValueError(f"{word!r} is not name=value")
        changes[name.replace("-", "_")] = value
    if changes.keys() & PortraitRequest.model_fields.keys():
        changes.setdefault("pause_after", "portrait")
    return changes


def show_portrait(kiln: Kiln, job: Job, folder: Path, console: Console) -> None:
    """Fetch the portrait, say where it lies, and what was seen on the photo."""
    drawn = [one for one in job["artifacts"] if one["name"] == PORTRAIT]
    (path,) = kiln.download({**job, "artifacts": drawn}, folder)
    console.print(Text(f"The portrait: {path}"), soft_wrap=True)
    lines = filter(None, (likeness_line(job, "stylize.portrait"), seen_line(job)))
    console.print(told([*lines], job["warnings"]))
    console.print(_HOW, style="dim")
