"""Write ``docs/reference.md`` out of the code: settings, calls, stages, errors.

``python -m deploy.reference`` writes it, and ``docs/metrics.md`` as well; a contract test fails
while one of them is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from common import errors, http
from common.contracts import figurine, recipe
from common.contracts.colours import Swatches
from common.contracts.plans import Node, Plan
from common.contracts.stages import STAGES, Stage
from common.errors import KilnError
from common.ledger.records import JobState
from common.settings import Settings
from deploy import metrics_page
from deploy.routes import SERVICES, routes_of
from deploy.stack import ROOT
from gateway.domain.choices import COLOURS, LOOKS, Format
from gateway.plan import figurine_plan, portrait_plan, recipe_plan

FILE: Final = ROOT / "docs" / "reference.md"
ALL_FORMATS: Final = tuple(Format)


def reference() -> str:
    """Text of the page."""
    return "\n".join(
        [
            "# Reference",
            "",
            "Written by `make docs` from the code; edits here are lost. A test keeps it current.",
            *_settings(),
            *_calls(),
            *_stages(),
            *_errors(),
            "",
            "Metrics have a page of their own: [metrics.md](metrics.md).",
            "",
        ]
    )


def _settings() -> Iterator[str]:
    yield from _section(
        "Settings", "Environment variables, read once when a process starts. All are optional."
    )
    rows = [
        (f"`KILN_{name.upper()}`", _default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    yield from _table(("variable", "default", "what"), rows)


def _default(value: object) -> str:
    return "" if value is None else f"`{value}`"


def _calls() -> Iterator[str]:
    yield from _section(
        "Calls",
        "Every service answers `/health`, `/readyz` and `/metrics`. Parameters and answers of the "
        "gateway are in its own `/openapi.json` and `/docs`.",
    )
    rows = [
        (f"`{route.method} {_path(route.rule)}`", room, route.summary)
        for room in ("common", *SERVICES)
        for route in routes_of(room)
    ]
    yield from _table(("call", "service", "what"), ((c, _room(r), w) for c, r, w in rows))


def _path(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _room(package: str) -> str:
    return {"common": "all"}.get(package, package.removesuffix("_service"))


def _stages() -> Iterator[str]:
    yield from _section(
        "Stages",
        "A job is a plan of stages; each is a Celery task. Those that only follow one another"
        " on one queue are run by one message, under the name of the first.",
    )
    header = ("stage", "queue", "reads", "writes", "soft, hard limit", "a permanent failure means")
    yield from _table(header, (_stage_row(stage) for stage in STAGES))
    yield from ("", f"A figurine is {_way(figurine_plan(ALL_FORMATS))}.")
    yield "Where stages already wait for every worker, it is"
    yield f"{_way(figurine_plan(ALL_FORMATS, in_turn=True))}."
    yield "With `pause_after=portrait`, the job waiting for approval behind the first step:"
    yield f"{_way(figurine_plan(ALL_FORMATS, pause=True))}."
    yield from ("", f"A portrait alone is {_way(portrait_plan())}.")
    yield from ("", f"Two recipes are {_way(recipe_plan(2))}.")
    states = ", ".join(f"`{state}`" for state in JobState)
    yield from ("", f"States of a job: {states}.")
    looks = (_values(figurine.Style), _values(figurine.TemplateName), _values(figurine.Engine))
    yield from ("", "Styles: {}. Templates: {}. Engines: {}.".format(*looks))
    prints = (_values(figurine.Face), _values(figurine.Process), _values(figurine.Colouring))
    yield "Faces: {}. Processes: {}. Colourings: {}.".format(*prints)
    yield from (f"`{name}`: {_values(values)}." for name, _, values in LOOKS)
    yield from ("", "Swatches, as `GET /v1/catalog` lists them with their colours:", "")
    yield from (f"- `{name}`: {_swatches(swatches)}" for name, _, swatches in COLOURS)
    yield ""
    tastes = (_values(recipe.Diet), _values(recipe.Units), _values(recipe.Language))
    yield from ("", "Diets: {}. Units: {}. Languages: {}.".format(*tastes))
    yield f"Engines of recipes: {_values(recipe.RecipeEngine)}."


def _way(plan: Plan) -> str:
    steps = [
        _side_by_side([_in_turn(strand) for strand in level]) for level in plan.trunk().strands()
    ]
    aside = [_in_turn([node]) for node in plan.aside()]
    return " → ".join(steps) + (f", from the start beside {_side_by_side(aside)}" if aside else "")


def _side_by_side(ways: list[str]) -> str:
    return ways[0] if len(ways) == 1 else f"[ {' ∥ '.join(ways)} ]"


def _in_turn(nodes: Iterable[Node]) -> str:
    return " → ".join(f"`{node.id}`" for node in nodes)


def _stage_row(stage: Stage) -> tuple[str, ...]:
    reads = ", ".join("all artifacts" if name == "*" else f"`{name}`" for name in stage.reads)
    if stage.may_read:
        reads += f"{', ' * bool(reads)}those there of {_values(stage.may_read)}"
    writes = ", ".join(f"`{out.name}`" + " (internal)" * out.internal for out in stage.writes)
    limits = f"{stage.soft_s:g} s, {stage.hard_s:g} s"
    name = f"`{stage.name}` {stage.title}"
    return (name, stage.queue, reads, writes, limits, stage.on_failure)


def _values(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _swatches(swatches: Swatches) -> str:
    return ", ".join(f"`{name}` ({colour})" for name, colour in swatches.items())


def _errors() -> Iterator[str]:
    yield from _section(
        "Errors",
        "RFC 9457 `application/problem+json` with `code`, `detail` and `hint`. An error that only "
        "decoding or measuring can find fails the job with that code instead. Retryable ones are "
        "tried again up to the attempt cap. A job past its deadline is `expired` with `deadline`.",
    )
    rows = (
        (
            f"`{error.code}`",
            str(http.status_of(error)),
            "yes" if error.retryable else "",
            _summary(error),
            error.hint,
        )
        for error in sorted(codes().values(), key=lambda error: error.code)
    )
    yield from _table(("code", "status", "retryable", "what", "hint"), rows)


def codes() -> dict[str, type[KilnError]]:
    """Map every code to the error that carries it."""
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    return {c.code: c for c in classes if issubclass(c, KilnError) and c is not KilnError}


def _section(title: str, text: str) -> Iterator[str]:
    yield from ("", f"## {title}", "", text, "")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        cells = (cell.replace("|", r"\|").replace("``", "`") for cell in row)
        yield f"| {' | '.join(cells)} |"


def _summary(thing: Any) -> str:  # noqa: ANN401  anything with a docstring
    return (thing.__doc__ or "").strip().partition("\n")[0]


def main(file: Path = FILE) -> None:
    """Write the pages."""
    file.parent.mkdir(exist_ok=True)
    pages = {file: reference(), file.with_name("metrics.md"): metrics_page.metrics_page()}
    for page, text in pages.items():
        page.write_text(text, "utf-8")
        sys.stdout.write(f"wrote {page}\n")


if __name__ == "__main__":
    main()
