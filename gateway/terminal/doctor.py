"""``kiln doctor``: what is missing on this machine, and the command that fixes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from common.settings import Settings
from gateway.terminal.checkup import house, machine, ports, software
from gateway.terminal.checkup.finding import Finding, missing
from gateway.terminal.exits import Exit
from gateway.terminal.line import AsJson
from gateway.terminal.panels import RUNNING
from gateway.terminal.screen import err, mark, out, print_json

SUBJECTS: Final[dict[str, Callable[[Settings], Iterator[Finding]]]] = {
    "Machine": machine.look,
    "Software": software.look,
    "Ports": ports.look,
    "House": house.look,
}
app = typer.Typer()


@app.command("doctor", rich_help_panel=RUNNING)
def examine(
    as_json: AsJson = False,
    everything: Annotated[
        bool, typer.Option("--all/--problems", help="Show what is well, too.")
    ] = True,
) -> None:
    """Look for what is missing on this machine; exit code 1 when something needed is."""
    settings = Settings()
    found: dict[str, list[Finding]] = {}
    for subject, look in SUBJECTS.items():
        with err.status(f"{subject} …"):
            found[subject] = list(_carefully(subject, look, settings))
        if not as_json:
            _show(subject, found[subject], everything=everything)
    rows = [one for findings in found.values() for one in findings]
    sound = all(one.state != "missing" for one in rows)
    if as_json:
        named = [
            {"subject": subject, **asdict(one)} for subject, all_ in found.items() for one in all_
        ]
        print_json({"sound": sound, "findings": named})
    else:
        _sum_up(rows)
    raise typer.Exit(Exit.FINE if sound else Exit.FAILED)


def _carefully(
    subject: str, look: Callable[[Settings], Iterator[Finding]], settings: Settings
) -> Iterator[Finding]:
    """Go on where looking itself fails: a sick machine has more than one surprise."""
    try:
        yield from look(settings)
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        says = f"cannot be looked at: {type(error).__name__}: {error}"
        yield missing(subject, says, "kiln --traceback doctor")


def _show(subject: str, findings: list[Finding], *, everything: bool) -> None:
    shown = [one for one in findings if everything or one.state != "ok"]
    if not shown:
        return
    out.print(Text(subject, style="bold"))
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(no_wrap=True, min_width=16)
    table.add_column(overflow="fold")
    for one in shown:
        says = Text(one.says, style="dim" if one.state == "ok" else "")
        if one.fix:
            says.append(f"\n{one.fix}", style="bold")
        table.add_row(mark(one.state), one.name, says)
    out.print(Padding(table, (0, 0, 1, 2)))


def _sum_up(rows: list[Finding]) -> None:
    gone = sum(one.state == "missing" for one in rows)
    doubts = sum(one.state == "warning" for one in rows)
    worth = f"{doubts} {'thing' if doubts == 1 else 'things'} worth a look"
    if gone:
        line = mark("missing").append(f" {gone} of {len(rows)} must be mended", style="bold")
        line.append(f"; {worth}." if doubts else ".", style="default")
    else:
        line = mark("ok").append(" Everything needed is here", style="bold")
        line.append(f"; {worth}." if doubts else ".", style="default")
    out.print(line)
