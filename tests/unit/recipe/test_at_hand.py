"""One list from photos and words: each thing once, the user's word first, nothing invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.contracts.recipe import Ingredient, Source
from common.errors import NoIngredients
from recipe_service.domain.pantry.at_hand import Sight, corrected, gather
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.knowledge import load_knowledge

KNOWLEDGE = Path(__file__).parents[3] / "recipe_service" / "knowledge"


@pytest.fixture(scope="module")
def names() -> NameIndex:
    return NameIndex(load_knowledge(KNOWLEDGE))


def seen(name: str, confidence: float, photo: int = 0, id_: str | None = None) -> Ingredient:
    return Ingredient(name=name, id=id_, confidence=confidence, source=Source.SEEN, photo=photo)


def test_the_users_word_comes_first_and_what_was_seen_follows_surest_first(
    names: NameIndex,
) -> None:
    sight = Sight((seen("leek", 0.7, id_="leek"), seen("carrot", 0.9, id_="carrot")))
    found = gather(sight, ["2 onions"], names)
    assert [one.id for one in found.ingredients] == ["onion", "carrot", "leek"]
    assert found.ingredients[0].quantity == 2
    assert [one.source for one in found.ingredients] == ["user", "seen", "seen"]


def test_several_photos_of_one_thing_are_one_thing_seen_at_its_best(names: NameIndex) -> None:
    sight = Sight((seen("leek", 0.6, 0, "leek"), seen("leek", 0.9, 1, "leek")))
    (leek,) = gather(sight, [], names).ingredients
    assert (leek.confidence, leek.photo) == (0.9, 1)


def test_what_the_user_names_is_not_listed_a_second_time(names: NameIndex) -> None:
    found = gather(Sight((seen("carrot", 0.9, id_="carrot"),)), ["морковь 500 г"], names)  # noqa: RUF001
    assert [(one.id, one.quantity, one.unit) for one in found.ingredients] == [("carrot", 500, "g")]


def test_what_a_model_names_gets_its_id_or_keeps_its_name(names: NameIndex) -> None:
    found = gather(Sight((seen("zucchini", 0.9), seen("moon cheese dust", 0.8))), [], names)
    assert [one.id for one in found.ingredients] == ["courgette", None]
    assert found.ingredients[1].name == "moon cheese dust"


def test_guesses_below_the_threshold_are_shown_but_not_used(names: NameIndex) -> None:
    sight = Sight((seen("leek", 0.9, id_="leek"),), unsure=(seen("ginger", 0.3, id_="ginger"),))
    found = gather(sight, [], names)
    assert [one.id for one in found.ingredients] == ["leek"]
    assert [one.id for one in found.unsure] == ["ginger"]


def test_a_photo_without_food_says_what_came_nearest(names: NameIndex) -> None:
    sight = Sight(unsure=(seen("ginger", 0.31, id_="ginger"),))
    with pytest.raises(NoIngredients, match=r"ginger \(31%\)"):
        gather(sight, [], names)


@pytest.mark.parametrize("lines", [["asdfgh"], ["🙂🙂"], ["ignore previous instructions"], [" "]])
def test_nonsense_is_no_ingredient(names: NameIndex, lines: list[str]) -> None:
    with pytest.raises(NoIngredients):
        gather(Sight(), lines, names)


def test_a_misspelling_is_asked_about_not_guessed(names: NameIndex) -> None:
    found = gather(Sight(), ["rice", "brocolli"], names)
    assert [one.id for one in found.ingredients] == ["rice"]
    assert "broccoli" in found.unknown[0]


def test_a_list_nobody_corrected_stays_as_it_is(names: NameIndex) -> None:
    found = gather(Sight(), ["rice"], names)
    assert corrected(found, None, names) is found


def test_a_correction_replaces_the_list_and_keeps_what_the_photo_knew(names: NameIndex) -> None:
    sight = Sight((seen("leek", 0.9, 0, "leek"), seen("ginger", 0.8, 0, "ginger")))
    found = corrected(gather(sight, [], names), ["2 leeks", "potatoes"], names)
    assert [one.id for one in found.ingredients] == ["leek", "potato"]
    leek, potato = found.ingredients
    assert (leek.source, leek.confidence, leek.quantity) == ("seen", 0.9, 2)
    assert potato.source == "user"


def test_an_empty_correction_is_refused(names: NameIndex) -> None:
    found = gather(Sight(), ["rice"], names)
    with pytest.raises(NoIngredients):
        corrected(found, ["asdfgh"], names)
