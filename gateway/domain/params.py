"""Parameters as people send them: text pairs in, a checked model out.

Nothing is ignored: an unknown name, a repeated one or a bad value is a ``bad_parameter`` that
says what is allowed. What is allowed is read from the model's own JSON Schema.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from common.errors import BadParameter

# No control character, and one at least that is no white space.
NAME: Final = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
SPACES: Final = " \u00a0\u3000"  # around a name they are cut off
_SEPARATORS: Final = r"[;\n\r\u3001\uff0c\uff1b]|(?<!\d),|,(?!\d)"  # never inside 1,5; also Chinese
Model = TypeVar("Model", bound=BaseModel)
MOST_LISTED: Final = 300  # no list here takes as many, and each wrong entry costs a complaint
_LONGEST_SHOWN: Final = 60
_PATTERNS: Final = {  # in words; a test knows that none is missing
    r"^(largest|[0-9]{1,2})$": "largest, or a face number from 0 to 99",
    r"^[0-9]{1,15}-[0-9a-f]{32}$": "the `next` of another page",
    r"^[0-9A-Za-z_-]{1,64}$": "the id of a job",
    r"^[0-9]{1,19}(-[0-9]{1,19})?$": "an event id",
    NAME: "text of 1 to 40 characters, none of them a control character",
}


def read_params(model: type[Model], pairs: Iterable[tuple[str, str]]) -> Model:
    """Check name-value pairs against a model.

    Parameters
    ----------
    model
        Its field names are the known parameters.
    pairs
        As sent in query and form; only a list parameter may come twice or hold commas.

    Raises
    ------
    BadParameter
        Names every parameter at fault and what is allowed for it.
    """
    return check_params(model, read_values(model, pairs))


def read_values(model: type[BaseModel], pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Gather pairs by name, lists as lists; only the names are checked."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        _check_name(model, name)
        if _schema(model)["properties"][name].get("type") == "array":
            values.setdefault(name, []).extend(split_list(text))
            _check_length(model, name, values[name])
        elif name in values:
            raise BadParameter(f"parameter {name!r} was given more than once")
        else:
            values[name] = text
    return values


def names_of(model: type[BaseModel]) -> list[str]:
    """Names of parameters, as people write them."""
    return list(_schema(model)["properties"])


def split_list(text: str) -> list[str]:
    """Split at commas, semicolons, line ends and their Chinese forms; an endless list in part."""
    return [part.strip() for part in re.split(_SEPARATORS, text, maxsplit=MOST_LISTED)]


def check_params(model: type[Model], values: dict[str, Any]) -> Model:
    """Check values by name, as JSON has them; see ``read_params``."""
    for name, value in values.items():
        _check_name(model, name)
        _check_length(model, name, value)
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise BadParameter("; ".join(_complaints(model, exc))) from exc


def _check_name(model: type[BaseModel], name: str) -> None:
    if name in names_of(model):
        return
    if name in getattr(model, "not_yet", ()):
        raise BadParameter(f"parameter {name!r} is not available in this version")
    near = difflib.get_close_matches(name[:_LONGEST_SHOWN].lower(), names_of(model), 1)
    meant = f", did you mean {near[0]!r}?" if near else ";"
    known = ", ".join(names_of(model)) or "none"
    raise BadParameter(f"unknown parameter {_shown(name)}{meant} known: {known}")


def _check_length(model: type[BaseModel], name: str, value: Any) -> None:  # noqa: ANN401  JSON
    """Refuse endless lists before anything looks at their entries: all would be complained of."""
    schema = _schema(model)
    said = schema["properties"][name]
    is_list = said.get("type") == "array"
    waiting, entries = [value], 0
    while waiting and entries <= MOST_LISTED:
        one = waiting.pop()
        if isinstance(one, dict):
            one = list(one.values())
        if isinstance(one, list | tuple):
            entries += len(one)
            waiting += one if entries <= MOST_LISTED else ()
        elif isinstance(one, str) and is_list:
            entries += len(list(islice(re.finditer(_SEPARATORS, one), MOST_LISTED + 1)))
    if entries > MOST_LISTED:
        allowed = allowed_values(said, schema.get("$defs", {}))
        raise BadParameter(f"{name}: more than {MOST_LISTED} entries were sent; send {allowed}")


def _complaints(model: type[BaseModel], error: ValidationError) -> list[str]:
    # one line per parameter: the items of a list have an error each
    found: dict[str, str] = {}
    for one in error.errors(include_url=False):
        name = str(one["loc"][0])
        schema = _schema(model)
        allowed = allowed_values(schema["properties"][name], schema.get("$defs", {}))
        value = str(one["input"])
        if one["type"] == "value_error":  # a rule of ours, in words
            found[name] = f"{name}: {one['msg'].removeprefix('Value error, ')}"
        elif one["type"] == "too_long":
            many, most = one["ctx"]["actual_length"], one["ctx"]["max_length"]
            found[name] = f"{name}: {many} entries are too many, at most {most} are taken"
        else:
            found.setdefault(name, f"{name} must be {allowed}, not {_shown(value)}")
    return list(found.values())


def allowed_values(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Say in words what a JSON Schema of a parameter accepts."""
    if "$ref" in schema:
        return allowed_values(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        real = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return allowed_values(real[0], definitions)
    if schema.get("type") == "array":
        items = allowed_values(schema["items"], definitions)
        if "maxItems" in schema:
            return f"a list of at most {schema['maxItems']} entries, each {items}"
        return f"one or more of: {items.removeprefix('one of: ')}"
    return _allowed_scalar(schema)


def _allowed_scalar(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return f"one of: {', '.join(schema['enum'])}"
    if "minimum" in schema:
        kind = "a whole number" if schema["type"] == "integer" else "a number"
        return f"{kind} from {schema['minimum']:g} to {schema['maximum']:.15g}"
    if schema.get("type") == "boolean":
        return "true or false"
    return _allowed_text(schema)


def _allowed_text(schema: dict[str, Any]) -> str:
    if schema.get("format") == "color":
        return f"a colour: #rrggbb or a name such as {', '.join(schema['examples'][1:])}"
    if "pattern" in schema:
        return _PATTERNS.get(schema["pattern"], "text")
    return f"text of at most {schema['maxLength']} characters" if "maxLength" in schema else "text"


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
