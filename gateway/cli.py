"""The ``kiln`` command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from common.settings import Settings
from gateway.client import ApiError, Kiln, Unreachable
from gateway.terminal import keys, models, operating
from gateway.terminal.erasure_table import erasure_table
from gateway.terminal.progress import follow
from gateway.terminal.recipe_card import WIDTH, duration, recipe_card
from gateway.terminal.review import corrected_list

EXIT_FAILED = 1  # the job ended without a result
EXIT_REFUSED = 2  # the photo or a parameter was refused
EXIT_UNREACHABLE = 3  # no gateway answers
EXIT_PAUSED = 4  # the job waits for somebody to resume it

app = typer.Typer(help="Turn photos into figurines and dinners.", no_args_is_help=True)
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(operating.app)
out = Console()
err = Console(stderr=True)

Webhook = Annotated[str | None, typer.Option(help="Address to call when the job ends.")]
Url = Annotated[str | None, typer.Option(help="Gateway; default: this machine's.")]
Photos = Annotated[
    list[Path] | None, typer.Argument(exists=True, dir_okay=False, help="1 to 5 photos of food.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the job as JSON and nothing else.")]


@app.command()
def figurine(  # noqa: PLR0913, PLR0917  options of a command are its signature
    photo: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A portrait photo.")
    ] = None,
    photo_of: Annotated[
        str | None, typer.Option("--from", help="Id of a job: take its photo again.")
    ] = None,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    style: Annotated[str | None, typer.Option(help="Look of the portrait.")] = None,
    template: Annotated[str | None, typer.Option(help="Body of the figurine.")] = None,
    height_mm: Annotated[float | None, typer.Option(help="40 to 200.")] = None,
    formats: Annotated[str | None, typer.Option(help="Such as glb,stl,3mf.")] = None,
    subject: Annotated[str | None, typer.Option(help="largest, or 0, 1, ...")] = None,
    webhook: Webhook = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a figurine from a photo and fetch its files."""
    parameters: dict[str, Any] = {
        "style": style,
        "template": template,
        "height_mm": height_mm,
        "formats": formats,
        "subject": subject,
        "webhook_url": webhook,
    }
    with _talking_to(url) as kiln:
        job = kiln.submit_figurine(photo, photo_of=photo_of, **parameters)
        job, _ = _follow(kiln, job["id"], quiet=as_json)
        paths = kiln.download(job, out_dir) if job["state"] == "succeeded" else []
        _report(job, paths, as_json=as_json)
    _leave(job, as_json=as_json)


@app.command()
def recipe(  # noqa: PLR0913, PLR0917  options of a command are its signature
    photos: Photos = None,
    ingredients: Annotated[
        list[str] | None, typer.Option(help="What is at hand: '2 leeks, rice, eggs'.")
    ] = None,
    diet: Annotated[list[str] | None, typer.Option(help="Such as vegan,gluten_free.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="What no recipe may hold.")] = None,
    servings: Annotated[int | None, typer.Option(help="People at the table.")] = None,
    count: Annotated[int | None, typer.Option(help="How many recipes: 1 to 5.")] = None,
    max_minutes: Annotated[int | None, typer.Option(help="Longest time to the table.")] = None,
    units: Annotated[str | None, typer.Option(help="metric or us.")] = None,
    language: Annotated[str | None, typer.Option(help="en; ru, vi, zh by a model.")] = None,
    engine: Annotated[str | None, typer.Option(help="auto, builtin or openai.")] = None,
    hint: Annotated[str | None, typer.Option(help="A wish, for a language model.")] = None,
    review: Annotated[bool, typer.Option("--review", help="Correct the list first.")] = False,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    webhook: Webhook = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make recipes from photos of food, from a list of ingredients, or from both."""
    parameters: dict[str, Any] = {
        "diet": diet or None,
        "exclude": exclude or None,
        "servings": servings,
        "count": count,
        "max_minutes": max_minutes,
        "units": units,
        "language": language,
        "engine": engine,
        "hint": hint,
        "pause_after": "ingredients" if review else None,
        "webhook_url": webhook,
    }
    with _talking_to(url) as kiln:
        job = kiln.submit_recipe(photos or (), ingredients or (), **parameters)
        job, last = _follow(kiln, job["id"], quiet=as_json)
        if review and job["state"] == "paused":
            job, _ = _reviewed(kiln, job, quiet=as_json, after=last)
        paths = kiln.download(_without_drafts(job), out_dir) if job["state"] == "succeeded" else []
        if paths and not as_json:
            _read_out(job, paths)
        else:
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
        job, _ = _follow(kiln, job_id, quiet=as_json)
        _report(job, [], as_json=as_json)
    _leave(job, as_json=as_json)


@app.command()
def cancel(
    job_id: Annotated[str, typer.Argument(help="Id of a job.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a job; what it has made so far stays until it expires."""
    with _talking_to(url) as kiln:
        job = kiln.cancel(job_id)
        _report(job, [], as_json=as_json)


@app.command()
def delete(
    job_id: Annotated[str, typer.Argument(help="Id of a job.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Erase a job, its photo and its files, and print the receipt."""
    if not yes:
        typer.confirm(f"Erase job {job_id} with its photo and all its files?", abort=True, err=True)
    with _talking_to(url) as kiln:
        receipt = kiln.delete(job_id)
    if as_json:
        out.print_json(json.dumps(receipt))
    else:
        out.print(erasure_table(receipt))


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


def _follow(kiln: Kiln, job: str, *, quiet: bool, after: str = "") -> tuple[dict[str, Any], str]:
    return follow(kiln, job, err, quiet=quiet, after=after)


def _reviewed(
    kiln: Kiln, job: dict[str, Any], *, quiet: bool, after: str
) -> tuple[dict[str, Any], str]:
    """Let a person correct the list, and cook from it. Who leaves here wants no dinner."""
    try:
        lines = corrected_list(kiln, job, err)
    except (EOFError, KeyboardInterrupt):
        kiln.cancel(job["id"])
        raise typer.Abort from None
    kiln.resume(job["id"], ingredients=lines)
    return _follow(kiln, job["id"], quiet=quiet, after=after)


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
    _list(paths)


def _without_drafts(job: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in job["artifacts"] if not one["name"].startswith("draft-")]
    return job | {"artifacts": kept}


def _read_out(job: dict[str, Any], paths: list[Path]) -> None:
    """Print the first recipe in full, the others by their titles."""
    (file,) = [path for path in paths if path.name == "recipes.json"]
    first, *others = json.loads(file.read_text("utf-8"))["recipes"]
    out.print(recipe_card(first), width=min(out.width, WIDTH + 8))
    for other in others:
        minutes = sum(other[part] for part in ("prep_minutes", "cook_minutes", "rest_minutes"))
        out.print(Text(f"  also: {other['title']}").append(f"  {duration(minutes)}", style="dim"))
    for warning in job["warnings"]:
        out.print(Text(f"  {warning}", style="yellow"))
    _list(paths)


def _list(paths: list[Path]) -> None:
    for path in paths:
        out.print(f"  {escape(str(path))}  [dim]{decimal(path.stat().st_size)}[/dim]")


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _leave(job: dict[str, Any], *, as_json: bool) -> None:
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


if __name__ == "__main__":
    app()
