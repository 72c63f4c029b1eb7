"""``kiln models``: list, add and verify the models of the house on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import requests
import typer
from pydantic import ValidationError
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from common.contracts.figurine import Engine, Style
from common.errors import KilnError
from common.models import Kind, Model, Scheduler, check, read_models, unavailable
from common.settings import Settings
from common.vision.fetch import missing_files
from gateway.terminal.line import AsJson
from gateway.terminal.model_shelf import Offer, bring
from gateway.terminal.screen import err, out, print_json

FACES = "face models"

app = typer.Typer(help="Models of the house on this machine.", no_args_is_help=True)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List what is there, what is missing and how to get it; nothing is hashed."""
    folder = Settings().models
    with _said_plainly():
        rows = list(_rows(folder))
    engines = {str(one): unavailable(one, folder) for one in Engine}
    if as_json:
        print_json({"folder": str(folder), "models": rows, "engines": engines})
        return
    table = Table("name", "kind", "draws", "size", "licence", "state", box=None)
    out.print(escape(str(folder)), style="dim", soft_wrap=True)
    for row in rows:
        size = "" if row["size"] is None else decimal(row["size"])
        shown = (row["name"], row["kind"], row["draws"], size, row["licence"], row["state"])
        table.add_row(*(escape(one) for one in shown))
    out.print(table)
    for engine, reason in engines.items():
        if reason is not None:
            out.print(f"[yellow]engine {engine}[/yellow]: {escape(reason)}", soft_wrap=True)


@app.command()
def add(  # noqa: PLR0913, PLR0917  options of a command are its signature
    name: Annotated[str, typer.Argument(help="What to call it: a-z, 0-9, dot, dash.")],
    source: Annotated[str, typer.Argument(metavar="URL|PATH", help="Where it is.")],
    kind: Annotated[Kind, typer.Option(help="What it is for.")] = Kind.NEURAL,
    licence: Annotated[str | None, typer.Option(help="Such as MIT; asked for if left out.")] = None,
    sha256: Annotated[str | None, typer.Option(help="What the file must have.")] = None,
    style: Annotated[
        Style | None, typer.Option(help="Draw this style only; neural: cel if left out.")
    ] = None,
    side: Annotated[int | None, typer.Option(help="Side in px that it works at.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Words that it wants to hear.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of a diffusion model.")] = None,
    strength: Annotated[float | None, typer.Option(help="1 keeps nothing of the photo.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How much the words weigh.")] = None,
    scheduler: Annotated[Scheduler | None, typer.Option(help="What it was trained for.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the name over.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a model of your own: checked, hashed, listed with its licence."""
    said: dict[str, Any] = {
        "style": style or (Style.CEL if kind is Kind.NEURAL else None),
        "side": side or (1024 if kind is Kind.DIFFUSION else None),
        "prompt": prompt,
        "steps": steps,
        "strength": strength,
        "guidance": guidance,
        "scheduler": scheduler,
    }
    told = {field: value for field, value in said.items() if value is not None}
    licence = licence or typer.prompt("Under which licence may these weights be used?", err=True)
    offer = Offer(name, kind, source, licence.strip(), sha256 and sha256.lower(), told)
    with _said_plainly(), Progress(console=err, transient=True) as bars:
        bar = bars.add_task(name, total=None)
        model = bring(
            Settings().models,
            offer,
            replace=replace,
            progress=lambda done, total: bars.update(bar, completed=done, total=total or None),
        )
    if as_json:
        print_json(model.model_dump(mode="json"))
    else:
        out.print(f"{model.name}: {decimal(model.size)}, {escape(model.licence)}")
        typer.echo(f"sha256 {model.sha256}")
    err.print("The stylize worker loads it when it starts: `make restart`.")


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Default: all of them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hash every file again and compare; exit status 1 where one is missing or changed."""
    folder = Settings().models
    with _said_plainly():
        models = read_models(folder)
    known = {FACES: None, **{one.name: one for one in models}}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        err.print(f"[red]There is no model {escape(', '.join(unknown))}.[/red]")
        raise typer.Exit(2)
    found = {name: _problem(known[name], folder) for name in names or known}
    if as_json:
        print_json(found)
    for name, problem in () if as_json else found.items():
        line = f"{escape(name)}: as added" if problem is None else f"[red]{escape(problem)}[/red]"
        out.print(line, soft_wrap=True)
    raise typer.Exit(1 if any(found.values()) else 0)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    missing = missing_files(folder)
    yield {
        "name": FACES,
        "kind": "face",
        "draws": "",
        "size": None,
        "licence": "Apache-2.0",
        "state": "missing: `make setup`" if missing else "there",
    }
    for one in read_models(folder):
        yield {
            "name": one.name,
            "kind": str(one.kind),
            "draws": str(one.style or "every style"),
            "size": one.size,
            "licence": one.licence,
            "state": "there" if (folder / one.file).exists() else _again(one),
            "sha256": one.sha256,
            "source": one.source,
        }


def _again(model: Model) -> str:
    source = model.source if "://" in model.source else "PATH"
    return f"missing: `kiln models add {model.name} {source} --kind {model.kind} --replace`"


def _problem(model: Model | None, folder: Path) -> str | None:
    if model is None:
        missing = missing_files(folder)
        names = ", ".join(missing)
        return f"{FACES}: {names} missing or changed: `make setup`" if missing else None
    try:
        check(model, folder)
    except KilnError as exc:
        return f"{exc.detail}. {exc.advice}"
    return None


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Tell what went wrong without a traceback."""
    try:
        yield
    except KilnError as exc:
        err.print(f"[red]{escape(exc.detail)}[/red]\n{escape(exc.advice)}", soft_wrap=True)
        raise typer.Exit(2) from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"]))
        err.print(f"[red]{escape(where)}: {escape(first['msg'])}[/red]")
        raise typer.Exit(2) from exc
    except (OSError, requests.RequestException) as exc:
        err.print(f"[red]{escape(str(exc))}[/red]", soft_wrap=True)
        raise typer.Exit(1) from exc
