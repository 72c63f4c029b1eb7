"""Show a person what was recognised, and let them correct it in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.text import Text

from gateway.client import Job, Kiln

LIST = "ingredients.json"


def corrected_list(kiln: Kiln, job: Job, console: Console) -> list[str] | None:
    """Ask for the list of a paused job; None when it is right as it is."""
    found = json.loads(kiln.fetch(next(one for one in job["artifacts"] if one["name"] == LIST)))
    before = ", ".join(line_of(one) for one in found["ingredients"])
    _show(found, console)
    console.print("Correct the list, separated by commas; Enter goes on.", style="dim")
    with _prefilled(before):
        said = console.input("> ").strip()
    return None if said in {"", before} else [said]


def line_of(ingredient: dict[str, Any]) -> str:
    """Write an ingredient as one would type it."""
    amount = [] if ingredient["quantity"] is None else [f"{ingredient['quantity']:g}"]
    unit = [ingredient["unit"]] if ingredient["unit"] not in {None, "piece"} else []
    return " ".join([*amount, *unit, ingredient["name"]])


def _show(found: dict[str, Any], console: Console) -> None:
    for one in found["ingredients"]:
        sure = f"  {one['confidence']:.0%}" if one["source"] == "seen" else ""
        console.print(Text(f"  {line_of(one)}").append(sure, style="dim"))
    for title, names in (
        ("perhaps", [one["name"] for one in found["unsure"]]),
        ("not understood", found["unknown"]),
    ):
        if names:
            console.print(Text(f"  {title}: {', '.join(names)}", style="yellow"))


@contextmanager
def _prefilled(text: str) -> Iterator[None]:
    """Put a text into the input line to be edited, where the terminal can do that."""
    with suppress(ImportError):
        import readline  # noqa: PLC0415  not every Python has it

        readline.set_startup_hook(lambda: readline.insert_text(text))
        try:
            yield
        finally:
            readline.set_startup_hook()
        return
    yield
