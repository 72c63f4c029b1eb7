"""A casting written out as a recipe a person can cook from."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from common.contracts.recipe import Diet, Recipe, RecipeIngredient, Units
from common.contracts.recipe import Step as RecipeStep
from recipe_service.domain.cook.dishes import Role, Step
from recipe_service.domain.cook.grammar import named_in, names_in_print
from recipe_service.domain.cook.lines import Line, bare, lines_of, portions
from recipe_service.domain.cook.match import Casting
from recipe_service.domain.cook.phrases import literal, parse
from recipe_service.domain.cook.speech import enumerate_names, noun_follows, speak
from recipe_service.domain.pantry.amounts import print_amount
from recipe_service.domain.pantry.diets import allergens_of, diets_of
from recipe_service.domain.pantry.knowledge import Food, Knowledge
from recipe_service.domain.pantry.nutrition import per_serving

_MOST_IN_TITLE = 3
# Words that name the thing alone where the list holds only one of its kind.
_KNOWN_AS = frozenset({"oil", "stock", "vinegar", "oats", "sugar", "flour", "chicken", "salmon"})
_CUTS = frozenset({"breast", "thigh", "fillet"})  # chicken breast is chicken, chicken stock is not


def write(
    casting: Casting,
    knowledge: Knowledge,
    at_hand: Collection[str],
    servings: int,
    units: Units = Units.METRIC,
) -> Recipe:
    """Write a recipe for so many servings.

    Amounts are scaled and rounded to what a kitchen measures; times are those of the dish,
    whatever it is scaled to. Allergens, diets and nutrition are computed from the list.
    """
    lines = lines_of(casting, servings)
    foods = [line.food for line in lines]
    diets = diets_of(foods)
    steps = _steps(casting, servings, units)
    minutes = {
        phase: round(sum(step.minutes or 0 for step in steps if step.phase == phase))
        for phase in ("prep", "cook", "rest")
    }
    weighed = [(line.food, line.grams) for line in lines if line.grams is not None]
    return Recipe(
        title=title_of(casting, knowledge, servings),
        summary=_summary(casting, foods, knowledge, servings),
        kitchen=casting.dish.kitchen,
        kind=casting.dish.kind,
        family=casting.dish.family,
        servings=servings,
        prep_minutes=minutes["prep"],
        cook_minutes=minutes["cook"],
        rest_minutes=minutes["rest"],
        ingredients=tuple(_ingredient(line, at_hand, knowledge, units) for line in lines),
        steps=steps,
        uses=casting.used,
        missing=casting.missing,
        keywords=_keywords(casting.dish.keywords, diets),
        allergens=allergens_of(foods),
        diets=diets,
        nutrition=per_serving(weighed, servings),
    )


def title_of(casting: Casting, knowledge: Knowledge, servings: int = 2) -> str:
    """Name what it is made of: "Strawberry crumble", but "Porridge with strawberries"."""
    phrase = parse(casting.dish.title)
    singular = {food.plural: food.name for food in knowledge.foods.values() if food.plural}
    names = {
        role: list(dict.fromkeys(map(bare, called)))[:_MOST_IN_TITLE]
        for role, called in _names(casting, servings).items()
    }
    for role in frozenset[str]().union(*(part.roles for part in phrase)) & names.keys():
        if noun_follows(phrase, role):
            names[role] = [singular.get(name, name) for name in names[role]]
    return speak(phrase, names)


def _summary(casting: Casting, foods: list[Food], knowledge: Knowledge, servings: int) -> str:
    """Speak the summary of this version: what was swapped is called by its own name.

    Where it praises something that has no stand-in, there is no summary.
    """
    summary = casting.dish.summary
    names = _names(casting, servings)
    listed = " | ".join(name for food in foods for name in names_in_print(food))
    for word in named_in(literal(summary), knowledge):
        if re.search(rf"\b{re.escape(word)}\b", listed) is None:
            played = [part.role for part in casting.parts if _could_be(part.role, word, knowledge)]
            instead = enumerate_names(names[played[0].name]) if played else ""
            if not instead or instead in summary:
                return ""
            summary = re.sub(rf"\b{re.escape(word)}\b", instead, summary, flags=re.IGNORECASE)
    return speak(parse(summary), names)


def _could_be(role: Role, word: str, knowledge: Knowledge) -> bool:
    foods = [knowledge.foods[food] for food in role.options]
    return any(word in {food.name.lower(), (food.plural or "").lower()} for food in foods)


def _keywords(keywords: tuple[str, ...], diets: tuple[Diet, ...]) -> tuple[str, ...]:
    """Leave out the diets this choice of ingredients breaks."""
    broken = {diet.value for diet in Diet} - {diet.value for diet in diets}
    return tuple(word for word in keywords if word.lower().replace("-", "_") not in broken)


def _ingredient(
    line: Line, at_hand: Collection[str], knowledge: Knowledge, units: Units
) -> RecipeIngredient:
    return RecipeIngredient(
        name=line.name,
        id=line.food.id,
        quantity=round(line.amount.quantity, 3),
        unit=None if line.amount.unit == "piece" else line.amount.unit,
        amount=print_amount(line.amount, line.food, units),
        grams=None if line.grams is None else round(line.grams, 2),
        note=line.note(units),
        have=_have(line.food.id, at_hand, knowledge.staples),
    )


def _have(
    food: str, at_hand: Collection[str], staples: Collection[str]
) -> Literal["have", "missing", "staple"]:
    if food in at_hand:
        return "have"
    return "staple" if food in staples else "missing"


def _names(casting: Casting, servings: int) -> dict[str, list[str]]:
    """How each filled role is called in a sentence."""
    return {
        part.role.name: [line.name for line in portions(part, casting.dish.serves, servings)]
        for part in casting.parts
    }


def _steps(casting: Casting, servings: int, units: Units) -> tuple[RecipeStep, ...]:
    """Speak the steps; a mixture is named in full once and then called what it is."""
    names = _names(casting, servings)
    short = _short_names(casting)
    steps = []
    for step in casting.dish.steps:
        if not casting.filled.issuperset(step.needs):
            continue
        text = speak(step.phrase, names, _temperature(step, units))
        if not text:
            continue
        steps.append(
            RecipeStep(
                text=text,
                minutes=step.minutes,
                temperature_c=step.temperature_c,
                phase=step.phase,
            )
        )
        for role in step.roles & short.keys():
            names[role] = [short[role]]
    return tuple(steps)


def _short_names(casting: Casting) -> dict[str, str]:
    """How a role is called once it has been named in full: "the oil", "the vegetables"."""
    everything = [word for part in casting.parts for food in part.foods for word in _split(food)]
    short = {}
    for part in casting.parts:
        word = _mixture(part.foods)
        if word is None and len(part.foods) == 1:
            head = [word for word in _split(part.foods[0]) if word not in _CUTS][-1:]
            known = _KNOWN_AS.intersection(head) and everything.count(head[0]) == 1
            word = head[0] if known else None
        if word is not None:
            short[part.role.name] = word
    return short


def _split(food: Food) -> list[str]:
    return food.name.split()


def _mixture(foods: tuple[Food, ...]) -> str | None:
    """Name three and more ingredients of a kind by their kind."""
    groups = {food.group for food in foods}
    if len(foods) >= 3 and groups <= {"vegetable", "mushroom"}:
        return "vegetables"
    return "fruit" if len(foods) >= 3 and groups == {"fruit"} else None


def _temperature(step: Step, units: Units) -> str:
    """Print the oven's temperature; its knob in °F has marks every 25 degrees."""
    if step.temperature_c is None:
        return ""
    if units is Units.METRIC:
        return f"{step.temperature_c} °C"
    return f"{round((step.temperature_c * 9 / 5 + 32) / 25) * 25} °F"
