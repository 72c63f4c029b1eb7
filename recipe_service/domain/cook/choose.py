"""Which dishes: what uses most of what is at hand, needs least, and makes a varied answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import log2

from common.contracts.recipe import Diet
from recipe_service.domain.cook.dishes import Dish
from recipe_service.domain.cook.match import Casting, cast
from recipe_service.domain.pantry.diets import allows
from recipe_service.domain.pantry.knowledge import Food, Knowledge

MOST_MISSING = 2  # a dinner, not a shopping trip
LEAST_USED = 3
LIGHT = frozenset({"salad", "drink"})  # one of them among the answers is enough

# How much it matters that an ingredient gets used, by group; 1 where nothing is said.
_MATTERS = {
    "meat": 1.6, "poultry": 1.6, "fish": 1.6, "seafood": 1.6, "soy": 1.3,
    "grain": 0.7, "pasta": 0.7, "pulse": 1.2, "bread": 0.7, "herb": 0.6, "nut": 0.5, "seed": 0.4,
    "stock": 0.4, "sauce": 0.4, "sweet": 0.3, "flour": 0.3, "alcohol": 0.3, "seaweed": 0.5,
    "fat": 0.2, "spice": 0.2, "baking": 0.2, "water": 0.1,
}  # fmt: skip
# A list of groceries asks for a meal first.
_KIND = {
    "main": 0.5, "soup": 0.4, "breakfast": 0.2, "dessert": 0.1, "side": 0.1, "salad": 0.1,
    "snack": -0.1, "drink": -0.2, "sauce": -0.6,
}  # fmt: skip
_ONE_MORE = 0.55  # what each further ingredient counts beside the one before; three are the promise
_SEASONS_G = 25.0  # a portion lighter than this
_MISSING = 0.8
_SHRUNK = 0.6  # a loaf for eight does not bake as a quarter; halves are fine
_MISSES_THE_POINT = 0.8  # who has salmon in the house does not ask for fritters
_SAME_KIND, _SAME_KITCHEN, _SAME_FOODS = 0.45, 0.3, 0.6
_HINTED = 1.2
_CLASSIC = 1.0  # potatoes and leeks are a soup before they are a tray of anything
_SLOW = 0.002  # a minute; decides between equals


@dataclass(frozen=True)
class Wish:
    """What is asked of the composer."""

    at_hand: tuple[str, ...]  # ids; unknown ones are passed over
    diets: tuple[Diet, ...] = ()
    excluded: frozenset[str] = frozenset()
    servings: int = 2
    count: int = 3
    max_minutes: int | None = None
    hint: str = ""


@dataclass(frozen=True)
class Choice:
    """The castings, best first, and what had to be relaxed to find them."""

    castings: tuple[Casting, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Rung:
    """How much is demanded of a dish; the ladder goes from the promise down to anything."""

    used: int
    missing: int
    light_once: bool

    def holds(self, casting: Casting) -> bool:
        """Whether a casting meets the demands."""
        return len(casting.used) >= self.used and len(casting.missing) <= self.missing


def choose(dishes: Iterable[Dish], wish: Wish, knowledge: Knowledge) -> Choice:
    """Pick up to `wish.count` dishes, no two of one family.

    Picks are made one after the other, each depending only on those before it: the first
    element of the answer for one dish and for five is the same, so that whoever makes the
    i-th recipe can compute its choice alone. Diets, exclusions, `max_minutes` and families are
    never relaxed; the other demands are, one at a time, and the notes say so.
    """
    return Menu(dishes, wish, knowledge).first(wish.count)


class Menu:
    """The dishes as one wish would have them, with their scores; what was picked is kept.

    Not safe to share between threads.
    """

    def __init__(self, dishes: Iterable[Dish], wish: Wish, knowledge: Knowledge) -> None:
        foods = knowledge.foods
        self._wish, self._knowledge = wish, knowledge
        self._allowed = {
            name for name, food in foods.items() if allows(food, wish.diets, wish.excluded)
        }
        self._at_hand = {
            food: _matters(foods[food])
            for food in sorted(set(wish.at_hand))
            if food in self._allowed
        }
        self._ladder = _ladder(len(self._at_hand))
        # Most answers come from the top rung, and what has no three of them cannot be on it.
        hand = frozenset(self._at_hand)
        near = [(len(dish.foods & hand), dish) for dish in dishes]
        self._later = [dish for shared, dish in near if 0 < shared < self._ladder[0].used]
        self._chosen: list[Casting] = []
        self._castings: list[Casting] = []
        self._scores: dict[str, float] = {}
        self._cast([dish for shared, dish in near if shared >= self._ladder[0].used])

    def first(self, count: int) -> Choice:
        """Answer as `choose` does for so many dishes."""
        while len(self._chosen) < count:
            casting = self._next()
            if casting is None:
                break
            self._chosen.append(casting)
        chosen = self._chosen[:count]
        notes = list(self._relaxed(chosen))
        if len(chosen) < count:
            suits = "the list" if self._wish.max_minutes is None else "the list and the time"
            notes.append(f"Only {len(chosen)} of {count} recipes: no other dish suits {suits}.")
        return Choice(tuple(chosen), tuple(notes))

    def _next(self) -> Casting | None:
        """Take the best casting of the highest rung that is not empty."""
        found = self._best(self._chosen, self._ladder[:1])
        if found is None:
            self._cast(self._later)
            self._later = []
            found = self._best(self._chosen, self._ladder)
        return found

    def _cast(self, dishes: Iterable[Dish]) -> None:
        mains = {food for food, weight in self._at_hand.items() if weight > 1}
        for dish in dishes:
            casting = cast(dish, self._at_hand, self._allowed, self._knowledge)
            limit = self._wish.max_minutes
            if casting and casting.used and (limit is None or casting.minutes <= limit):
                self._castings.append(casting)
                self._scores[dish.id] = _score(casting, self._wish, mains, self._knowledge)

    def _relaxed(self, chosen: list[Casting]) -> Iterator[str]:
        """Say which demands the chosen dishes do not meet."""
        asked = self._ladder[0]
        if any(len(casting.used) < asked.used for casting in chosen):
            yield f"Not every recipe uses {asked.used} of the ingredients at hand."
        if any(len(casting.missing) > asked.missing for casting in chosen):
            yield f"Not every recipe gets by with {asked.missing} purchases."
        if sum(casting.dish.kind in LIGHT for casting in chosen) > 1:
            yield "There is more than one salad or drink among the recipes."

    def _best(self, chosen: list[Casting], ladder: tuple[_Rung, ...]) -> Casting | None:
        families = {casting.dish.family for casting in chosen}
        light = any(casting.dish.kind in LIGHT for casting in chosen)
        free = [casting for casting in self._castings if casting.dish.family not in families]
        for rung in ladder:
            fits = [
                casting
                for casting in free
                if rung.holds(casting)
                and not (rung.light_once and light and casting.dish.kind in LIGHT)
            ]
            if fits:
                return min(fits, key=partial(_rank, chosen=chosen, scores=self._scores))
        return None


def _matters(food: Food) -> float:
    """Weigh an ingredient; garlic, ginger and lemon season a dinner, they are none."""
    seasons = food.group in {"vegetable", "fruit"} and food.portion_g < _SEASONS_G
    return 0.5 if seasons else _MATTERS.get(food.group, 1.0)


def _score(casting: Casting, wish: Wish, mains: set[str], knowledge: Knowledge) -> float:
    dish = casting.dish
    weights = sorted((_matters(knowledge.foods[food]) for food in casting.used), reverse=True)
    used = sum(
        weight * _ONE_MORE ** max(0, place - LEAST_USED + 1) for place, weight in enumerate(weights)
    )
    bought = sum(_matters(knowledge.foods[food]) for food in casting.missing)
    score = used - _MISSING * bought + _KIND[dish.kind] - _SLOW * casting.minutes
    shrunk = log2(dish.serves / wish.servings)
    score -= _SHRUNK * max(0.0, shrunk - 1)
    if mains and mains.isdisjoint(casting.used):
        score -= _MISSES_THE_POINT
    if wish.hint:
        score += _HINTED * len(_words(wish.hint) & _words_of(dish))
    return score + _CLASSIC * _precision(casting)


def _precision(casting: Casting) -> float:
    """How closely the dish asks for what is used: 1 when each could be nothing else."""
    asked = [
        1 / len(part.role.options) ** 0.5
        for part in casting.parts
        for food in part.foods
        if food.id in casting.used
    ]
    return float(sum(asked) / len(asked))


def _words_of(dish: Dish) -> frozenset[str]:
    return _words(" ".join((dish.title, dish.kitchen, dish.kind, dish.family, *dish.keywords)))


def _words(text: str) -> frozenset[str]:
    """Words of four letters and more: a hint is a wish for a kind of dish, nothing else."""
    return frozenset(re.findall(r"[^\W\d_]{4,}", text.lower()))


def _ladder(at_hand: int) -> tuple[_Rung, ...]:
    three, two = min(LEAST_USED, at_hand), min(2, at_hand)
    return (
        _Rung(three, MOST_MISSING, light_once=True),
        _Rung(two, MOST_MISSING + 2, light_once=True),
        _Rung(1, MOST_MISSING + 2, light_once=True),
        _Rung(two, MOST_MISSING + 2, light_once=False),
        _Rung(1, 99, light_once=False),
    )


def _rank(casting: Casting, chosen: list[Casting], scores: dict[str, float]) -> tuple[float, str]:
    """Order by what is best and unlike those chosen before; the id breaks ties."""
    score = scores[casting.dish.id]
    for other in chosen:
        score -= _SAME_KIND * (other.dish.kind == casting.dish.kind)
        score -= _SAME_KITCHEN * (other.dish.kitchen == casting.dish.kitchen)
        both = set(other.used) & set(casting.used)
        score -= _SAME_FOODS * len(both) / len({*other.used, *casting.used})
    return -round(score, 6), casting.dish.id
