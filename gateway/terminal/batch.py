"""``kiln batch``: many photos, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from gateway.client import Made
from gateway.client.shapes import Product
from gateway.terminal.exits import Exit
from gateway.terminal.line import AsJson, Url, talking_to, writable
from gateway.terminal.options import wish
from gateway.terminal.panels import MAKING
from gateway.terminal.screen import err, mark, out, print_json

app = typer.Typer()


@app.command(rich_help_panel=MAKING)
def batch(  # noqa: PLR0913, PLR0917  options of a command are its signature
    photos: Annotated[
        list[Path], typer.Argument(dir_okay=False, help="Photos, each for a job of its own.")
    ],
    product: Annotated[Product, typer.Option(help="What to make of each.")] = "figurine",
    wanted: Annotated[
        list[str] | None,
        typer.Option("--wish", "-w", metavar="NAME=VALUE", help="For all of them: -w style=pop."),
    ] = None,
    out_dir: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            file_okay=False,
            callback=writable,
            help="Each photo gets a folder of its name in here.",
        ),
    ] = Path("out"),
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Jobs under way at a time.")] = 4,
    again: Annotated[
        bool, typer.Option("--again", help="Make anew what has failed, expired, been cancelled.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make something of many photos. Run it again to go on: nothing is made twice.

    Exit code 1 where a photo has no result.
    """
    wishes: dict[str, Any] = dict(map(wish, wanted or ()))
    done: list[Made] = []
    with talking_to(url) as kiln, _bar(quiet=as_json) as bar:
        task = bar.add_task("", total=len(photos))
        made = kiln.batch(
            photos, product=product, folder=out_dir, at_once=at_once, again=again, **wishes
        )
        try:
            for one in made:
                done.append(one)
                bar.advance(task)
                if not as_json:
                    out.print(_told(one, out_dir), soft_wrap=True)
        except KeyboardInterrupt:
            err.print("\nWhat was begun goes on. The same command again fetches it.")
            raise typer.Exit(Exit.INTERRUPTED) from None
    if as_json:
        print_json([_described(one) for one in done])
    else:
        _sum_up(done)
    raise typer.Exit(Exit.FINE if all(one.ok for one in done) else Exit.FAILED)


def _bar(*, quiet: bool) -> Progress:
    silent = quiet or not err.is_terminal
    columns = (TextColumn("  "), BarColumn(28, complete_style="cyan", finished_style="green"))
    more = (MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, *more, console=err, transient=True, disable=silent)


def _told(one: Made, folder: Path) -> Text:
    if one.ok:
        return mark("ok").append(f" {folder / one.name}", style="default")
    return mark("missing").append(f" {one.name}: {one.why}", style="default")


def _described(one: Made) -> dict[str, Any]:
    return {
        "name": one.name,
        "order": str(one.order),
        "job": one.job and one.job["id"],
        "state": one.job and one.job["state"],
        "why": one.why,
        "files": [str(path) for path in one.files],
    }


def _sum_up(done: Iterable[Made]) -> None:
    results = [one.ok for one in done]
    failed = len(results) - sum(results)
    line = f"{sum(results)} of {len(results)} have a result"
    out.print(line + ("; --again makes the others anew." if failed else "."), style="bold")
