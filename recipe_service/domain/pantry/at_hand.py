"""What is at hand: everything seen on the photos and written by the user, as one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.contracts.recipe import Ingredient, IngredientList, Source
from common.errors import NoIngredients
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.names import Parsed, parse_list

MOST_UNSURE = 8


@dataclass(frozen=True)
class Sight:
    """What an engine saw on photos; ingredients with ids where the engine knows them."""

    ingredients: tuple[Ingredient, ...] = ()
    unsure: tuple[Ingredient, ...] = ()
    engine: str = "builtin"
    raw: str = ""  # what a model answered, word for word
    notes: tuple[str, ...] = ()


def gather(sight: Sight, lines: Iterable[str], names: NameIndex) -> IngredientList:
    """Make one list: the user's word first, then what was seen, surest first, each thing once.

    Raises
    ------
    NoIngredients
        Nothing was seen and nothing understood; the detail says what came nearest.
    """
    written = parse_list(lines, names)
    own = [_of_user(parsed) for parsed in written if parsed.food]
    seen = _each_once([_known(one, names) for one in sight.ingredients], taken=own)
    unsure = _each_once([_known(one, names) for one in sight.unsure], taken=[*own, *seen])
    unknown = tuple(_not_understood(parsed) for parsed in written if not parsed.food)
    if not own and not seen:
        raise NoIngredients(_nothing(unsure, unknown))
    return IngredientList(
        ingredients=(*own, *seen),
        unsure=tuple(unsure[:MOST_UNSURE]),
        unknown=unknown,
        engine=sight.engine,
        notes=sight.notes,
    )


def corrected(
    found: IngredientList, edited: Sequence[str] | None, names: NameIndex
) -> IngredientList:
    """Apply the user's corrections: their list replaces the found one, facts of a photo stay.

    Raises
    ------
    NoIngredients
        The corrected list holds nothing that is understood.
    """
    if edited is None:
        return found
    written = parse_list(edited, names)
    known = {one.id: one for one in (*found.ingredients, *found.unsure) if one.id}
    own = [_confirmed(_of_user(parsed), known) for parsed in written if parsed.food]
    unknown = tuple(_not_understood(parsed) for parsed in written if not parsed.food)
    if not own:
        raise NoIngredients(_nothing([], unknown))
    return found.model_copy(update={"ingredients": tuple(own), "unsure": (), "unknown": unknown})


def _of_user(parsed: Parsed) -> Ingredient:
    food, amount = parsed.food, parsed.amount
    assert food is not None  # noqa: S101  the callers have sorted them
    return Ingredient(
        name=food.name,
        id=food.id,
        quantity=amount.quantity if amount else None,
        unit=amount.unit if amount and amount.unit != "piece" else None,
        source=Source.USER,
    )


def _confirmed(own: Ingredient, known: dict[str, Ingredient]) -> Ingredient:
    before = known.get(own.id or "")
    if before is None or before.source is not Source.SEEN:
        return own
    return before.model_copy(update={"quantity": own.quantity, "unit": own.unit})


def _known(seen: Ingredient, names: NameIndex) -> Ingredient:
    """Give what a model named its id; what nobody knows keeps its name alone."""
    food = None if seen.id else names.get(seen.name)
    return seen if food is None else seen.model_copy(update={"id": food.id, "name": food.name})


def _each_once(found: list[Ingredient], taken: Sequence[Ingredient]) -> list[Ingredient]:
    """Keep the surest sight of each thing; several photos often show the same."""
    known = {one.id or one.name for one in taken}
    kept: dict[str, Ingredient] = {}
    for one in sorted(found, key=lambda one: -one.confidence):
        key = one.id or one.name
        if key not in known:
            kept.setdefault(key, one)
    return list(kept.values())


def _not_understood(parsed: Parsed) -> str:
    meant = f" (did you mean {parsed.suggestion}?)" if parsed.suggestion else ""
    return f"{parsed.text}{meant}"


def _nothing(unsure: Sequence[Ingredient], unknown: Sequence[str]) -> str:
    if unknown:
        return f"none of this is a known ingredient: {', '.join(unknown[:5])}"
    if not unsure:
        return "nothing edible was recognised"
    guesses = ", ".join(f"{one.name} ({one.confidence:.0%})" for one in unsure[:3])
    return f"nothing edible was recognised with confidence; the nearest guesses: {guesses}"
