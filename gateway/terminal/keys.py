"""``kiln keys``: make, list and revoke API keys of the house on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from common.errors import BadParameter
from common.settings import Settings
from gateway.domain.keys import Key, KeyBook, checked_rate, checked_scopes
from gateway.door import keys
from gateway.terminal.line import AsJson
from gateway.terminal.screen import err, out, print_json

app = typer.Typer(help="API keys of the house on this machine.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Whose jobs it opens; two keys may share a name.")]


@app.command()
def create(  # noqa: PLR0913, PLR0917  options of a command are its signature
    name: Name,
    scope: Annotated[str, typer.Option(help="Any of submit, read, admin.")] = "submit,read",
    rate: Annotated[str | None, typer.Option(help="Requests it may send: 60/minute.")] = None,
    max_active: Annotated[int | None, typer.Option(min=1, help="Unfinished jobs.")] = None,
    quota_mb: Annotated[int | None, typer.Option(min=1, help="MB of files.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once."""
    settings = Settings()
    with _said_plainly():
        terms = keys.Terms(
            checked_scopes(scope.split(",")), checked_rate(rate), max_active, quota_mb
        )
        key, presented = keys.create(keys.key_file(settings), name, terms)
    err.print(f"Key {key.id} of {key.owner}. It is shown this once; only its hash is kept.")
    if not settings.locked:
        err.print("This house has no lock: it asks for keys with KILN_AUTH=on.")
    if as_json:
        print_json(_described(key) | {"key": presented})
    else:
        typer.echo(presented)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys; none can be shown again."""
    table = Table("id", "name", "scopes", "rate", "jobs", "MB", "created", box=None)
    with _said_plainly():
        book = keys.read(keys.key_file(Settings()))
    if as_json:
        print_json([_described(key) for key in book.keys])
        return
    for row in _rows(book):
        table.add_row(*row)
    out.print(table if book.keys else "No keys. `kiln keys create NAME` makes one.")


@app.command()
def revoke(
    which: Annotated[str, typer.Argument(help="Id of a key, or the name of all.")],
    as_json: AsJson = False,
) -> None:
    """Make a key useless, at once."""
    with _said_plainly():
        gone = keys.revoke(keys.key_file(Settings()), which)
    if as_json:
        print_json([_described(key) for key in gone])
    for key in () if as_json else gone:
        out.print(f"Key {key.id} of {key.owner} is revoked.")
    if not gone:
        err.print(f"[red]There is no key {escape(which)}.[/red]")
        raise typer.Exit(1)


@app.command()
def webhook_secret(
    name: Annotated[str, typer.Argument(help="Name of a key, or `local` in a house without.")],
    renew: Annotated[
        bool, typer.Option("--renew", help="Make a new one; the old one signs too for a day.")
    ] = False,
) -> None:
    """Print the secret with which calls to somebody's webhooks are signed."""
    with _said_plainly():
        secret = (keys.renew_webhook_secret if renew else keys.webhook_secret)(Settings(), name)
    typer.echo(secret)


def _described(key: Key) -> dict[str, object]:
    """Tell of a key what is no secret."""
    return {
        "id": key.id,
        "name": key.owner,
        "scopes": sorted(key.scopes),
        "rate": key.rate,
        "max_active": key.max_active,
        "quota_mb": key.quota_mb,
        "created": key.created.isoformat(),
    }


def _rows(book: KeyBook) -> Iterator[tuple[str, ...]]:
    for key in book.keys:
        scopes = ",".join(sorted(key.scopes))
        limits = (key.rate, key.max_active, key.quota_mb)
        numbers = ("" if one is None else str(one) for one in limits)
        yield key.id, key.owner, scopes, *numbers, f"{key.created:%Y-%m-%d %H:%M}"


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Tell what went wrong without a traceback, and without what is in the file."""
    try:
        yield
    except BadParameter as exc:
        err.print(f"[red]{escape(exc.detail)}[/red]\n{escape(exc.advice)}")
        raise typer.Exit(2) from exc
    except (OSError, ValidationError) as exc:
        path = keys.key_file(Settings())
        err.print(f"[red]{escape(str(path))} cannot be used ({type(exc).__name__})[/red]")
        raise typer.Exit(1) from exc
