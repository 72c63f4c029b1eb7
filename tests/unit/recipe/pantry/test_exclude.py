"""What is excluded: kinds, foods in four languages, slips of the pen, and what nobody knows."""

from __future__ import annotations

import pytest

from recipe_service.domain.pantry.exclude import exclude
from recipe_service.domain.pantry.index import index_of
from recipe_service.domain.pantry.kinds import KINDS
from tests.recipe_lint import knowledge_that_reads

KNOWLEDGE = knowledge_that_reads()
FOODS = KNOWLEDGE.foods
NAMES = index_of(KNOWLEDGE)


@pytest.mark.parametrize(
    ("line", "out", "kept"),
    [
        ("nuts", {"almond", "walnut", "peanut", "peanut-butter", "almond-milk"}, {"nutmeg"}),
        ("орехи", {"almond", "peanut"}, {"carrot"}),
        ("allergic to peanuts", {"peanut", "peanut-butter"}, {"green-pea"}),
        ("milk", {"milk", "butter", "cheddar", "cream"}, {"oat-milk", "coconut-milk"}),
        ("egg", {"egg", "mayonnaise", "egg-noodle"}, {"aubergine"}),
        ("onions", {"onion", "red-onion", "spring-onion"}, {"leek"}),
        ("лук", {"onion", "red-onion"}, {"garlic"}),
        ("курица", {"chicken-breast", "chicken-thigh", "chicken-stock"}, {"egg"}),
        ("花生", {"peanut", "peanut-butter"}, {"almond"}),
        ("hải sản", {"prawn", "salmon", "fish-sauce", "oyster-sauce"}, {"nori"}),
        ("penuts", {"peanut"}, set()),
        ("gluten", {"flour", "pasta", "soy-sauce"}, {"rice"}),
        ("celiac", {"bread", "pasta", "soy-sauce"}, {"celeriac"}),
        ("I am a coeliac", {"bread", "pasta"}, {"celeriac"}),
        ("coeliac disease", {"bread", "pasta"}, {"celeriac"}),
        ("целиакия", {"bread", "pasta"}, {"celeriac"}),
        ("bệnh celiac", {"bread", "pasta"}, {"celeriac"}),
        ("乳糜瀉", {"bread", "pasta"}, {"celeriac"}),
        ("鮮奶", {"milk", "butter", "cheddar"}, {"oat-milk", "coconut-milk"}),
        ("sua", {"milk", "butter", "cheddar"}, {"oat-milk", "coconut-milk"}),
        ("trung", {"egg", "mayonnaise", "egg-noodle"}, {"flour"}),
        ("rice and penuts", {"rice", "peanut", "peanut-butter"}, set()),
        # a kind word that is part of a name says which food it is
        ("coconut milk", {"coconut-milk"}, {"milk", "butter", "oat-milk"}),
        ("oat milk", {"oat-milk"}, {"milk", "butter", "soy-milk"}),
        ("crab meat", {"crab"}, {"beef", "pork", "chicken-breast"}),
        ("мясо краба", {"crab"}, {"beef"}),
        ("thịt cua", {"crab"}, {"beef"}),
        ("蟹肉", {"crab"}, {"beef"}),
        ("火雞肉", {"turkey"}, {"beef", "chicken-breast"}),
        ("beef tomato", {"tomato"}, {"beef"}),
        ("vanilla bean", {"vanilla"}, {"black-bean"}),
        ("goat cheese", {"goat-cheese", "cheddar"}, set()),
        ("peanut butter", {"peanut-butter", "peanut"}, {"butter"}),
        ("gluten-free flour", {"gluten-free-flour", "flour"}, set()),  # both, to be safe
        # no name goes on behind a comma or a sign
        ("coconut, milk", {"coconut", "milk", "butter"}, {"oat-milk"}),
        ("coconut & milk", {"coconut", "milk", "butter"}, {"oat-milk"}),
        ("Lea & Perrins", {"worcestershire-sauce"}, {"fish-sauce"}),
        ("allergic to: nuts (all of them)", {"almond", "peanut"}, set()),
        # a fish, a shellfish, a nut: what is made with its allergen too
        ("shrimp", {"prawn", "curry-paste", "kimchi"}, {"oyster-sauce", "salmon"}),
        ("shrimp paste", {"prawn", "curry-paste", "kimchi"}, set()),
        ("anchovies", {"anchovy", "worcestershire-sauce", "fish-sauce"}, {"salmon"}),
        ("clams", {"mussel", "oyster-sauce"}, {"prawn"}),
        ("squid", {"squid", "oyster-sauce"}, {"prawn"}),
        ("cashews", {"cashew", "pesto"}, {"walnut", "peanut"}),
        ("shell fish", {"prawn", "mussel", "oyster-sauce"}, {"salmon", "cod"}),
        ("shell-fish", {"prawn", "mussel", "oyster-sauce"}, {"salmon", "cod"}),
        ("cod", {"cod", "crab-stick", "fish-sauce"}, {"salmon"}),
        ("beef", {"beef", "beef-and-pork-mince"}, {"pork"}),
        ("alcohol", {"red-wine", "mirin", "vanilla"}, {"wine-vinegar"}),
    ],
)
def test_an_exclusion_takes_its_kind_with_it(line: str, out: set[str], kept: set[str]) -> None:
    found = exclude([line], NAMES)
    assert out <= found.ids
    assert not kept & found.ids
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("penuts", "peanut"), ("glutin", "gluten"), ("diary", "milk"), ("cheeze", "cheese"),
        ("chese", "cheese"), ("eggz", "egg"), ("shelfish", "shellfish"), ("mollusks", "shellfish"),
    ],
)  # fmt: skip
def test_a_misspelled_kind_excludes_the_whole_kind(line: str, kind: str) -> None:
    found = exclude([line], NAMES)
    assert found.unknown == ()
    assert kind in found.kinds
    assert {food.id for food in FOODS.values() if KINDS[kind].holds(food)} <= found.ids


@pytest.mark.parametrize(
    ("line", "guess"),
    [
        ("durian", ""), ("custard", "mustard"), ("perch", "peach"), ("mullet", "millet"),
        ("bran", "rum"), ("dashi", "yoghurt"), ("berries", "cherry"), ("celiriac", "celeriac"),
    ],
)  # fmt: skip
def test_a_word_nobody_knows_is_asked_back_and_never_taken_for_another(
    line: str, guess: str
) -> None:
    found = exclude([line], NAMES)
    assert (found.ids, found.kinds) == (frozenset(), ())
    assert (found.unknown, found.guesses) == ((line,), (guess,))
    asked = f"{line!r} (did you mean {guess}?)" if guess else repr(line)
    assert found.questions == (asked,)


def test_every_part_of_a_list_must_be_understood() -> None:
    assert exclude(["milk, durian"], NAMES).unknown == ("durian",)


def test_excluding_a_known_name_excludes_its_own_food() -> None:
    """In every language, whatever kind words are in the name; a name of two foods is either's."""
    kept = [
        (food.id, name)
        for food in FOODS.values()
        for name in (*(name for called in food.names.values() for name in called), food.plural)
        if name and food.id not in exclude([name], NAMES).ids
    ]
    assert kept == []
