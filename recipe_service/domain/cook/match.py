"""Who plays which role: what is at hand against the roles of a dish."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from recipe_service.domain.cook.dishes import Dish, Role
from recipe_service.domain.pantry.knowledge import Food, Knowledge

# What an assignment is worth. Sparing the cook a purchase counts more than using up one thing
# more, and both count more than which of the options is the classic one.
_SPARES_A_PURCHASE = 4.0
_FILLS_A_MUST = 0.2
_USES = 1.0
_CLASSIC = 0.1


@dataclass(frozen=True)
class Part:
    """A filled role."""

    role: Role
    foods: tuple[Food, ...]


@dataclass(frozen=True)
class Casting:
    """A dish with its roles filled."""

    dish: Dish
    parts: tuple[Part, ...]
    used: tuple[str, ...]  # ids that were at hand
    missing: tuple[str, ...]  # ids to buy, staples not counted

    @property
    def filled(self) -> frozenset[str]:
        """Names of the filled roles."""
        return frozenset(part.role.name for part in self.parts)

    @property
    def minutes(self) -> int:
        """Minutes of the steps that this choice needs."""
        filled = self.filled
        return sum(step.minutes for step in self.dish.steps if filled.issuperset(step.needs))


def cast(
    dish: Dish,
    at_hand: Mapping[str, float],
    allowed: AbstractSet[str],
    knowledge: Knowledge,
) -> Casting | None:
    """Fill the roles of a dish as well as what is at hand allows.

    An ingredient fills one role; a role takes up to `pick`. Among all assignments the best
    is found exactly (Kuhn 1955, by scipy): fewest purchases, then most used, then the options
    that stand first. What must be there and is not at hand is a staple, else a purchase.

    Parameters
    ----------
    dish
        What to fill.
    at_hand
        Ids, with how much it matters that each is used.
    allowed
        Ids that diets and exclusions let in.
    knowledge
        Ingredients and staples.

    Returns
    -------
    Casting or None
        None when a role that must be filled has too few options that are allowed.
    """
    options = [_allowed(role, allowed) for role in dish.roles]
    if any(
        role.must and len(choice) < role.at_least
        for role, choice in zip(dish.roles, options, strict=True)
    ):
        return None
    chosen = _assign(dish, options, at_hand, knowledge.staples)
    taken = {food for foods in chosen for food in foods}
    missing: list[str] = []
    for role, choice, foods in zip(dish.roles, options, chosen, strict=True):
        while role.must and len(foods) < role.at_least:
            stand_in = _stand_in(choice, foods, taken, knowledge.staples)
            if stand_in is None:
                return None
            foods.append(stand_in)
            taken.add(stand_in)
            if stand_in not in at_hand and stand_in not in knowledge.staples:
                missing.append(stand_in)
    return _casting(dish, chosen, at_hand, missing, knowledge)


def _allowed(role: Role, allowed: AbstractSet[str]) -> Mapping[str, int]:
    """Options with their ranks; the role's own table where nothing is forbidden."""
    if role.ranks.keys() <= allowed:
        return role.ranks
    return {food: rank for food, rank in role.ranks.items() if food in allowed}


def _assign(
    dish: Dish,
    options: list[Mapping[str, int]],
    at_hand: Mapping[str, float],
    staples: AbstractSet[str],
) -> list[list[str]]:
    """Give each role the foods at hand that suit it best."""
    chosen: list[list[str]] = [[] for _ in dish.roles]
    foods = [food for food in at_hand if food in dish.foods]
    roles = [n for n, choice in enumerate(options) if any(food in choice for food in foods)]
    slots = [(n, place) for n in roles for place in range(dish.roles[n].pick)]
    if not slots:
        return chosen
    worth = np.zeros((len(foods), len(slots)))
    for column, (number, place) in enumerate(slots):
        choice, role = options[number], dish.roles[number]
        bonus = 0.0
        if role.must and place < role.at_least:
            bonus = _SPARES_A_PURCHASE if staples.isdisjoint(choice) else _FILLS_A_MUST
        for row, food in enumerate(foods):
            rank = choice.get(food)
            if rank is not None:
                classic = 1 - rank / len(role.options)
                worth[row, column] = _USES * at_hand[food] + bonus + _CLASSIC * classic
    rows, columns = linear_sum_assignment(worth, maximize=True)
    for row, column in zip(rows, columns, strict=True):
        if worth[row, column] > 0:
            chosen[slots[column][0]].append(foods[row])
    return chosen


def _stand_in(
    choice: Mapping[str, int], foods: list[str], taken: AbstractSet[str], staples: AbstractSet[str]
) -> str | None:
    """Pick what fills a role nothing at hand fills.

    Oil may go into the pan twice. The same purchase twice would be apples tossed with
    apples, unless the dish knows no other option.
    """
    free = [food for food in choice if food not in foods]
    for food in free:
        if food in staples:
            return food
    for food in free:
        if food not in taken:
            return food
    return free[0] if len(choice) == 1 and free else None


def _casting(
    dish: Dish,
    chosen: list[list[str]],
    at_hand: Mapping[str, float],
    missing: list[str],
    knowledge: Knowledge,
) -> Casting:
    parts = []
    for role, foods in zip(dish.roles, chosen, strict=True):
        if foods:
            ranked = sorted(foods, key=role.ranks.__getitem__)
            parts.append(Part(role, tuple(knowledge.foods[food] for food in ranked)))
    named = {food.id for part in parts for food in part.foods}
    used = tuple(food for food in at_hand if food in named)
    return Casting(dish, tuple(parts), used, tuple(dict.fromkeys(missing)))
