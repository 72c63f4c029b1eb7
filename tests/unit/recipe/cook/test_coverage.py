"""Random pantries of what the recogniser sees have a dinner in them."""

from __future__ import annotations

import statistics

from tests.recipe_coverage import share, survey
from tests.recipe_lint import dishes_that_read, knowledge_that_reads


def test_nearly_every_pantry_of_five_has_three_sensible_recipes() -> None:
    knowledge = knowledge_that_reads()
    dishes = dishes_that_read(knowledge)
    outcomes = survey(dishes, knowledge, pantries=300, seed=5)
    assert len(dishes) >= 120
    assert share(outcomes) >= 0.95
    # ten times what it takes on a machine with nothing else to do
    assert statistics.median(outcome.milliseconds for outcome in outcomes) < 60
