"""Options of a command out of the parameters of a call: named, explained and grouped as there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, get_type_hints

import typer
from pydantic import BaseModel

from gateway.domain.params import allowed_values

_ASKED = "wishes"


def asks(
    model: type[BaseModel], panels: Mapping[str, Collection[str]]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each parameter of some groups.

    The command gets what was said as the dictionary ``wishes``; nothing is checked here, the
    gateway knows best.

    Parameters
    ----------
    model
        Parameters of a call.
    panels
        Title of each group of options → names of its parameters.
    """
    schema = model.model_json_schema()
    options = [
        _option(name, schema["properties"][name], schema.get("$defs", {}), title)
        for title, names in panels.items()
        for name in names
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        own = [
            one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY)
            for one in inspect.signature(command).parameters.values()
            if one.name != _ASKED
        ]

        def asked(**said: Any) -> None:  # noqa: ANN401  what typer has read
            wishes = {one.name: said.pop(one.name) for one in options}
            heard = {name: value for name, value in wishes.items() if value is not None}
            command(**said, **{_ASKED: heard})

        asked.__name__, asked.__doc__ = command.__name__, command.__doc__
        parameters = [*own, *options]
        asked.__annotations__ = {one.name: one.annotation for one in parameters}
        asked.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # PEP 362
        return asked

    return decorate


def _option(
    name: str, schema: dict[str, Any], definitions: dict[str, Any], title: str
) -> inspect.Parameter:
    flag = schema.get("type") == "boolean"
    allowed = "" if flag else f" ({allowed_values(schema, definitions)})"
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        help=schema["description"].replace("`", "") + allowed.replace("one of: ", ""),
        rich_help_panel=title,
        show_default=False,
    )
    kind: Any = Annotated[bool | None, option] if flag else Annotated[str | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
