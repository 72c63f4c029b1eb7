"""Every fault of the recipe knowledge, for those who write it.

``python -m tests.recipe_lint [FILE...]`` checks all files, or those named. Ids of
ingredients that are not there (yet) are counted, not listed, unless ``--ids`` asks.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recipe_service.domain.cook.dishes import read_dish
from recipe_service.domain.pantry.knowledge import Knowledge, Problem, read_knowledge

KNOWLEDGE = Path(__file__).resolve().parents[1] / "recipe_service" / "knowledge"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="all, when none is named")
    parser.add_argument("--ids", action="store_true", help="list unknown ids too")
    asked = parser.parse_args()
    knowledge, problems = read_knowledge(KNOWLEDGE)
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


def dish_problems(files: list[Path], knowledge: Knowledge) -> list[Problem]:
    everything = sorted((KNOWLEDGE / "dishes").glob("*.toml"))
    dishes = [path for path in files if path.resolve().parent.name == "dishes"]
    found: list[Problem] = []
    for path in dishes if files else everything:
        found += read_dish(path, knowledge)[1]
    return found


if __name__ == "__main__":
    sys.exit(main())
