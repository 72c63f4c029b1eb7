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


def proposing(model: type[BaseModel]) -> Callable[[str], Callable[[str], list[str]]]:
    """Give the shell what a parameter of a call may be, by the name of the parameter."""
    schema = model.model_json_schema()

    def of(name: str) -> Callable[[str], list[str]]:
        choices = _choices(schema["properties"][name], schema.get("$defs", {}))
        return lambda incomplete: _continued(choices, incomplete)

    return of


def wish(said: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``, as commands take what they have no option for."""
    name, equals, value = said.partition("=")
    if not equals:
        raise typer.BadParameter(f"{said!r} is not NAME=VALUE")
    return name.replace("-", "_"), value


def _choices(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Values that a JSON Schema lists."""
    if "$ref" in schema:
        return _choices(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    found = list(map(str, schema.get("enum", [])))
    if schema.get("format") == "color":
        found += [one for one in schema.get("examples", []) if not one.startswith("#")]
    return found + [value for one in inner for value in _choices(one, definitions)]


def _continued(choices: Collection[str], incomplete: str) -> list[str]:
    """Continue what was typed; behind a comma the next one of a list."""
    before, comma, last = incomplete.rpartition(",")
    taken = set(before.split(","))
    return [f"{before}{comma}{one}" for one in choices if one.startswith(last) and one not in taken]


def _option(
    name: str, schema: dict[str, Any], definitions: dict[str, Any], title: str
) -> inspect.Parameter:
    flag = schema.get("type") == "boolean"
    allowed = "" if flag else f" ({allowed_values(schema, definitions)})"
    choices = _choices(schema, definitions)
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        help=schema["description"].replace("`", "") + allowed.replace("one of: ", ""),
        rich_help_panel=title,
        show_default=False,
        autocompletion=(lambda incomplete: _continued(choices, incomplete)) if choices else None,
    )
    kind: Any = Annotated[bool | None, option] if flag else Annotated[str | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
