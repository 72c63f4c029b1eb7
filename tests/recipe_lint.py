"""Every fault of the recipe knowledge, for those who write it.

``python -m tests.recipe_lint [FILE...]`` checks all files, or those named. Ids of
ingredients that are not there (yet) are counted, not listed, unless ``--ids`` asks.
``--read DISH [--have carrot,leek]`` prints a dish as a person would read it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.contracts.recipe import Recipe
from recipe_service.domain.cook.dishes import Dish, read_dish
from recipe_service.domain.cook.match import cast
from recipe_service.domain.cook.write import write
from recipe_service.domain.pantry.knowledge import Knowledge, Problem, read_knowledge

KNOWLEDGE = Path(__file__).resolve().parents[1] / "recipe_service" / "knowledge"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="all, when none is named")
    parser.add_argument("--ids", action="store_true", help="list unknown ids too")
    parser.add_argument("--read", metavar="DISH", help="print this dish, by id")
    parser.add_argument("--have", default="", help="ids at hand for --read, with commas")
    parser.add_argument("--servings", type=int, default=None)
    asked = parser.parse_args()
    knowledge, problems = read_knowledge(KNOWLEDGE)
    if asked.read:
        return read_aloud(asked.read, asked.have, asked.servings, knowledge)
    problems += dish_problems(asked.files, knowledge)
    wanted = {path.name for path in asked.files}
    shown = [problem for problem in problems if not wanted or problem.file in wanted]
    real = [problem for problem in shown if not problem.unknown_id]
    unknown = [problem for problem in shown if problem.unknown_id]
    for problem in real + (unknown if asked.ids else []):
        sys.stdout.write(f"{problem}\n")
    files = len(asked.files) or len(list(KNOWLEDGE.glob("*/*.toml")))
    sys.stdout.write(
        f"{files} files, {len(knowledge.foods)} ingredients: {len(real)} faults, "
        f"{len(unknown)} ids not there (--ids lists them)\n"
    )
    return 1 if real else 0


def knowledge_that_reads() -> Knowledge:
    """What can be used of the ingredient files, also while they are being written."""
    return read_knowledge(KNOWLEDGE)[0]


def dishes_that_read(knowledge: Knowledge) -> tuple[Dish, ...]:
    """Dishes whose files can be read, also while ingredients or wording are missing."""
    paths = sorted((KNOWLEDGE / "dishes").glob("*.toml"))
    read = [read_dish(path, knowledge)[0] for path in paths]
    return tuple(dish for dish in read if dish is not None)


def read_aloud(name: str, have: str, servings: int | None, knowledge: Knowledge) -> int:
    dish, problems = read_dish(KNOWLEDGE / "dishes" / f"{name}.toml", knowledge)
    at_hand = {food: 1.0 for food in have.split(",") if food}
    casting = None
    if dish is not None:
        casting = cast(dish, at_hand, knowledge.foods.keys(), knowledge)
    for problem in problems:
        if not problem.unknown_id:
            sys.stdout.write(f"{problem}\n")
    if dish is None or casting is None:
        sys.stdout.write("cannot be cooked\n")
        return 1
    recipe = write(casting, knowledge, at_hand, servings or dish.serves)
    sys.stdout.write(as_text(recipe))
    return 0


def as_text(recipe: Recipe) -> str:
    times = f"{recipe.prep_minutes} + {recipe.cook_minutes} + {recipe.rest_minutes} min"
    head = [
        recipe.title.upper(),
        f"{recipe.kitchen} {recipe.kind}, serves {recipe.servings}, {times}",
        recipe.summary,
        "",
    ]
    listed = [
        f"  {line.amount} {line.name}{', ' if line.note else ''}{line.note}"
        f"{'' if line.have == 'have' else f' ({line.have})'}"
        for line in recipe.ingredients
    ]
    steps = [f"{n}. {step.text}" for n, step in enumerate(recipe.steps, start=1)]
    facts = f"missing {recipe.missing}; {recipe.nutrition}"
    return "\n".join([*head, *listed, "", *steps, facts, "", ""])


def dish_problems(files: list[Path], knowledge: Knowledge) -> list[Problem]:
    everything = sorted((KNOWLEDGE / "dishes").glob("*.toml"))
    dishes = [path for path in files if path.resolve().parent.name == "dishes"]
    found: list[Problem] = []
    for path in dishes if files else everything:
        found += read_dish(path, knowledge)[1]
    return found


if __name__ == "__main__":
    sys.exit(main())
