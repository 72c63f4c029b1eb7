"""What is excluded: kinds, foods in four languages, slips of the pen, and what nobody knows."""

# ruff: noqa: RUF001 (Cyrillic letters look like Latin ones)

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


@pytest.mark.parametrize(
    ("line", "out", "unknown"),
    [
        ("eggs and wine", "egg", "wine"),
        ("eggs & wine", "egg", "wine"),
        ("eggs (and wine)", "egg", "wine"),
        ("peanuts and soja", "peanut", "soja"),
        ("milk und Nüsse", "milk", "nüsse"),
        ("nuts and citrus", "walnut", "citrus"),
        ("nuts and citrus fruits", "walnut", "citrus fruits"),
        ("nuts and seeds", "walnut", "seeds"),
        ("nuts seeds", "walnut", "seeds"),
        ("nuts and fruit", "walnut", "fruit"),
        ("rice & wine", "rice", "wine"),
        ("pork and booze", "pork", "booze"),
        ("meat and animal fat", "beef", "animal fat"),
        ("no egg no fungus", "egg", "fungus"),
        ("fish Schalentiere", "salmon", "schalentiere"),
        ("mushrooms and spicy food", "mushroom", "spicy"),
        ("everything except eggs", "egg", "except"),
        ("nuts and almods", "walnut", "almods"),
        ("рыба и дичь", "salmon", "дичь"),
        ("sữa và sầu riêng", "milk", "sầu riêng"),
        ("牛奶和柑橘", "milk", "柑橘"),
        ("no nuts 🍩", "walnut", "doughnut"),
    ],
)
def test_what_is_not_understood_beside_what_is_gets_asked_back(
    line: str, out: str, unknown: str
) -> None:
    found = exclude([line], NAMES)
    assert out in found.ids
    assert found.unknown == (unknown,)


@pytest.mark.parametrize("line", ["🥜", "🥚 🥛", "???", "-", "nuts, 🥛", "eggs; ?"])
def test_a_picture_or_a_sign_alone_is_asked_back(line: str) -> None:
    assert exclude([line], NAMES).unknown == (line.rpartition(", ")[2].rpartition("; ")[2],)


def test_what_nobody_can_see_is_no_question() -> None:
    assert exclude(["eggs, \u200b", "\u200bwine"], NAMES).unknown == ("wine",)


def test_a_picture_beside_words_is_read() -> None:
    found = exclude(["no nuts 🥛"], NAMES)
    assert {"walnut", "milk"} <= found.ids
    assert found.unknown == ()


HONEST = """
nut allergy | tree nut allergy | I have coeliac disease | I'm allergic to peanuts | nut-free
I don’t eat fish | my wife can't eat celery | severe peanut allergy | no nuts please | NO NUTS!!!
due to allergies no eggs | lactose intolerant | nuts and nut products | all kinds of nuts
traces of nuts | nuts and so on | nuts etc. | dairy products like milk and butter | 1 egg
nuts (incl. peanuts) | nuts, including peanuts | nuts: almonds, walnuts | 100 g nuts | “nuts”
pork for religious reasons | alcohol in any form | strictly no pork | no fish or meat | no nuts 😊
raw or undercooked eggs | egg whites | hen's eggs | soft and blue cheeses | unpasteurised cheese
cow's milk protein | cow milk | semi-skimmed milk | sheep cheese | milk powder | oily fish
smoked salmon | fish oil | fish fingers | peanut oil | roasted peanuts | brazil nuts | mixed nuts
sesame seeds | mustard seeds | celery seeds | celery salt | coriander leaves | kiwi fruit
red and processed meat | pork products | chicken soup | corned beef | minced beef | lamb chops
tomato sauce | cooked tomatoes | raw onions | button mushrooms | green beans | white chocolate
half and half | tomato and clam juice | beef and pork mince | Lea & Perrins | salt and pepper
nuts/dairy | nuts + eggs | eggs et milk | eggs und milk | nuts 🥜 | 🚫 nuts | ⚠️ peanuts ⚠️
молоко и яйца | у меня аллергия на орехи | продукты с глютеном | коровье молоко | не ем свинину
копченая рыба | непереносимость лактозы | куриные яйца | dị ứng đậu phộng | tôi không ăn cá
sữa và trứng | sữa dê | khong an ca | di ung tom | 對花生過敏 | 不吃牛肉和豬肉 | 牛奶製品
鸡蛋 | 無麩質 | raw fish
""".replace("\n", " | ").split(" | ")


@pytest.mark.parametrize("line", [line.strip() for line in HONEST if line.strip()])
def test_what_people_say_around_an_exclusion_is_no_question(line: str) -> None:
    found = exclude([line], NAMES)
    assert found.ids
    assert found.unknown == ()


def test_excluding_a_known_name_excludes_its_own_food() -> None:
    """In every language, whatever kind words are in the name; a name of two foods is either's."""
    kept = [
        (food.id, name)
        for food in FOODS.values()
        for name in (*(name for called in food.names.values() for name in called), food.plural)
        if name and (food.id not in exclude([name], NAMES).ids or exclude([name], NAMES).unknown)
    ]
    assert kept == []
