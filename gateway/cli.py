"""The ``kiln`` command. ``docs/cli.md`` tells it in full."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from gateway.terminal import (
    batch,
    doctor,
    evaluate,
    figurine,
    jobs,
    keys,
    models,
    operating,
    recipe,
)
from gateway.terminal.complaints import Plainly
from gateway.terminal.panels import RUNNING

app = typer.Typer(
    cls=Plainly,
    help="Turn photos into figurines and dinners.",
    epilog="Exit codes, examples and shell completion: docs/cli.md",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kiln {version_of('kiln')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where a fault of kiln itself is.")
    ] = False,
) -> None:
    """Turn photos into figurines and dinners."""


app.add_typer(figurine.app)
app.add_typer(recipe.app)
app.add_typer(batch.app)
app.add_typer(jobs.app)
app.add_typer(evaluate.app)
app.add_typer(doctor.app)
app.add_typer(keys.app, name="keys", rich_help_panel=RUNNING)
app.add_typer(models.app, name="models", rich_help_panel=RUNNING)
app.add_typer(operating.app)

if __name__ == "__main__":
    app()
