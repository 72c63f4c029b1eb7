"""What a dish file may say, and what its writer is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recipe_service.domain.cook.dishes import load_dishes, read_dish
from recipe_service.domain.pantry.knowledge import KnowledgeError
from tests.unit.recipe.cook.kitchen import HEAD, KITCHEN, dish_of, read, role, step

MAIN = role("main", 'carrot = "300 g", potato = "300 g"')
SPICE = role("herb", 'garlic = "1 clove"', need="may")


def test_a_set_unfolds_in_its_order_and_leaves_named_ingredients_alone(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path, role("main", 'potato = "1 piece", "@root" = "300 g"'), step("Cook the {main}.")
    )
    assert dict(dish.roles[1].options) == {"potato": "1 piece", "carrot": "300 g", "leek": "300 g"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Cook the {mian}.", "{mian} is no role of the dish"),
        ("Cook the {main} with the {herb}.", "may be missing"),
        ("Cook the {main}[ with [the {herb}]].", "may not nest"),
        ("Cook the {main}[ with the {herb}.", "left open"),
        ("Cook the {main}[ well].", "names no role"),
        ("Cook until the {main} is soft.", "'is' agrees with a placeholder"),
        ("Cook a {main}.", "'a' before a placeholder"),
        ("Cook the {main}s.", "no 's' after it"),
        ("Cook the  {main}.", "one between words"),
        ("Cook the {main} and the leek.", "'leek' is an ingredient that may not be in the dish"),
        ("Cook the {main} and the potatoes.", "'potatoes' is an ingredient"),
        ("Cook the {main} at {temperature}.", "without temperature_c"),
        ("Cook the {main} at 200 °C.", "write {temperature}"),
        ("Cook the {main} for 7 minutes.", "says 7 minutes, but takes 5"),
        ("Cook the {main} for 3 minutes.", "takes 5 minutes, but the text speaks of 3"),
        ("Cook the {main} in 2 batches.", "'2 batches' stays the same when the dish is scaled"),
        ("Cook the {main} for two people.", "'two people' stays the same"),
        ("Cook the {salt}, {main}[ and the {herb}].", "reads 'the a, b' without the bracket"),
        ("Cook the {main}", "full stop"),
    ],
)
def test_a_fault_in_a_text_is_named(tmp_path: Path, text: str, fault: str) -> None:
    always = step("Add the {main}[ and the {herb}].")
    problems = read(tmp_path, MAIN, SPICE, always, step(text))[1]
    assert [problem.entry for problem in problems] == ["step 2"] * len(problems)
    assert any(fault in problem.fault for problem in problems), problems


@pytest.mark.parametrize(
    "text",
    [
        "Cook the {main}[ with the {herb}] for 5 minutes, until soft.",
        "Cook the {main} for 3 minutes, turn and cook for 2 minutes more.",
        "Cook the {main} for 4 to 5 minutes in 2 cm of salt.",
        "Cut the {main} into 1 cm pieces.",
    ],
)
def test_a_good_text_has_no_faults(tmp_path: Path, text: str) -> None:
    dish_of(tmp_path, MAIN, SPICE, step("Add the {main}[ and the {herb}]."), step(text))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ('carrot = "some"', "is no amount"),
        ('carrot = "0 g"', "is no amount"),
        ('carrot = "2 clove"', "not counted in 'clove'"),
        ('carrot = "2 tbsp"', "no density"),
        ('yeti = "2 g"', "no ingredient 'yeti'"),
        ('"@yetis" = "2 g", carrot = "2 g"', "no set '@yetis'"),
    ],
)
def test_a_fault_in_an_option_is_named(tmp_path: Path, options: str, fault: str) -> None:
    problems = read(tmp_path, role("main", options), step("Cook the {main}."))[1]
    assert len(problems) == 1
    assert problems[0].entry == "role main"
    assert fault in problems[0].fault


@pytest.mark.parametrize(
    "text",
    [
        "Cook the {main}.",
        "Cook the {main}[ with the {herb} and {other}].",  # the other may be missing
    ],
)
def test_a_role_is_mentioned_whenever_it_is_filled(tmp_path: Path, text: str) -> None:
    other = role("other", 'lemon = "1 piece"', need="may")
    spoken = step("Add the {other}.", more='needs = ["other"]')
    problems = read(tmp_path, MAIN, SPICE, other, spoken, step(text))[1]
    assert [problem.entry for problem in problems] == ["role herb"]


def test_there_is_no_rest_of_what_only_an_optional_step_used(tmp_path: Path) -> None:
    fat = role("fat", 'olive-oil = "2 tbsp"')
    first = step("Fry the {herb} in half of the {fat}.", more='needs = ["herb"]')
    second = step("Fry the {main} in the rest of the {fat}.")
    problems = read(tmp_path, MAIN, SPICE, fat, first, second)[1]
    assert [problem.entry for problem in problems] == ["step 2"]
    assert "of which nothing may be used before" in problems[0].fault


def test_a_title_does_not_promise_what_may_be_swapped(tmp_path: Path) -> None:
    head = HEAD.replace('"Stew"', '"Potato stew"')
    problems = read(tmp_path, MAIN, step("Cook the {main}."), head=head)[1]
    assert [problem.entry for problem in problems] == ["title"]


@pytest.mark.parametrize(
    ("place", "text", "word"),
    [
        ("summary", "Soft roots in smoky meat.", "meat"),
        ("summary", "A fishy stew.", "fishy"),
        ("title", "Cheesy stew", "Cheesy"),
        ("title", "Creamy stew", "Creamy"),
        ("step", "Cook the {main} in a buttered dish.", "buttered"),
        ("step", "Cook the {main}[ in the {fat}] until eggy.", "eggy"),
    ],
)
def test_a_word_promises_only_what_is_in_every_version(
    tmp_path: Path, place: str, text: str, word: str
) -> None:
    fat = role("fat", 'butter = "20 g", olive-oil = "20 g"', need="may")
    said = step(text) if place == "step" else step("Cook the {main}.")
    head = re.sub(rf'^{place} = ".*"$', f'{place} = "{text}"', HEAD, flags=re.MULTILINE)
    also = step("Add the {fat}.", more='needs = ["fat"]')
    problems = read(tmp_path, MAIN, fat, said, also, head=head)[1]
    assert [problem.fault for problem in problems] == [
        f"{word!r} is not in every version of the dish: say it without"
    ]


def test_a_promise_that_every_version_keeps_is_none_to_mend(tmp_path: Path) -> None:
    butter = role("fat", 'butter = "20 g"')
    cream = role("cream", 'cream = "20 ml", oat-cream = "20 ml"', need="may")
    head = HEAD.replace('"Stew"', '"Buttered stew"')
    dish_of(
        tmp_path, MAIN, butter, cream,
        step("Cook the {main} in the {fat} in a buttered dish until creamy[, with the {cream}]."),
        head=head,
    )  # fmt: skip


def test_a_role_declared_twice_is_named(tmp_path: Path) -> None:
    problems = read(tmp_path, MAIN, MAIN, step("Cook the {main}."))[1]
    assert [problem.fault for problem in problems] == ["role main is declared twice"]


def test_a_field_nobody_knows_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "stew.toml"
    path.write_text(HEAD + MAIN + "cutt = 'diced'\n" + SPICE + step("A.") * 2, encoding="utf-8")
    dish, problems = read_dish(path, KITCHEN)
    assert dish is None
    assert any("role.0.cutt" in problem.fault for problem in problems)


def test_loading_reports_every_faulty_file_at_once(tmp_path: Path) -> None:
    (tmp_path / "dishes").mkdir()
    for name in ("a", "b"):
        (tmp_path / "dishes" / f"{name}.toml").write_text("title = 3", encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        load_dishes(tmp_path, KITCHEN)
    assert {problem.file for problem in raised.value.problems} == {"a.toml", "b.toml"}
