"""The rules a dish file must keep so that any choice of ingredients reads and cooks right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from recipe_service.domain.cook.phrases import TEMPERATURE, literal, malformed, parse
from recipe_service.domain.pantry.knowledge import Food, Knowledge, Problem

if TYPE_CHECKING:  # dishes.py reads files by these rules
    from recipe_service.domain.cook.dishes import Dish, Role, Step

# Words that are the name of an ingredient in one sense and plain English in another.
PLAIN_WORDS = frozenset(
    {"water", "ice", "clove", "cloves", "date", "dates", "sage", "season", "oil", "orange", "seed"}
    | {"seeds", "stock", "juice", "leaf", "leaves", "pepper", "greens", "cream", "roll", "rolls"}
)
MEASURE = re.compile(r"(\d+(?:\.\d+)?) ([a-z]+)")
MEASURES = frozenset({"g", "kg", "ml", "l", "tsp", "tbsp", "cup", "pinch", "handful"})
_VOLUMES = frozenset({"ml", "l", "tsp", "tbsp", "cup"})
_MINUTES = re.compile(r"(\d+)(?: ?(?:-|\u2013|to) ?(\d+))? minutes?\b")


def unknown(
    file: str, given: Mapping[str, tuple[str, ...]], knowledge: Knowledge
) -> Iterator[Problem]:
    """Options that name no ingredient and no set."""
    for role, options in given.items():
        for option in options:
            if option.startswith("@"):
                if option[1:] not in knowledge.sets:
                    yield Problem(file, f"role {role}", f"options: no set {option!r}", True)  # noqa: FBT003  the field is boolean
            elif option not in knowledge.foods:
                fault = f"options: no ingredient {option!r}"
                yield Problem(file, f"role {role}", fault, unknown_id=True)


def faults(file: str, dish: Dish, knowledge: Knowledge) -> Iterator[Problem]:
    """Everything that is wrong with a dish."""
    names = [role.name for role in dish.roles]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(file, f"role {name}", "is declared twice")
    for role in dish.roles:
        for fault in _role_faults(role, knowledge):
            yield Problem(file, f"role {role.name}", fault)
        if not _always_mentioned(role, dish):
            fault = (
                "is filled at times and mentioned in no step then: name it outside brackets, "
                "in a bracket of its own, or in a step that needs only it"
            )
            yield Problem(file, f"role {role.name}", fault)
    for place, text in (("title", dish.title), ("summary", dish.summary)):
        for fault in _text_faults(text, dish, ()):
            yield Problem(file, place, fault)
    for number, step in enumerate(dish.steps, start=1):
        for fault in _step_faults(step, dish, knowledge):
            yield Problem(file, f"step {number}", fault)
    for fault in _order_faults(dish):
        yield Problem(file, "", fault)


def _role_faults(role: Role, knowledge: Knowledge) -> Iterator[str]:
    if role.at_least > role.pick:
        yield f"at_least {role.at_least} of at most {role.pick}: pick must not be smaller"
    if not role.must and role.at_least > 1:
        yield "at_least is for roles that must be filled"
    if role.name == TEMPERATURE:
        yield "'temperature' is the oven's name, choose another"
    for food, amount in role.options.items():
        for fault in _amount_faults(amount, knowledge.foods[food]):
            yield f"options: {food}: {fault}"


def _amount_faults(amount: str, food: Food) -> Iterator[str]:
    found = MEASURE.fullmatch(amount)
    if found is None or float(found.group(1)) <= 0:
        yield f"{amount!r} is no amount: write '400 g', '0.5 tsp', '2 piece'"
        return
    unit = found.group(2)
    if unit in _VOLUMES and food.density is None:
        yield f"{amount!r}: it has no density, so it is not measured by volume"
    elif unit not in MEASURES and unit not in food.units:
        allowed = ", ".join([*food.units, "g"])
        yield f"{amount!r}: it is not counted in {unit!r}; allowed: {allowed}"


def _always_mentioned(role: Role, dish: Dish) -> bool:
    """Whether some mention is spoken whenever the role is filled."""
    sure = {other.name for other in dish.roles if other.must} | {role.name}
    return any(
        role.name in fragment.roles and (not fragment.optional or fragment.roles <= sure)
        for step in dish.steps
        if set(step.needs) <= sure
        for fragment in step.phrase
    )


def _text_faults(text: str, dish: Dish, filled: tuple[str, ...]) -> Iterator[str]:
    """Find what no text may have; `filled` are roles that are there whenever the text is."""
    yield from malformed(text)
    known = {role.name: role for role in dish.roles}
    for fragment in parse(text):
        for name in sorted(fragment.roles):
            if name not in known:
                yield f"{{{name}}} is no role of the dish; its roles: {', '.join(known)}"
            elif not (fragment.optional or known[name].must or name in filled):
                yield f"{{{name}}} may be missing: put it in square brackets, or use needs"


def _step_faults(step: Step, dish: Dish, knowledge: Knowledge) -> Iterator[str]:
    yield from _text_faults(step.text, dish, step.needs)
    for name in step.needs:
        if name not in {role.name for role in dish.roles}:
            yield f"needs: no role {name!r}"
    speaks = any(TEMPERATURE in fragment.pieces[1::2] for fragment in step.phrase)
    if speaks and step.temperature_c is None:
        yield "{temperature} in a step without temperature_c"
    if re.search(r"\d ?°", step.text):
        yield "a temperature in the text: write {temperature} and temperature_c"
    if not re.search(r"[.!]\]?$", step.text):
        yield "a step ends with a full stop"
    yield from _time_faults(step)
    yield from _literal_faults(step, dish, knowledge)


def _time_faults(step: Step) -> Iterator[str]:
    said = [int(last or first) for first, last in _MINUTES.findall(step.text)]
    if said and max(said) > step.minutes and "hour" not in step.text:
        yield f"says {max(said)} minutes, but takes {step.minutes}"
    if step.phase == "cook" and said and step.minutes not in {max(said), sum(said)}:
        yield f"takes {step.minutes} minutes, but the text speaks of {sum(said)}"


def _literal_faults(step: Step, dish: Dish, knowledge: Knowledge) -> Iterator[str]:
    """Names of ingredients in the text itself that are not in every version of the dish."""
    always = {
        name
        for role in dish.roles
        if role.must and len(role.options) == 1
        for food in role.options
        for name in names_in_print(knowledge.foods[food])
    }
    if not knowledge.foods:
        return
    words = _words_of(tuple(knowledge.foods.values()))
    for found in sorted(set(words.findall(literal(step.text).lower()))):
        if found not in always | PLAIN_WORDS:
            yield f"{found!r} is an ingredient that may not be in the dish: write its {{role}}"


@lru_cache(maxsize=4)
def _words_of(foods: tuple[Food, ...]) -> re.Pattern[str]:
    names = {name for food in foods for name in names_in_print(food)}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(r"\b(" + "|".join(map(re.escape, longest_first)) + r")\b")


def names_in_print(food: Food) -> Iterator[str]:
    """English names of an ingredient as they may stand in a sentence."""
    for name in food.names["en"]:
        yield name.lower()
    if food.plural:
        yield food.plural.lower()


def _order_faults(dish: Dish) -> Iterator[str]:
    if sum(step.minutes for step in dish.steps) <= 0:
        yield "takes no time: give the steps minutes"
    phases = [step.phase for step in dish.steps]
    if "cook" in phases and "prep" in phases and phases.index("cook") < phases.index("prep"):
        yield "begins to cook before anything is prepared"
