"""Amounts, times and temperatures a kitchen knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite

from common.contracts.recipe import Recipe, RecipeIngredient
from recipe_service.domain.check.problem import Problem
from recipe_service.domain.check.reading import Reading
from recipe_service.domain.pantry.amounts import MASS, Amount, grams_of
from recipe_service.domain.pantry.knowledge import Food

MAX_PLATE_G = 1500.0  # of everything but water
MAX_STEP_MINUTES = 24 * 60
OVEN_C = (40, 300)
# Grams a serving, above which a line is a slip of the pen; half as much again as a generous cook.
_MOST = {
    "spice": 30, "herb": 80, "baking": 30, "fat": 150, "sauce": 250, "sweet": 250, "seed": 120,
    "nut": 200, "alcohol": 400, "cheese": 350, "flour": 350, "grain": 300, "pasta": 350,
    "pulse": 450, "stock": 1000, "dairy": 800, "plant-milk": 800, "drink": 900, "vegetable": 1000,
    "fruit": 1000, "mushroom": 500, "meat": 600, "poultry": 700, "fish": 600, "seafood": 700,
    "egg": 350, "seaweed": 60, "soy": 450, "bread": 400, "water": 3000,
}  # fmt: skip
_MOST_OF = {"salt": 10.0, "saffron": 2.0, "yeast": 20.0, "gelatin": 20.0, "tabasco": 30.0}
_DEGREES = re.compile(
    r"(-?\d{1,4})\s*(?:°|º|degrees?)\s*(c|f|celsius|fahrenheit)?\b", re.IGNORECASE
)


def implausible(recipe: Recipe, reading: Reading) -> Iterator[Problem]:
    """Find amounts, times and temperatures that no kitchen has seen."""
    yield from _amounts(recipe, reading)
    yield from _times(recipe)
    yield from _temperatures(recipe)


def _amounts(recipe: Recipe, reading: Reading) -> Iterator[Problem]:
    total = 0.0
    for row in reading.rows:
        line, servings = row.line, max(1, recipe.servings)
        if line.quantity is not None and not (isfinite(line.quantity) and line.quantity > 0):
            yield Problem("implausible_amount", f'"{line.name}" needs an amount above nothing.')
            continue
        grams = weight(line, row.food)
        if grams is None:
            continue
        group = row.food.group if row.food else "vegetable"
        most = _MOST_OF.get(row.food.id if row.food else "", _MOST.get(group, MAX_PLATE_G))
        total += 0 if group == "water" else grams / servings
        if grams / servings > most:
            yield Problem(
                "implausible_amount",
                f"{grams:.0f} g {line.name} for {recipe.servings} is too much: at most"
                f" {most * servings:.0f} g.",
            )
    if total > MAX_PLATE_G:
        yield Problem(
            "implausible_amount",
            f"{total:.0f} g a serving is more than anybody eats: at most {MAX_PLATE_G:.0f} g.",
        )


def weight(line: RecipeIngredient, food: Food | None) -> float | None:
    """Weigh a line: by its amount, where it can be weighed, else by the grams it gives."""
    if line.quantity is not None:
        amount = Amount(line.quantity, line.unit or "piece")
        if food is not None and (grams := grams_of(amount, food)) is not None:
            return grams
        if amount.unit in MASS:
            return amount.quantity * MASS[amount.unit]
    return line.grams


def _times(recipe: Recipe) -> Iterator[Problem]:
    for number, step in enumerate(recipe.steps, start=1):
        if step.minutes is not None and not 0 <= step.minutes <= MAX_STEP_MINUTES:
            yield Problem(
                "implausible_time",
                f"Step {number} takes {step.minutes:g} minutes: 0 to {MAX_STEP_MINUTES} can be.",
            )
    times = {
        "prep": recipe.prep_minutes, "cook": recipe.cook_minutes, "rest": recipe.rest_minutes
    }  # fmt: skip
    if recipe.total_minutes <= 0 or min(times.values()) < 0:
        yield Problem("implausible_time", "The recipe takes no time: give each step its minutes.")
    timed = [step for step in recipe.steps if step.minutes is not None]
    for phase, minutes in times.items():
        steps = sum(step.minutes or 0 for step in timed if step.phase == phase)
        if timed and abs(steps - minutes) > 1:
            yield Problem(
                "implausible_time",
                f"The steps of phase {phase} take {steps:g} minutes, the recipe says {minutes}.",
            )


def _temperatures(recipe: Recipe) -> Iterator[Problem]:
    low, high = OVEN_C
    for number, step in enumerate(recipe.steps, start=1):
        celsius = [step.temperature_c] if step.temperature_c is not None else []
        said = [_celsius(match) for match in _DEGREES.finditer(step.text)]
        wrong = [value for value in celsius if not low <= value <= high]
        # what is said may also be a fridge or lukewarm water
        wrong += [value for value in said if not -25 <= value <= high]
        for value in wrong:
            yield Problem(
                "implausible_temperature",
                f"{value} °C in step {number}: an oven has {low} to {high} °C.",
            )


def _celsius(match: re.Match[str]) -> int:
    degrees = int(match[1])
    if (match[2] or "c").lower().startswith("f"):
        return round((degrees - 32) * 5 / 9)
    return degrees
