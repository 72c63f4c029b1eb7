"""The rules a dish file must keep so that any choice of ingredients reads and cooks right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from recipe_service.domain.cook.phrases import TEMPERATURE, literal, malformed, parse
from recipe_service.domain.cook.promises import broken_promises
from recipe_service.domain.pantry.knowledge import Food, Knowledge, Problem

if TYPE_CHECKING:  # dishes.py reads files by these rules
    from recipe_service.domain.cook.dishes import Dish, Role, Step

# Words that are the name of an ingredient in one sense and plain English in another.
PLAIN_WORDS = frozenset(
    [
        "water", "ice", "cold water", "clove", "cloves", "date", "dates", "sage", "season", "oil",
        "orange", "seed", "seeds", "stock", "juice", "curry", "starch", "leaf", "leaves", "pepper",
        "greens", "cream", "roll", "rolls", "toast", "wrap", "tortilla",
    ]
)  # fmt: skip
_DISH_WORDS = re.compile(r"\b(?:bread|breads)$")  # banana bread has no bread in it
MEASURE = re.compile(r"(\d+(?:\.\d+)?) ([a-z]+)")
MEASURES = frozenset({"g", "kg", "ml", "l", "tsp", "tbsp", "cup", "pinch", "handful"})
_VOLUMES = frozenset({"ml", "l", "tsp", "tbsp", "cup"})
_MINUTES = re.compile(r"(\d+)(?: ?(?:-|\u2013|to) ?(\d+))? minutes?\b")
_FIXED_NUMBER = re.compile(
    r"(?<![\d.,/-])\d+(?:[.,/]\d+)?(?![\d.,/]*\d)(?! ?(?:-|\u2013|to|or) ?\d)"
    r"(?![ -]?(?:minutes?|hours?|seconds?|cm|mm|%))(?: \w+)?"
)
_FIXED_WORD = re.compile(
    r"\b(?:two|three|four|five|six|eight|ten|twelve) (?:\w+ )?"
    r"(?:bowls|plates|glasses|tumblers|mugs|portions|servings|people|hollows|rounds|patties|balls)\b"
)
_REST_OF = re.compile(r"(?:rest of|remaining) (?:the )?\{([a-z_]+)\}")
_WORD = re.compile(r"\w+")
_BROKEN_LIST = re.compile(r", (?:the )?\{\w+\}\[,? and\b")


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
    """Find everything that is wrong with a dish."""
    for entry, fault in _found(dish, knowledge):
        yield Problem(file, entry, fault)


def _found(dish: Dish, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for role in dish.roles:
        for fault in (*_role_faults(role, knowledge), *_mention_faults(role, dish)):
            yield f"role {role.name}", fault
    title = re.sub(_DISH_WORDS, "", dish.title)
    yield from (("title", fault) for fault in _literal_faults(title, dish, knowledge))
    for place, text in (("title", dish.title), ("summary", dish.summary)):
        faults = (*_text_faults(text, dish, ()), *broken_promises(text, dish, knowledge))
        yield from ((place, fault) for fault in faults)
    for number, step in enumerate(dish.steps, start=1):
        for fault in _step_faults(step, dish, knowledge):
            yield f"step {number}", fault
    for number, name in _rests_of_nothing(dish):
        yield f"step {number}", f"the rest of the {{{name}}}, of which nothing may be used before"
    for fault in _dish_faults(dish):
        yield "", fault


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


def _mention_faults(role: Role, dish: Dish) -> Iterator[str]:
    """Look for a mention that is spoken whenever the role is filled."""
    if not any(_surely_named(role, step, dish) for step in dish.steps):
        yield (
            "is filled at times and mentioned in no step then: name it outside brackets, "
            "in a bracket of its own, or in a step that needs only it"
        )


def _surely_named(role: Role, step: Step, dish: Dish) -> bool:
    """Whether a step names a role whenever the role is filled."""
    sure = {other.name for other in dish.roles if other.must} | {role.name}
    return sure.issuperset(step.needs) and any(
        role.name in part.roles and (not part.optional or part.roles <= sure)
        for part in step.phrase
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
    if _BROKEN_LIST.search(step.text):
        yield "reads 'the a, b' without the bracket: write 'the {a} and {b}[ and the {c}]'"
    yield from _time_faults(step)
    if found := _FIXED_NUMBER.search(step.text) or _FIXED_WORD.search(step.text):
        yield f"{found.group()!r} stays the same when the dish is scaled: say it without a number"
    yield from _literal_faults(step.text, dish, knowledge)
    yield from broken_promises(step.text, dish, knowledge, step.needs)


def _time_faults(step: Step) -> Iterator[str]:
    said = [int(last or first) for first, last in _MINUTES.findall(step.text)]
    if said and max(said) > step.minutes and "hour" not in step.text:
        yield f"says {max(said)} minutes, but takes {step.minutes}"
    if step.phase == "cook" and said and step.minutes not in {max(said), sum(said)}:
        yield f"takes {step.minutes} minutes, but the text speaks of {sum(said)}"


def _literal_faults(text: str, dish: Dish, knowledge: Knowledge) -> Iterator[str]:
    """Names of ingredients in the text itself that are not in every version of the dish."""
    for found in named_in(literal(text), knowledge):
        if not any(role.must and _all_are(role, found, knowledge) for role in dish.roles):
            yield f"{found!r} is an ingredient that may not be in the dish: write its {{role}}"


def _all_are(role: Role, word: str, knowledge: Knowledge) -> bool:
    """Whether every option is called so: rice for basmati rice and brown rice."""
    called = re.compile(rf"\b{re.escape(word)}\b")
    return all(
        any(called.search(name) for name in names_in_print(knowledge.foods[food]))
        for food in role.options
    )


def named_in(text: str, knowledge: Knowledge) -> list[str]:
    """Return names of ingredients in a text, longest first where they overlap, sorted."""
    names, text = _names_of(knowledge), text.lower()
    found, at = set(), 0
    while word := _WORD.search(text, at):
        at = word.end()
        for name in names.get(word[0], ()):
            end = word.start() + len(name)
            if text.startswith(name, word.start()) and not _WORD.match(text, end):
                found.add(name)
                at = end
                break
    return sorted(found - PLAIN_WORDS)


@lru_cache(maxsize=4)
def _names_of(knowledge: Knowledge) -> dict[str, list[str]]:
    """Find all names in print by their first word, longest first."""
    foods = knowledge.foods.values()
    names = {name.lstrip("'") for food in foods for name in names_in_print(food)}  # 'nduja
    by_word: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_word.setdefault(_WORD.findall(name)[0], []).append(name)
    return by_word


def names_in_print(food: Food) -> Iterator[str]:
    """English names of an ingredient as they may stand in a sentence."""
    for name in food.names["en"]:
        yield name.lower()
    if food.plural:
        yield food.plural.lower()


def _rests_of_nothing(dish: Dish) -> Iterator[tuple[int, str]]:
    """Look for remains of what only an optional step or clause has used."""
    used: set[str] = set()
    for number, step in enumerate(dish.steps, start=1):
        for found in _REST_OF.finditer(step.text):
            if found[1] not in used and f"{{{found[1]}}}" not in step.text[: found.start()]:
                yield number, found[1]
        used |= {role.name for role in dish.roles if _surely_named(role, step, dish)}


def _dish_faults(dish: Dish) -> Iterator[str]:
    names = [role.name for role in dish.roles]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"role {name} is declared twice"
    if sum(step.minutes for step in dish.steps) <= 0:
        yield "takes no time: give the steps minutes"
