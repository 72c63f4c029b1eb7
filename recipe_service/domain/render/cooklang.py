"""A recipe as Cooklang: the list lives in the method, each amount where it is first used.

https://cooklang.org/docs/spec: ``@ingredient{quantity%unit}(preparation)``, ``~{8%minutes}``,
``== section ==``, metadata as YAML front matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from common.contracts.recipe import Recipe, RecipeIngredient
from recipe_service.domain.pantry.amounts import Amount, parse_amount
from recipe_service.domain.render.labels import labels_of, plain, sections

_TIME = re.compile(r"(?<![\d.,{%])(\d{1,4})\s*(minutes?|mins?|hours?|мин(?:ут[аы]?)?|phút|分鐘)")
# Signs that mean something in Cooklang, said otherwise.
_SAID = {"@": "at ", "#": "no. ", "~": "about ", "{": "(", "}": ")", "%": " percent"}  # fmt: skip
_SIGNS = re.compile("[@#~{}%]")
_RESERVED = re.compile(r"^[>=\s]+|--+|\[-|-\]")


@dataclass(frozen=True)
class _Place:
    """Where a line of the list is first used: step, and span in its text."""

    step: int
    start: int
    end: int


def to_cooklang(recipe: Recipe) -> str:
    """Return the recipe in Cooklang; what no step names is fetched in a step before the first."""
    texts = [_spoken(step.text) for step in recipe.steps]
    places = _places(recipe.ingredients, texts)
    lines = list(_front_matter(recipe))
    unnamed = [line for number, line in enumerate(recipe.ingredients) if number not in places]
    if unnamed:
        lines += [f"{', '.join(map(_marked, unnamed))}.", ""]
    marked = [_with_amounts(text, recipe, places, number) for number, text in enumerate(texts)]
    lines += _method(recipe, marked)
    return "\n".join(lines).rstrip() + "\n"


def _with_amounts(text: str, recipe: Recipe, places: dict[int, _Place], step: int) -> str:
    """Mark ingredients and times of one step, from its end so that places keep."""
    here = [(place, line) for line, place in places.items() if place.step == step]
    for place, line in sorted(here, key=lambda item: -item[0].start):
        text = text[: place.start] + _marked(recipe.ingredients[line]) + text[place.end :]
    return _TIME.sub(r"~{\1%\2}", text)


def _front_matter(recipe: Recipe) -> Iterator[str]:
    words = {
        "title": recipe.title,
        "description": recipe.summary,
        "servings": recipe.servings,
        "prep time": f"{recipe.prep_minutes} minutes" if recipe.prep_minutes else "",
        "cook time": f"{recipe.cook_minutes} minutes" if recipe.cook_minutes else "",
        "time required": f"{recipe.total_minutes} minutes",
        "course": recipe.kind,
        "cuisine": recipe.kitchen,
        "diet": [plain(diet) for diet in recipe.diets],
        "tags": list(recipe.keywords),
        "locale": str(recipe.language),
    }
    yield "---"
    for name, value in words.items():
        if value:
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"  # JSON is YAML
    yield from ("---", "")


def _method(recipe: Recipe, texts: list[str]) -> Iterator[str]:
    words = labels_of(recipe)
    runs, number = list(sections(recipe)), 0
    for phase, steps in runs:
        if len(runs) > 1:
            yield from (f"== {words.phase(phase)} ==", "")
        for text in texts[number : number + len(steps)]:
            yield from (text, "")
        number += len(steps)


def _spoken(text: str) -> str:
    text = _SIGNS.sub(lambda sign: _SAID[sign[0]], " ".join(text.split()))
    return _RESERVED.sub(" ", text).strip()


def _places(lines: tuple[RecipeIngredient, ...], texts: list[str]) -> dict[int, _Place]:
    """Find where each line is first named: by its full name, else by a word of it."""
    places: dict[int, _Place] = {}
    longest = sorted(range(len(lines)), key=lambda number: -len(lines[number].name))
    for patterns in (_full_name, _words):
        for number in longest:
            if number not in places:
                place = _first(patterns(lines[number].name), texts, list(places.values()))
                if place:
                    places[number] = place
    return places


def _first(patterns: list[str], texts: list[str], taken: list[_Place]) -> _Place | None:
    for pattern in patterns:
        for number, text in enumerate(texts):
            for match in re.finditer(pattern, text, re.IGNORECASE):
                place = _Place(number, *match.span())
                if not any(_overlap(place, other) for other in taken):
                    return place
    return None


def _overlap(one: _Place, two: _Place) -> bool:
    return one.step == two.step and one.start < two.end and two.start < one.end


def _full_name(name: str) -> list[str]:
    return [_pattern(_spoken(name))]


def _words(name: str) -> list[str]:
    return [_pattern(word) for word in reversed(_spoken(name).split()) if len(word) > 2]


def _pattern(name: str) -> str:
    """Match a name in singular and plural, as whole words where words have ends."""
    if not re.search(r"[a-z]$", name, re.IGNORECASE):
        return re.escape(name)
    stem = re.sub(r"(?:(?<=i)es|(?<=[oshx])es|(?<!s)s)$", "", name, flags=re.IGNORECASE)
    return rf"\b{re.escape(stem)}(?:e?s)?\b"


def _marked(line: RecipeIngredient) -> str:
    note = f"({_spoken(line.note).replace('(', '').replace(')', '')})" if line.note else ""
    name = _spoken(line.name).replace("(", "").replace(")", "")
    return f"@{name}{{{_amount(line)}}}{note}"


def _amount(line: RecipeIngredient) -> str:
    try:
        amount = parse_amount(line.amount)
    except ValueError:
        if line.quantity is None:
            return _spoken(line.amount)
        amount = Amount(line.quantity, line.unit or "piece")
    number = f"{round(amount.quantity, 3):g}"
    return number if amount.unit == "piece" else f"{number}%{amount.unit}"
