"""``kiln recipe``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway.client import Job, Kiln
from gateway.domain.recipes import RecipeParams
from gateway.terminal.line import (
    AsJson,
    OutDir,
    Url,
    Webhook,
    followed,
    leave,
    list_files,
    report,
    talking_to,
    told,
)
from gateway.terminal.options import proposing
from gateway.terminal.panels import MAKING
from gateway.terminal.recipe_card import WIDTH, duration, recipe_card
from gateway.terminal.review import corrected_list
from gateway.terminal.screen import err, out

app = typer.Typer()

Photos = Annotated[
    list[Path] | None, typer.Argument(exists=True, dir_okay=False, help="1 to 5 photos of food.")
]
_chosen = proposing(RecipeParams)


@app.command(rich_help_panel=MAKING)
def recipe(  # noqa: PLR0913, PLR0917  options of a command are its signature
    photos: Photos = None,
    ingredients: Annotated[
        list[str] | None, typer.Option(help="What is at hand: '2 leeks, rice, eggs'.")
    ] = None,
    diet: Annotated[
        list[str] | None,
        typer.Option(help="Such as vegan,gluten_free.", autocompletion=_chosen("diet")),
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="What no recipe may hold.")] = None,
    servings: Annotated[int | None, typer.Option(help="People at the table.")] = None,
    count: Annotated[int | None, typer.Option(help="How many recipes: 1 to 5.")] = None,
    max_minutes: Annotated[int | None, typer.Option(help="Longest time to the table.")] = None,
    units: Annotated[
        str | None, typer.Option(help="metric or us.", autocompletion=_chosen("units"))
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="en; ru, vi, zh by a model.", autocompletion=_chosen("language")),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="auto, builtin or openai.", autocompletion=_chosen("engine")),
    ] = None,
    hint: Annotated[str | None, typer.Option(help="A wish, for a language model.")] = None,
    review: Annotated[bool, typer.Option("--review", help="Correct the list first.")] = False,
    out_dir: OutDir = Path("out"),
    webhook: Webhook = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make recipes from photos of food, from a list of ingredients, or from both."""
    wishes: dict[str, Any] = {
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
        job = kiln.submit_recipe(photos or (), ingredients or (), **wishes)
        job, last = followed(kiln, job["id"], quiet=as_json)
        if review and job["state"] == "paused":
            job = _reviewed(kiln, job, quiet=as_json, after=last)
        paths = kiln.download(_without_drafts(job), out_dir) if job["state"] == "succeeded" else []
        if paths and not as_json:
            _read_out(job, paths)
        else:
            report(job, paths, as_json=as_json)
    leave(job, as_json=as_json)


def _reviewed(kiln: Kiln, job: Job, *, quiet: bool, after: str) -> Job:
    """Let a person correct the list, and cook from it. Who leaves here wants no dinner."""
    try:
        lines = corrected_list(kiln, job, err)
    except (EOFError, KeyboardInterrupt):
        kiln.cancel(job["id"])
        raise typer.Abort from None
    kiln.resume(job["id"], ingredients=lines)
    return followed(kiln, job["id"], quiet=quiet, after=after)[0]


def _without_drafts(job: Job) -> Job:
    kept = [one for one in job["artifacts"] if not one["name"].startswith("draft-")]
    return {**job, "artifacts": kept}


def _read_out(job: Job, paths: list[Path]) -> None:
    """Print the first recipe in full, the others by their titles."""
    (file,) = [path for path in paths if path.name == "recipes.json"]
    first, *others = json.loads(file.read_text("utf-8"))["recipes"]
    out.print(recipe_card(first), width=min(out.width, WIDTH + 8))
    for other in others:
        minutes = sum(other[part] for part in ("prep_minutes", "cook_minutes", "rest_minutes"))
        out.print(Text(f"  also: {other['title']}").append(f"  {duration(minutes)}", style="dim"))
    if job["warnings"]:
        out.print(told((), job["warnings"]))
    out.print()
    list_files(paths, job)
