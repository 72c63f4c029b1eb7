"""The ingredient list of a casting: how much of what, and how it is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from common.contracts.recipe import Units
from recipe_service.domain.cook.match import Casting, Part
from recipe_service.domain.pantry.amounts import Amount, grams_of, parse_amount, print_amount, scale
from recipe_service.domain.pantry.knowledge import Food

_MOST_PORTIONS = 1.5  # of one ingredient in a mixture, or ten cloves of garlic share with a potato
_LEAST_PIECE_G = 30.0  # lighter things are weighed, not counted, in a mixture
_WHOLE_ERROR, _HALF_ERROR = 0.25, 0.12  # how far a count may be from the weight it stands for
# One of these is a part of the thing, so that the thing keeps its singular: "2 slices lemon".
_PARTS = frozenset({"slice", "clove", "head", "cube", "sheet", "stalk", "knob", "leaf"})
_MOST_COUNTED = 6  # a cook weighs what is more
_LEAST_CUT_G = 9.0
_PRESERVED = ("canned ", "tinned ", "frozen ", "dried ")
_CUTS = ("minced ", "stewing ", "whole "), (" breast", " thigh", " fillet", " steak")


@dataclass(frozen=True)
class Line:
    """One ingredient of the list."""

    food: Food
    amount: Amount
    about: Amount | None  # what a count weighs
    cuts: tuple[str, ...]

    @property
    def grams(self) -> float | None:
        """What it weighs."""
        return grams_of(self.amount, self.food)

    @property
    def name(self) -> str:
        """As a cookbook prints it behind its amount."""
        return called(self.food, self.amount)

    def note(self, units: Units) -> str:
        """How it is cut, and about how much a count weighs."""
        about = (
            () if self.about is None else (f"about {print_amount(self.about, self.food, units)}",)
        )
        return ", ".join((*about, *self.cuts))


def lines_of(casting: Casting, servings: int) -> tuple[Line, ...]:
    """List every ingredient once, in the order of the roles."""
    lines: dict[str, Line] = {}
    for part in casting.parts:
        for line in portions(part, casting.dish.serves, servings):
            known = lines.get(line.food.id)
            lines[line.food.id] = line if known is None else _merged(known, line)
    return tuple(lines.values())


def portions(part: Part, serves: int, servings: int) -> Iterator[Line]:
    """Say how much of each ingredient fills a role.

    A role that several ingredients fill shares its amount equally, by weight; none takes
    more than a portion and a half a head where the others can make up for it.
    """
    for food, share in zip(part.foods, _shares(part, serves), strict=True):
        cuts = _cuts(part, food)
        amount = parse_amount(part.role.options[food.id])
        amount = scale(amount, share * servings / serves, food)
        counted = _counted(amount, food) if part.role.pick > 1 else None
        if counted is not None:
            weight = Amount(grams_of(counted, food) or amount.quantity, "g")
            yield Line(food, counted, _rounded(weight), cuts)
        else:
            yield Line(food, _printable(amount, food), None, cuts)


def called(food: Food, amount: Amount) -> str:
    """Name a food, in the plural when the amount is several of it."""
    if food.plural is None:
        return food.name
    unit, quantity = amount.unit, amount.quantity
    if unit in {"g", "kg"}:
        piece = food.units.get("piece") or next(iter(food.units.values()))
        several = (grams_of(amount, food) or 0) > 1.2 * piece
    elif unit == "piece":
        several = quantity > 1
    else:
        several = unit not in _PARTS or food.name.endswith(unit)
    return food.plural if several else food.name


def bare(name: str) -> str:
    """Name a food as a title does: not how it was kept or cut."""
    for before in (*_PRESERVED, *_CUTS[0]):
        name = name.removeprefix(before)
    for behind in _CUTS[1]:
        name = name.removesuffix(behind).removesuffix(behind + "s")
    return name


def _cuts(part: Part, food: Food) -> tuple[str, ...]:
    """How it is cut; nobody slices blueberries because the apples beside them are sliced."""
    whole = part.role.pick > 1 and food.units.get("piece", _LEAST_CUT_G) < _LEAST_CUT_G
    return () if whole or not part.role.cut else (part.role.cut,)


def _shares(part: Part, serves: int) -> list[float]:
    """Share a role's amount, as fractions of it; small portions are filled first."""
    totals = [
        grams_of(parse_amount(part.role.options[food.id]), food) or 100.0 for food in part.foods
    ]
    most = [
        _MOST_PORTIONS * food.portion_g * serves / total
        for food, total in zip(part.foods, totals, strict=True)
    ]
    shares = [1.0] * len(part.foods)
    left = 1.0
    order = sorted(range(len(most)), key=lambda place: most[place])
    for rank, place in enumerate(order):
        equal = left / (len(order) - rank)
        last = rank == len(order) - 1
        shares[place] = equal if last else min(equal, most[place])
        left -= shares[place]
    return shares


def _counted(amount: Amount, food: Food) -> Amount | None:
    """Count what a cook counts, when the count comes close to the weight."""
    piece = food.units.get("piece")
    if amount.unit != "g" or food.plural is None or piece is None or piece < _LEAST_PIECE_G:
        return None
    pieces = amount.quantity / piece
    if pieces > _MOST_COUNTED:
        return None
    whole, half = float(round(pieces)), round(pieces * 2) / 2
    if abs(whole / pieces - 1) <= (_WHOLE_ERROR if whole > 1 else _HALF_ERROR):
        return Amount(whole, "piece")
    return Amount(half, "piece") if abs(half / pieces - 1) <= _HALF_ERROR else None


def _printable(amount: Amount, food: Food) -> Amount:
    """Say "400 g canned tomatoes", not "1 can canned", and "2 bay leaves", not "2 leaves bay"."""
    if amount.unit == "can" and food.name.startswith(_PRESERVED):
        grams = grams_of(amount, food)
        return amount if grams is None else _rounded(Amount(grams, "g"))
    if amount.unit != "piece" and food.name.endswith(" " + amount.unit):
        return Amount(amount.quantity, "piece")
    return amount


def _merged(first: Line, second: Line) -> Line:
    """Make one line of two of the same ingredient."""
    cuts = tuple(dict.fromkeys((*first.cuts, *second.cuts)))
    if first.amount.unit == second.amount.unit:
        total = Amount(first.amount.quantity + second.amount.quantity, first.amount.unit)
        return Line(first.food, total, None, cuts)
    grams = (first.grams or 0.0) + (second.grams or 0.0)
    return Line(first.food, _rounded(Amount(grams, "g")), None, cuts)


def _rounded(amount: Amount) -> Amount:
    """Round to what a scale shows: scaling does, unless the factor is 1."""
    return scale(Amount(amount.quantity * 2, amount.unit), 0.5)
