"""A recipe as a person would read it, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH: Final = 84  # longer lines are hard to follow while cooking
SALT_PER_SODIUM: Final = 2.5 / 1000  # g of salt by mg of sodium, EU 1169/2011 annex I
_MISSING: Final = "to buy"
_IMPLIED: Final = {
    "vegan": ("vegetarian", "pescatarian", "dairy_free", "egg_free", "no_pork"),
    "vegetarian": ("pescatarian", "no_pork"),
}


def recipe_card(recipe: dict[str, Any]) -> RenderableType:
    """Lay out one recipe of ``recipes.json``: what it is, what goes in, what to do."""
    parts = [
        Text(recipe["title"], style="bold"),
        *([Text(recipe["summary"], style="italic")] if recipe["summary"] else []),
        Text(_at_a_glance(recipe), style="dim"),
        Text(),
        _ingredients(recipe["ingredients"]),
        Text(),
        _steps(recipe["steps"]),
        *_small_print(recipe),
    ]
    return Padding(Group(*parts), (1, 2), expand=False)


def duration(minutes: float) -> str:
    """Minutes as a cookbook prints them."""
    hours, rest = divmod(round(minutes), 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours))


def _at_a_glance(recipe: dict[str, Any]) -> str:
    parts = {"preparing": "prep_minutes", "cooking": "cook_minutes", "resting": "rest_minutes"}
    spent = {word: recipe[name] for word, name in parts.items() if recipe[name]}
    times = ", ".join(f"{duration(minutes)} {word}" for word, minutes in spent.items())
    total = duration(sum(spent.values()))
    return " · ".join(
        part
        for part in (
            f"serves {recipe['servings']}",
            f"{total} ({times})" if len(spent) > 1 else total,
            recipe["kitchen"],
        )
        if part
    )


def _ingredients(lines: list[dict[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(max_width=WIDTH - 24)
    for line in lines:
        name = Text(line["name"])
        if line["note"]:
            name.append(f", {line['note']}", style="dim")
        if line["have"] == "missing":
            name.append(f"  ({_MISSING})", style="yellow")
        table.add_row(Text(line["amount"]), name)
    return table


def _steps(steps: list[dict[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    table.add_column(max_width=WIDTH)
    for number, step in enumerate(steps, start=1):
        table.add_row(Text(f"{number}."), Text(step["text"]))
    return table


def _small_print(recipe: dict[str, Any]) -> Iterator[RenderableType]:
    lines = {
        "To buy": ", ".join(
            line["name"] for line in recipe["ingredients"] if line["have"] == "missing"
        ),
        "Per serving": _nutrition(recipe["nutrition"]),
        "Allergens": _words(recipe["allergens"]),
        "Suits": _words(_telling(recipe["diets"])),
        "Note": recipe["note"],
    }
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(max_width=WIDTH - 12)
    for name, text in lines.items():
        if text:
            table.add_row(name, Text(text))
    if table.row_count:
        yield Text()
        yield table


def _nutrition(found: dict[str, float] | None) -> str:
    if found is None:
        return ""
    return (
        f"{found['kcal']:.0f} kcal, {found['protein']:.0f} g protein,"
        f" {found['fat']:.0f} g fat ({found['saturated']:.0f} g saturated),"
        f" {found['carbs']:.0f} g carbohydrate ({found['sugar']:.0f} g sugar),"
        f" {found['fibre']:.0f} g fibre, {found['sodium_mg'] * SALT_PER_SODIUM:.1f} g salt"
    )


def _telling(diets: list[str]) -> list[str]:
    said = {other for diet in diets for other in _IMPLIED.get(diet, ())}
    return [diet for diet in diets if diet not in said]


def _words(names: list[str]) -> str:
    return ", ".join(name.replace("_", "-") for name in names)
