"""The ``kiln`` command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway.client import Kiln
from gateway.terminal import figurine, keys, models, operating
from gateway.terminal.erasure_table import erasure_table
from gateway.terminal.line import (
    AsJson,
    OutDir,
    Url,
    Webhook,
    err,
    followed,
    leave,
    list_files,
    out,
    report,
    talking_to,
)
from gateway.terminal.recipe_card import WIDTH, duration, recipe_card
from gateway.terminal.review import corrected_list

app = typer.Typer(help="Turn photos into figurines and dinners.", no_args_is_help=True)
app.add_typer(figurine.app)
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(operating.app)

Photos = Annotated[
    list[Path] | None, typer.Argument(exists=True, dir_okay=False, help="1 to 5 photos of food.")
]


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
    out_dir: OutDir = Path("out"),
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
    with talking_to(url) as kiln:
        job = kiln.submit_recipe(photos or (), ingredients or (), **parameters)
        job, last = followed(kiln, job["id"], quiet=as_json)
        if review and job["state"] == "paused":
            job, _ = _reviewed(kiln, job, quiet=as_json, after=last)
        paths = kiln.download(_without_drafts(job), out_dir) if job["state"] == "succeeded" else []
        if paths and not as_json:
            _read_out(job, paths)
        else:
            report(job, paths, as_json=as_json)
    leave(job, as_json=as_json)


@app.command()
def watch(
    job_id: Annotated[str, typer.Argument(help="Id of a job.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Follow a job to its end."""
    with talking_to(url) as kiln:
        job, _ = followed(kiln, job_id, quiet=as_json)
        report(job, [], as_json=as_json)
    leave(job, as_json=as_json)


@app.command()
def cancel(
    job_id: Annotated[str, typer.Argument(help="Id of a job.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a job; what it has made so far stays until it expires."""
    with talking_to(url) as kiln:
        job = kiln.cancel(job_id)
        report(job, [], as_json=as_json)


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
    with talking_to(url) as kiln:
        receipt = kiln.delete(job_id)
    if as_json:
        out.print_json(json.dumps(receipt))
    else:
        out.print(erasure_table(receipt))


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
    return followed(kiln, job["id"], quiet=quiet, after=after)


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
    list_files(paths)


if __name__ == "__main__":
    app()
