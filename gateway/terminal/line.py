"""What the commands about jobs share: the way to the gateway, what is printed, how they leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from common.settings import Settings
from gateway.client import ApiError, Kiln, Unreachable
from gateway.terminal.progress import follow

EXIT_FAILED: Final = 1  # the job ended without a result
EXIT_REFUSED: Final = 2  # the photo or a parameter was refused
EXIT_UNREACHABLE: Final = 3  # no gateway answers
EXIT_PAUSED: Final = 4  # the job waits for somebody to resume it

out = Console()
err = Console(stderr=True)

Webhook = Annotated[str | None, typer.Option(help="Address to call when the job ends.")]
Url = Annotated[str | None, typer.Option(help="Gateway; default: this machine's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the job as JSON and nothing else.")]
OutDir = Annotated[Path, typer.Option("--out", help="Folder for the files.")]
Portrait = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="A portrait photo.")
]
PhotoOf = Annotated[str | None, typer.Option("--from", help="Id of a job: take its photo again.")]


class talking_to:  # noqa: N801  reads as a phrase where it is used
    """Opens a client and turns its errors into messages and exit codes."""

    def __init__(self, url: str | None) -> None:
        self._kiln = Kiln(url or Settings().gateway_url)

    def __enter__(self) -> Kiln:
        """Connect."""
        return self._kiln.__enter__()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Close the connections; explain what went wrong."""
        self._kiln.__exit__()
        if isinstance(error, Unreachable):
            err.print(
                f"[red]{escape(str(error))}[/red]\nIs the stack running? Start it with: make up"
            )
            raise typer.Exit(EXIT_UNREACHABLE) from error
        if isinstance(error, ApiError):
            refused(error)
            raise typer.Exit(EXIT_REFUSED) from error


def refused(error: ApiError) -> None:
    """Say what the gateway did not accept."""
    err.print(f"[red]{error.code}[/red]: {escape(str(error))}")


def followed(kiln: Kiln, job: str, *, quiet: bool, after: str = "") -> tuple[dict[str, Any], str]:
    """Follow a job until it has ended or paused; the job, and the id of the last event."""
    return follow(kiln, job, err, quiet=quiet, after=after)


def report(
    job: dict[str, Any], paths: list[Path], *, as_json: bool, lines: Sequence[str] = ()
) -> None:
    """Print a table of the stages, what there is to say, and where the files are."""
    if as_json:
        out.print_json(json.dumps(job))
        return
    table = Table(title=f"{job['product']} {job['id']}: {job['state']}")
    for name in ("stage", "wait ms", "run ms", "engine", "cached"):
        table.add_column(name, justify="right" if name.endswith("ms") else "left")
    for stage in job["stages"]:
        cached = {True: "yes", False: "no"}.get(stage["cached"], "")
        times = (_ms(stage["wait_ms"]), _ms(stage["run_ms"]))
        table.add_row(stage["title"], *times, stage["engine"] or "", cached)
    out.print(table)
    for line in lines:
        out.print(Text(f"  {line}"))
    list_files(paths)


def list_files(paths: list[Path]) -> None:
    """Print files with their sizes."""
    for path in paths:
        out.print(f"  {escape(str(path))}  [dim]{decimal(path.stat().st_size)}[/dim]")


def leave(job: dict[str, Any], *, as_json: bool) -> None:
    """End the command the way the job ended."""
    if job["state"] == "succeeded":
        return
    if job["state"] == "paused":
        if not as_json:
            err.print(f"{job['id']} waits to be resumed: POST {job['links']['resume']}")
        raise typer.Exit(EXIT_PAUSED)
    error = job.get("error") or {}
    if not as_json:
        reason = f"{error.get('code', job['state'])}: {error.get('detail', 'no result')}"
        err.print(f"[red]{escape(reason)}[/red]\n{escape(error.get('hint', ''))}")
    raise typer.Exit(EXIT_FAILED)


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
