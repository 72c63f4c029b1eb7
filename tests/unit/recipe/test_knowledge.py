"""Facts about ingredients: what a file must hold, and that ours hold it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipe_service.domain.cook.dishes import load_dishes
from recipe_service.domain.pantry.knowledge import (
    KnowledgeError,
    load_knowledge,
    read_foods,
    read_knowledge,
)
from tests.recipe_lint import KNOWLEDGE

CARROT = """
[carrot]
en = ["carrot", "baby carrot"]
plural = "carrots"
ru = ["морковь"]
vi = ["cà rốt"]
zh = ["胡蘿蔔"]
group = "vegetable"
units = { piece = 61 }
portion_g = 100
nutrition = { kcal = 41, protein = 0.9, fat = 0.2, saturated = 0, carbs = 9.6, sugar = 4.7, fibre = 2.8, sodium_mg = 69 }
source = "USDA SR28 11124"
"""  # noqa: E501


def folder_of(folder: Path, ingredients: str, sets: str = "", staples: str = "") -> Path:
    (folder / "ingredients").mkdir()
    (folder / "ingredients" / "a.toml").write_text(ingredients, encoding="utf-8")
    (folder / "sets.toml").write_text(sets, encoding="utf-8")
    (folder / "staples.toml").write_text(staples, encoding="utf-8")
    return folder


def test_an_ingredient_is_read(tmp_path: Path) -> None:
    carrot = load_knowledge(folder_of(tmp_path, CARROT)).foods["carrot"]
    assert (carrot.name, carrot.plural, carrot.units) == ("carrot", "carrots", {"piece": 61})
    assert carrot.names["vi"] == ("cà rốt",)
    assert carrot.nutrition.fibre == 2.8
    assert carrot.density is None


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('ru = ["морковь"]', "", "ru: Field required"),
        ('vi = ["cà rốt"]', "vi = []", "vi: "),
        ('"vegetable"', '"veg"', "group: Input should be 'vegetable'"),
        ("piece = 61", "bucket = 61", "units.bucket"),
        ("kcal = 41", "kcal = 2000", "nutrition.kcal"),
        ("kcal = 41", "kcal = 200", "200.0 kcal are more than"),
        ("sugar = 4.7", "sugar = 14.7", "more sugar than carbs"),
        ("saturated = 0,", "saturated = 7,", "more saturated fat than fat"),
        ("protein = 0.9", "protein = 95", "more than 100 g together"),
        ("units = { piece = 61 }", "", "plural: only what can be counted"),
        ("portion_g = 100", "portion_g = 100\ncolour = 'orange'", "colour: Extra inputs"),
        ("portion_g = 100", "portion_g = 100\nallergens = ['carrot']", "allergens"),
        ("[carrot]", "[Carrot]", "id: String should match pattern"),
        ("portion_g = 100", "portion_g = ", "cannot be read"),
    ],
)
def test_a_fault_in_an_ingredient_is_named(
    tmp_path: Path, was: str, becomes: str, fault: str
) -> None:
    path = tmp_path / "roots.toml"
    path.write_text(CARROT.replace(was, becomes), encoding="utf-8")
    problems = read_foods(path)[1]
    assert problems
    assert all(str(problem).startswith("roots.toml") for problem in problems)
    assert any(fault in problem.fault for problem in problems), problems


@pytest.mark.parametrize(
    ("sets", "staples", "extra", "fault"),
    [
        ('root = ["carrot", "yeti"]', "", "", "sets.toml: root: no ingredient 'yeti'"),
        ('root = ["carrot", "carrot"]', "", "", "sets.toml: root: holds 'carrot' twice"),
        ('root = "carrot"', "", "", "sets.toml: root: must be a list"),
        ("", 'staples = ["yeti"]', "", "staples.toml: staples: no ingredient 'yeti'"),
        ("", "", 'substitutes = ["yeti"]', "[carrot]: substitutes: no other ingredient 'yeti'"),
        ("", "", 'substitutes = ["carrot"]', "[carrot]: substitutes: no other ingredient 'carrot'"),
    ],
)
def test_names_of_nothing_are_found(
    tmp_path: Path, sets: str, staples: str, extra: str, fault: str
) -> None:
    with pytest.raises(KnowledgeError) as raised:
        load_knowledge(folder_of(tmp_path, CARROT + extra, sets, staples))
    assert fault in str(raised.value)
    assert len(raised.value.problems) == 1


def test_the_same_ingredient_in_two_files_is_found(tmp_path: Path) -> None:
    folder_of(tmp_path, CARROT)
    (tmp_path / "ingredients" / "b.toml").write_text(CARROT, encoding="utf-8")
    problems = read_knowledge(tmp_path)[1]
    assert [str(problem) for problem in problems] == ["b.toml: carrot: stands in two files"]


def test_our_own_knowledge_has_no_faults() -> None:
    knowledge = load_knowledge(KNOWLEDGE)
    dishes = load_dishes(KNOWLEDGE, knowledge)
    assert len(knowledge.foods) >= 300
    assert len(dishes) >= 120
    assert len({dish.family for dish in dishes}) >= 60
