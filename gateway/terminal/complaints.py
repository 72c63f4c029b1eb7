"""Whatever goes wrong: a sentence, what to do about it, an exit code; never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests
import typer
from pydantic import ValidationError
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from common.errors import KilnError, LedgerUnavailable, StorageError
from gateway.client import ApiError, Damaged, Unreachable
from gateway.terminal.exits import Exit
from gateway.terminal.screen import err, mark

_HINTS: Final = {
    "bad_parameter": "`--help` behind the command lists what is accepted.",
    "not_found": "`kiln jobs` lists your jobs.",
    "job_not_cancellable": "`kiln job JOB` shows how it ended.",
    "job_not_paused": "`kiln job JOB` shows how it stands.",
    "erased": "`kiln jobs` lists the jobs that are left.",
    "unauthorized": "Say who you are: export KILN_API_KEY=… (`kiln keys create NAME` makes one).",
}


class Plainly(TyperGroup):
    """The group of all commands; it has the last word on errors."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  as the library has it
        """Run the command; say what went wrong."""
        with plainly(traceback=bool(ctx.params.get("traceback"))):
            return super().invoke(ctx)


@contextmanager
def plainly(*, traceback: bool = False) -> Iterator[None]:
    """Turn errors into sentences and exit codes."""
    try:
        yield
    except (typer.Exit, Abort, TyperException):
        raise
    except KeyboardInterrupt:
        err.print("\nInterrupted.", style="yellow")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Exception as error:
        if traceback:
            raise
        if isinstance(error, BrokenPipeError):  # `kiln jobs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.FINE) from None
        raise typer.Exit(explain(error)) from None


def explain(error: Exception) -> Exit:
    """Say what went wrong and what to do about it; return how to leave."""
    code, says, hint = _words(error)
    err.print(mark("missing", err).append(f" {says}", style="red"), soft_wrap=True)
    if hint:
        err.print(Text(f"  {hint}"), soft_wrap=True)
    return code


def _words(error: Exception) -> tuple[Exit, str, str]:
    for kind, tell in _TOLD.items():
        if isinstance(error, kind):
            return tell(error)
    hint = "This is a fault of kiln. `kiln --traceback …` shows where; please report that."
    return Exit.BUG, f"{type(error).__name__}: {error}", hint


def _of_gateway(error: ApiError) -> tuple[Exit, str, str]:
    hint = _HINTS.get(error.code, error.hint)
    return Exit.REFUSED, f"{error.code}: {error.detail}", hint


def _of_house(error: KilnError) -> tuple[Exit, str, str]:
    says = f"{error.code}: {error.detail}"
    if isinstance(error, LedgerUnavailable | StorageError):
        return Exit.UNREACHABLE, says, "Is the stack running? `make status` tells."
    return Exit.REFUSED, says, error.advice


def _of_settings(error: ValidationError) -> tuple[Exit, str, str]:
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    name = f"KILN_{where.upper()}" if error.title == "Settings" else where
    return Exit.REFUSED, f"{name}: {first['msg']}", "docs/reference.md lists what it may be."


def _of_system(error: OSError) -> tuple[Exit, str, str]:
    where = f"{error.filename}: " if error.filename else ""
    hints = {
        errno.ENOSPC: "The disk is full: make room, or choose another folder with --out.",
        errno.EACCES: "You may not write there: choose another folder with --out.",
        errno.EROFS: "Nothing can be written there: choose another folder with --out.",
    }
    return Exit.HERE, f"{where}{error.strerror or error}", hints.get(error.errno or 0, "")


_UP: Final = "Is the stack running? `make up` starts it, `kiln doctor` looks for the reason."
_AGAIN: Final = "Fetch it again; if it stays so, `kiln audit` looks why."
_TOLD: Final[dict[type[Exception], Callable[[Any], tuple[Exit, str, str]]]] = {
    ApiError: _of_gateway,
    Unreachable: lambda error: (Exit.UNREACHABLE, str(error), _UP),
    KilnError: _of_house,
    Damaged: lambda error: (Exit.HERE, str(error), _AGAIN),
    ValidationError: _of_settings,
    requests.RequestException: lambda e: (Exit.UNREACHABLE, f"{type(e).__name__}: {e}", ""),
    TimeoutError: lambda error: (Exit.FAILED, str(error), ""),
    OSError: _of_system,
}
