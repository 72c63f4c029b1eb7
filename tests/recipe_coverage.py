"""For how many random pantries the built-in composer has a dinner.

``python -m tests.recipe_coverage --pantries 2000`` draws five ingredients at a time from what
the recogniser can see and counts pantries with three sensible recipes: each uses three of
the five and needs at most two purchases, no two are of one family, at most one is a salad or
a drink. Then it names the ingredients and the pantries that fail most.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from recipe_service.domain.cook.choose import (
    LEAST_USED,
    LIGHT,
    MOST_MISSING,
    Choice,
    Wish,
    choose,
)
from recipe_service.domain.cook.dishes import Dish
from recipe_service.domain.pantry.knowledge import Knowledge
from tests.recipe_lint import dishes_that_read, knowledge_that_reads

# The recogniser's 43 coarse classes as ids.
SEEN = [
    "apple", "avocado", "banana", "kiwi", "lemon", "lime", "mango", "melon", "nectarine",
    "orange", "papaya", "passion-fruit", "peach", "pear", "pineapple", "plum", "pomegranate",
    "grapefruit", "mandarin", "fruit-juice", "milk", "oat-yoghurt", "oat-milk", "sour-cream",
    "buttermilk", "soy-yoghurt", "soy-milk", "yoghurt", "asparagus", "aubergine", "white-cabbage",
    "carrot", "cucumber", "garlic", "ginger", "leek", "mushroom", "onion", "bell-pepper",
    "potato", "beetroot", "tomato", "courgette",
]  # fmt: skip
RECIPES = 3


@dataclass(frozen=True)
class Outcome:
    """What came of one pantry."""

    pantry: tuple[str, ...]
    sensible: int
    milliseconds: float
    titles: tuple[str, ...]


def survey(dishes: Sequence[Dish], knowledge: Knowledge, pantries: int, seed: int) -> list[Outcome]:
    draw = random.Random(seed)
    outcomes = []
    for _ in range(pantries):
        pantry = tuple(draw.sample(SEEN, 5))
        begun = time.perf_counter()
        choice = choose(dishes, Wish(pantry, count=RECIPES), knowledge)
        took = (time.perf_counter() - begun) * 1000
        titles = tuple(casting.dish.id for casting in choice.castings)
        outcomes.append(Outcome(pantry, sensible(choice), took, titles))
    return outcomes


def sensible(choice: Choice) -> int:
    """How many of the recipes keep the promise, together."""
    families: set[str] = set()
    kept = light = 0
    for casting in choice.castings:
        light += casting.dish.kind in LIGHT
        if (
            len(casting.used) >= LEAST_USED
            and len(casting.missing) <= MOST_MISSING
            and casting.dish.family not in families
            and (casting.dish.kind not in LIGHT or light <= 1)
        ):
            families.add(casting.dish.family)
            kept += 1
    return kept


def share(outcomes: Sequence[Outcome]) -> float:
    return sum(outcome.sensible >= RECIPES for outcome in outcomes) / len(outcomes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pantries", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=int, default=12, help="how many to print")
    asked = parser.parse_args()
    knowledge = knowledge_that_reads()
    dishes = dishes_that_read(knowledge)
    outcomes = survey(dishes, knowledge, asked.pantries, asked.seed)
    for line in report(outcomes, dishes, asked.failures):
        sys.stdout.write(line + "\n")


def report(outcomes: Sequence[Outcome], dishes: Sequence[Dish], failures: int) -> list[str]:
    failed = [outcome for outcome in outcomes if outcome.sensible < RECIPES]
    times = sorted(outcome.milliseconds for outcome in outcomes)
    drawn = Counter(food for outcome in outcomes for food in outcome.pantry)
    lost = Counter(food for outcome in failed for food in outcome.pantry)
    served = Counter(title for outcome in outcomes for title in outcome.titles)
    worst = sorted(drawn, key=lambda food: (-lost[food] / drawn[food], food))[:failures]
    families = len({dish.family for dish in dishes})
    hard = ", ".join(f"{food} {lost[food] / drawn[food]:.0%}" for food in worst)
    most = ", ".join(
        f"{name} {count / len(outcomes):.0%}" for name, count in served.most_common(12)
    )
    never = ", ".join(dish.id for dish in dishes if dish.id not in served)
    p99 = times[int(0.99 * len(times))]
    lines = [
        f"{len(dishes)} dishes of {families} families",
        f"{share(outcomes):.1%} of {len(outcomes)} pantries have {RECIPES} recipes",
        f"choosing takes {statistics.median(times):.1f} ms (median), {p99:.1f} ms (p99)",
        f"share of failures by ingredient: {hard}",
        f"most served: {most}",
        f"never served: {never}",
    ]
    lines += [
        f"only {outcome.sensible}: {' '.join(outcome.pantry)} -> {', '.join(outcome.titles)}"
        for outcome in failed[:failures]
    ]
    return lines


if __name__ == "__main__":
    main()
