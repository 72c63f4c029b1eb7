"""Recipes as a person reads them, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from common.contracts.recipe import Recipe, RecipeBook
from recipe_service.domain.render.labels import (
    LABELS,
    Labels,
    ingredient_line,
    labels_of,
    nutrition_line,
    plain,
    sections,
    times,
)

_SPECIAL = re.compile(r"([\\`*_<>\[\]|])")
_AT_START = re.compile(r"^([#+\-=>]|\d+[.)])")


def book(answer: RecipeBook) -> str:
    """Print all recipes, then what to buy and what was left out."""
    parts = [to_markdown(recipe) for recipe in answer.recipes]
    words = labels_of(answer.recipes[0]) if answer.recipes else next(iter(LABELS.values()))
    if answer.shopping:
        items = [f"- {_escape(f'{item.amount} {item.name}'.strip())}" for item in answer.shopping]
        parts.append("\n".join([f"# {words.shopping}", "", *items, ""]))
    if answer.left_out:
        lines = [f"- {_escape(line)}" for line in answer.left_out]
        parts.append("\n".join([f"# {words.left_out}", "", *lines, ""]))
    if answer.notes:
        parts.append("\n\n".join(_escape(note) for note in answer.notes) + "\n")
    return "\n---\n\n".join(parts)


def to_markdown(recipe: Recipe) -> str:
    """Print one recipe: title, times, list, numbered steps, what is in a serving."""
    words = labels_of(recipe)
    head = [f"# {_escape(recipe.title)}", ""]
    if recipe.summary:
        head += [f"*{_escape(recipe.summary)}*", ""]
    return "\n".join(
        [*head, _facts(recipe, words), "", *_list(recipe, words), *_end(recipe, words)]
    )


def _facts(recipe: Recipe, words: Labels) -> str:
    spent = times(recipe)
    facts = [words.serves.format(recipe.servings)]
    facts += [f"{words.phase(name)} {words.duration(minutes)}" for name, minutes in spent.items()]
    if len(spent) > 1:
        facts.append(f"{words.total} {words.duration(recipe.total_minutes)}")
    return " · ".join([*facts, *([_escape(recipe.kitchen)] if recipe.kitchen else [])])


def _list(recipe: Recipe, words: Labels) -> Iterator[str]:
    yield from (f"## {words.ingredients}", "")
    for line in recipe.ingredients:
        bought = f" ({words.to_buy})" if line.have == "missing" else ""
        yield f"- {_escape(ingredient_line(line))}{bought}"
    yield from ("", f"## {words.method}", "")
    number = 0
    runs = list(sections(recipe))
    for phase, steps in runs:
        if len(runs) > 1:
            yield from (f"**{words.phase(phase)}**", "")
        for step in steps:
            number += 1
            yield f"{number}. {_escape(step.text)}"
        yield ""


def _end(recipe: Recipe, words: Labels) -> Iterator[str]:
    if recipe.nutrition:
        yield from (f"{words.nutrition}: {nutrition_line(recipe.nutrition)}.", "")
    if recipe.allergens:
        yield from (f"{words.allergens}: {_escape(', '.join(recipe.allergens))}.", "")
    if recipe.diets:
        yield from (f"{words.suits}: {', '.join(plain(diet) for diet in recipe.diets)}.", "")
    if recipe.note:
        yield from (_escape(recipe.note), "")


def _escape(text: str) -> str:
    """Keep a text one line of text, whatever signs it holds."""
    return _AT_START.sub(r"\\\1", _SPECIAL.sub(r"\\\1", " ".join(text.split())))
