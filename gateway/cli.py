"""The ``kiln`` command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from common.settings import Settings
from gateway.client import ApiError, JobEvent, Kiln, Unreachable

EXIT_FAILED = 1  # the job ended without a result
EXIT_REFUSED = 2  # the photo or a parameter was refused
EXIT_UNREACHABLE = 3  # no gateway answers

app = typer.Typer(help="Turn photos into figurines.", no_args_is_help=True)
out = Console()
err = Console(stderr=True)

Url = Annotated[str | None, typer.Option(help="Gateway; default: this machine's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the job as JSON and nothing else.")]


@app.command()
def figurine(  # noqa: PLR0913, PLR0917  options of a command are its signature
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A portrait photo.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    style: Annotated[str | None, typer.Option(help="Look of the portrait.")] = None,
    template: Annotated[str | None, typer.Option(help="Body of the figurine.")] = None,
    height_mm: Annotated[float | None, typer.Option(help="40 to 200.")] = None,
    formats: Annotated[str | None, typer.Option(help="Such as glb,stl,3mf.")] = None,
    subject: Annotated[str | None, typer.Option(help="largest, or 0, 1, ...")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a figurine from a photo and fetch its files."""
    parameters: dict[str, object] = {
        "style": style,
        "template": template,
        "height_mm": height_mm,
        "formats": formats,
        "subject": subject,
    }
    with _talking_to(url) as kiln:
        job = kiln.submit_figurine(photo, idempotency_key=None, **parameters)
        job = _follow(kiln, job["id"], quiet=as_json)
        paths = kiln.download(job, out_dir) if job["state"] == "succeeded" else []
        _report(job, paths, as_json=as_json)
    _leave(job, as_json=as_json)


@app.command()
def watch(
    job_id: Annotated[str, typer.Argument(help="Id of a job.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Follow a job to its end."""
    with _talking_to(url) as kiln:
        job = _follow(kiln, job_id, quiet=as_json)
        _report(job, [], as_json=as_json)
    _leave(job, as_json=as_json)


class _talking_to:  # noqa: N801  reads as a phrase where it is used
    """Opens a client and turns its errors into messages and exit codes."""

    def __init__(self, url: str | None) -> None:
        self._kiln = Kiln(url or Settings().gateway_url)

    def __enter__(self) -> Kiln:
        return self._kiln.__enter__()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._kiln.__exit__()
        if isinstance(error, Unreachable):
            err.print(
                f"[red]{escape(str(error))}[/red]\nIs the stack running? Start it with: make up"
            )
            raise typer.Exit(EXIT_UNREACHABLE) from error
        if isinstance(error, ApiError):
            err.print(f"[red]{error.code}[/red]: {escape(str(error))}")
            raise typer.Exit(EXIT_REFUSED) from error


def _follow(kiln: Kiln, job: str, *, quiet: bool) -> dict[str, Any]:
    """Show a progress bar fed by the job's events until it has ended."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    stages = {stage["id"]: stage["title"] for stage in kiln.job(job)["stages"]}
    running: dict[str, str] = {}
    with Progress(*columns, console=err, disable=quiet, transient=True) as progress:
        bar = progress.add_task("waiting for a worker", total=len(stages))
        for event in kiln.stream(job):
            _note(event, stages, running)
            text = ", ".join(running.values()) or "waiting for a worker"
            advance = int(event.type == "stage" and event.data["state"] in {"done", "skipped"})
            progress.update(bar, description=text, advance=advance)
    return kiln.job(job)


def _note(event: JobEvent, stages: dict[str, str], running: dict[str, str]) -> None:
    if event.type != "stage":
        return
    stage = event.data["stage"]
    if event.data["state"] == "running":
        running[stage] = stages.get(stage, stage)
    else:
        running.pop(stage, None)


def _report(job: dict[str, Any], paths: list[Path], *, as_json: bool) -> None:
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
    for path in paths:
        out.print(f"  {path}  [dim]{decimal(path.stat().st_size)}[/dim]")


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _leave(job: dict[str, Any], *, as_json: bool) -> None:
    if job["state"] == "succeeded":
        return
    error = job.get("error") or {}
    if not as_json:
        reason = f"{error.get('code', job['state'])}: {error.get('detail', 'no result')}"
        err.print(f"[red]{escape(reason)}[/red]\n{escape(error.get('hint', ''))}")
    raise typer.Exit(EXIT_FAILED)


if __name__ == "__main__":
    app()
