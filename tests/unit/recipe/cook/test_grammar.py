"""Which names of ingredients stand in a text."""

from __future__ import annotations

import pytest

from recipe_service.domain.cook.grammar import named_in
from recipe_service.domain.pantry.knowledge import Knowledge
from tests.recipe_lint import knowledge_that_reads


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("Boil the leeks and the Carrot.", ["carrot", "leeks"]),
        ("Coconut milk, then a coconut.", ["coconut", "coconut milk"]),
        ("Red onions and red wine vinegar", ["red onions", "red wine vinegar"]),
        ("Leekish carrots_2, recarrot", []),
        ("Carrot-leek soup", ["carrot", "leek"]),
        ("Melt the 'nduja.", ["nduja"]),
        ("Season with water and cream", []),
    ],
)
def test_names_are_found_as_whole_words_the_longest_first(text: str, names: list[str]) -> None:
    assert named_in(text, knowledge_that_reads()) == names


def test_where_nothing_is_known_nothing_is_named() -> None:
    assert named_in("Boil the leeks.", Knowledge({}, {}, frozenset())) == []
