"""``kiln jobs``, ``job``, ``watch``, ``fetch``, ``resume``, ``cancel``, ``delete``."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from gateway.client import Artifact, Job, Kiln
from gateway.client.shapes import JobState, JobSummary, Product
from gateway.terminal.completion import files_here
from gateway.terminal.erasure_table import erasure_table
from gateway.terminal.exits import Exit
from gateway.terminal.findings import findings
from gateway.terminal.job_page import job_page
from gateway.terminal.job_table import job_table
from gateway.terminal.line import (
    AsJson,
    JobId,
    OutDir,
    Url,
    followed,
    leave,
    list_files,
    named,
    report,
    say_why,
    talking_to,
)
from gateway.terminal.options import wish
from gateway.terminal.panels import LOOKING
from gateway.terminal.screen import err, out, print_json

MOST: Final = 1_000
LARGEST_PAGE: Final = 100
app = typer.Typer()


@app.command("jobs", rich_help_panel=LOOKING)
def list_jobs(  # noqa: PLR0913, PLR0917  options of a command are its signature
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    product: Annotated[Product | None, typer.Option(help="Only jobs that make this.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many at most.")
    ] = 20,
    after: Annotated[
        str | None, typer.Option(help="Go on behind this cursor; the last line tells it.")
    ] = None,
    ids: Annotated[bool, typer.Option("--quiet", "-q", help="Print ids, one a line.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List your jobs, newest first."""
    with talking_to(url) as kiln:
        found, more = _page(kiln, state, product, limit, after)
    if as_json:
        print_json({"jobs": found, "next": more})
    elif ids:
        for one in found:
            typer.echo(one["id"])
    elif found:
        out.print(job_table(found))
    else:
        out.print("No such jobs." if state or product else "No jobs yet: kiln figurine PHOTO")
    if more and not as_json:
        err.print(f"More: kiln jobs --after {more}", style="dim", soft_wrap=True)


@app.command("job", rich_help_panel=LOOKING)
def show_job(job_id: JobId, url: Url = None, as_json: AsJson = False) -> None:
    """Show one job: what was asked for, its stages and times, files, warnings, its error."""
    with talking_to(url) as kiln:
        job = kiln.job(named(kiln, job_id))
        timeline = None if as_json else kiln.timeline(job["id"])
    if as_json:
        print_json(job)
    else:
        out.print(job_page(job, timeline, findings(job), out))
        if job["state"] in {"failed", "expired"}:
            say_why(job)


@app.command(rich_help_panel=LOOKING)
def watch(job_id: JobId, url: Url = None, as_json: AsJson = False) -> None:
    """Follow a job to its end; a second time shows how it ended."""
    with talking_to(url) as kiln:
        job, _ = followed(kiln, named(kiln, job_id), quiet=as_json)
        report(job, [], as_json=as_json, lines=findings(job))
    _say_where(job, as_json=as_json)
    leave(job, as_json=as_json)


@app.command(rich_help_panel=LOOKING)
def fetch(
    job_id: JobId,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Names such as figurine.stl or '*.png'; default: all.",
            autocompletion=files_here,
        ),
    ] = None,
    out_dir: OutDir = Path("out"),
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the files of a job, checked by their sha256; what is here already stays."""
    with talking_to(url) as kiln:
        job = kiln.job(named(kiln, job_id))
        chosen = _chosen(job, files or [])
        paths = _fetched(kiln, job, chosen, out_dir, quiet=as_json)
    if as_json:
        print_json({"job": job["id"], "files": _described(paths, chosen)})
    else:
        list_files(paths, job)


@app.command(rich_help_panel=LOOKING)
def resume(
    job_id: JobId,
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            help="What to change: style=pop, ingredients='2 leeks, rice'.",
        ),
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Let a paused job go on, changed where you say so, and follow it."""
    wishes = dict(map(wish, changes or ()))
    with talking_to(url) as kiln:
        job_id = named(kiln, job_id)
        kiln.resume(job_id, **wishes)
        job, _ = followed(kiln, job_id, quiet=as_json)
        report(job, [], as_json=as_json, lines=findings(job))
    _say_where(job, as_json=as_json)
    leave(job, as_json=as_json)


