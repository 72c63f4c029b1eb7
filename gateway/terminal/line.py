"""What the commands about jobs share: the way to the gateway, what is printed, how they leave."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from common.settings import Settings
from gateway.client import ApiError, Damaged, Job, Kiln, Unreachable
from gateway.terminal.complaints import explain
from gateway.terminal.completion import jobs_here
from gateway.terminal.exits import Exit
from gateway.terminal.progress import follow
from gateway.terminal.screen import err, mark, moment, out, print_json, style_of, took

HELLO_S: Final = 3.0  # how long a person waits to hear that nobody is there
LAST: Final = "last"
_SEARCHED: Final = 500  # jobs among which the beginning of an id is looked for
_BEGINNING: Final = re.compile(r"[0-9a-f]{4,31}")

Webhook = Annotated[str | None, typer.Option(help="Address to call when the job ends.")]
Url = Annotated[
    str | None,
    typer.Option(
        help="Gateway; default: this machine's.", envvar="KILN_URL", rich_help_panel="House"
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print JSON and nothing else.", rich_help_panel="House"),
]


def writable(folder: Path) -> Path:
    """Tell a folder that cannot be made or written before a job is made, not after."""
    for place in (folder, *folder.parents):
        try:
            place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise typer.BadParameter(f"{str(folder)!r}: {error.strerror}") from error
        if not place.is_dir():
            raise typer.BadParameter(f"{str(folder)!r} cannot be made: {str(place)!r} is no folder")
        if not os.access(place, os.W_OK | os.X_OK):
            raise typer.BadParameter(f"you may not write in {str(place)!r}: choose another folder")
        break
    return folder


OutDir = Annotated[
    Path,
    typer.Option("--out", "-o", file_okay=False, callback=writable, help="Folder for the files."),
]
Portrait = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="A portrait photo.")
]
PhotoOf = Annotated[
    str | None,
    typer.Option(
        "--from", help="Id of a job, or `last`: take its photo again.", autocompletion=jobs_here
    ),
]
JobId = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="Id of a job, its first characters, or `last`.",
        autocompletion=jobs_here,
    ),
]


class talking_to:  # noqa: N801  reads as a phrase where it is used
    """Opens a client and turns its errors into messages and exit codes."""

    def __init__(self, url: str | None) -> None:
        if url and not url.lower().startswith(("http://", "https://")):
            raise typer.BadParameter(f"{url!r} is no address: it has to begin with http://")
        self._kiln = Kiln(url or Settings().gateway_url, hello_s=HELLO_S)

    def __enter__(self) -> Kiln:
        """Connect."""
        return self._kiln.__enter__()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Close the connections; explain what went wrong."""
        self._kiln.__exit__()
        if isinstance(error, Unreachable | ApiError | Damaged):
            raise typer.Exit(explain(error)) from error


def refused(error: ApiError) -> None:
    """Say what the gateway did not accept."""
    explain(error)


def named(kiln: Kiln, said: str) -> str:
    """Id of the job that is meant: in full, by its first characters, or ``last``."""
    if said == LAST:
        newest = next(iter(kiln.jobs(limit=1)), None)
        if newest is None:
            raise typer.BadParameter("there is no job yet; `kiln figurine PHOTO` makes one")
        return newest["id"]
    if not _BEGINNING.fullmatch(said):
        return said  # in full, or nothing that we know: the gateway knows best
    found = [one["id"] for one in kiln.jobs(limit=_SEARCHED) if one["id"].startswith(said)]
    if len(found) > 1:
        raise typer.BadParameter(f"{len(found)} jobs begin with {said}; say more of the id")
    return found[0] if found else said


def followed(kiln: Kiln, job: str, *, quiet: bool, after: str = "") -> tuple[Job, str]:
    """Follow a job until it has ended or paused; the job, and the id of the last event."""
    try:
        return follow(kiln, job, err, quiet=quiet, after=after)
    except KeyboardInterrupt:
        err.print(f"\nThe job goes on. Follow it again: kiln watch {job}", soft_wrap=True)
        err.print(f"Or end it: kiln cancel {job}", soft_wrap=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Unreachable:
        err.print(f"The job goes on where it is. Later: kiln watch {job}", soft_wrap=True)
        raise


def report(job: Job, paths: list[Path], *, as_json: bool, lines: Sequence[str] = ()) -> None:
    """Say how a job ended, what there is to say of it, and where the files are."""
    if as_json:
        print_json(job)
        return
    out.print(headline(job), soft_wrap=True)
    if lines or job["warnings"]:
        out.print(told(lines, job["warnings"]))
    if paths:
        out.print()
        list_files(paths, job)


def told(lines: Sequence[str], warnings: Sequence[str]) -> Table:
    """Lay out what there is to say of a job, below its headline."""
    table = Table.grid(padding=(0, 1))
    for line in lines:
        table.add_row(" ", mark("waiting"), Text(line))
    for warning in warnings:
        table.add_row(" ", mark("warning"), Text(warning, style="yellow"))
    return table


def headline(job: Job) -> Text:
    """Tell what a job is and how it stands, in a line."""
    began, ended = moment(job.get("created")), moment(job.get("finished"))
    line = mark(job["state"]).append(f" {job['product']} {job['id']} ", style="default")
    line.append(job["state"], style=f"bold {style_of(job['state'])}")
    if began and ended:
        line.append(f" in {took((ended - began).total_seconds() * 1000)}", style="default")
    return line


def list_files(paths: list[Path], job: Job | None = None) -> None:
    """Print files with their sizes, and what each is for."""
    known = {one["name"]: one for one in job["artifacts"]} if job else {}
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="fold")
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(style="dim", no_wrap=True, overflow="ellipsis")
    for path in paths:
        purpose = known[path.name].get("purpose", "") if path.name in known else ""
        table.add_row(Text(f"  {path}"), decimal(path.stat().st_size), Text(purpose))
    out.print(table)


def leave(job: Job, *, as_json: bool) -> None:
    """End the command the way the job ended."""
    if job["state"] == "succeeded":
        return
    if job["state"] == "paused":
        if not as_json:
            err.print(f"It waits for you: kiln resume {job['id']}", soft_wrap=True)
        raise typer.Exit(Exit.PAUSED)
    if not as_json:
        say_why(job)
    raise typer.Exit(Exit.FAILED)


def say_why(job: Job) -> None:
    """Say why a job has no result, and what to do about it."""
    error = job["error"]
    says = f"{error['code']}: {error['detail']}" if error else f"the job has {job['state']}"
    err.print(mark("missing", err).append(f" {says}", style="red"), soft_wrap=True)
    if error and error.get("hint"):
        err.print(Text(f"  {error['hint']}"), soft_wrap=True)