@app.command(rich_help_panel=LOOKING)
def cancel(job_id: JobId, url: Url = None, as_json: AsJson = False) -> None:
    """Cancel a job; what it has made so far stays until it expires."""
    with talking_to(url) as kiln:
        job = kiln.cancel(named(kiln, job_id))
        report(job, [], as_json=as_json)


@app.command(rich_help_panel=LOOKING)
def delete(
    job_id: JobId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Erase a job, its photo and its files, and print the receipt."""
    with talking_to(url) as kiln:
        job = named(kiln, job_id)
        if not yes:
            question = f"Erase job {job} with its photo and all its files?"
            typer.confirm(question, abort=True, err=True)
        receipt = kiln.delete(job)
    if as_json:
        print_json(receipt)
    else:
        out.print(erasure_table(receipt))


def _say_where(job: Job, *, as_json: bool) -> None:
    if job["state"] == "succeeded" and not as_json:
        err.print(f"  Its files: kiln fetch {job['id']}", style="dim", soft_wrap=True)


def _page(
    kiln: Kiln, state: JobState | None, product: Product | None, limit: int, cursor: str | None
) -> tuple[list[JobSummary], str | None]:
    """Jobs, and the cursor behind the last of them where there may be more."""
    found: list[JobSummary] = []
    for _ in range(MOST):
        left = min(LARGEST_PAGE, limit - len(found))  # never more than fit: none is skipped
        page = kiln.job_page(state, limit=left, cursor=cursor)
        found += [one for one in page["jobs"] if product in {None, one["product"]}]
        cursor = page["next"]
        if cursor is None or len(found) >= limit:
            break
    return found, cursor


def _chosen(job: Job, wanted: Sequence[str]) -> list[Artifact]:
    """Files of a job by name or pattern."""
    there = job["artifacts"]
    unknown = [one for one in wanted if not any(fnmatchcase(a["name"], one) for a in there)]
    if not there or unknown:
        err.print(_no_file(job, unknown), style="red", soft_wrap=True)
        raise typer.Exit(Exit.REFUSED)
    return [a for a in there if not wanted or any(fnmatchcase(a["name"], one) for one in wanted)]


def _no_file(job: Job, unknown: Sequence[str]) -> str:
    if job["artifacts"]:
        names = ", ".join(one["name"] for one in job["artifacts"])
        return f"Job {job['id']} has no {', '.join(unknown)}; there is {names}."
    if job["artifacts_expired_at"]:
        return f"The files of job {job['id']} have expired and are deleted. Submit the photo again."
    if job["state"] in {"queued", "running", "paused"}:
        return f"Job {job['id']} is {job['state']} and has no files yet: kiln watch {job['id']}"
    return f"Job {job['id']} has {job['state']} and has no files: kiln job {job['id']} tells why."


def _fetched(
    kiln: Kiln, job: Job, chosen: Sequence[Artifact], folder: Path, *, quiet: bool
) -> list[Path]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    silent = quiet or not err.is_terminal
    bars = Progress(*columns, console=err, transient=True, disable=silent)
    with bars:
        tasks = {one["name"]: bars.add_task(one["name"], total=one["size"]) for one in chosen}
        return kiln.download(
            job,
            folder,
            [one["name"] for one in chosen],
            lambda name, done: bars.update(tasks[name], completed=done),
        )


def _described(paths: Sequence[Path], chosen: Sequence[Artifact]) -> list[dict[str, Any]]:
    return [
        {"path": str(path), "name": one["name"], "size": one["size"], "sha256": one["sha256"]}
        for path, one in zip(paths, chosen, strict=True)
    ]
