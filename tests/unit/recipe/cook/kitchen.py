"""A kitchen small enough to reason about: a dozen ingredients, and dishes from a few words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from recipe_service.domain.cook.dishes import Dish, read_dish
from recipe_service.domain.pantry.knowledge import Food, Knowledge, Nutrition, Problem

ANYTHING = Nutrition(
    kcal=50, protein=1, fat=1, saturated=0.2, carbs=9, sugar=3, fibre=2, sodium_mg=20
)


def food(name: str, plural: str | None = None, **facts: Any) -> Food:
    return Food(
        **{
            "id": name.replace(" ", "-"),
            "names": dict.fromkeys(("en", "ru", "vi", "zh"), (name,)),
            "plural": plural,
            "group": "vegetable",
            "units": {"piece": 100.0},
            "density": None,
            "portion_g": 100.0,
            "nutrition": ANYTHING,
            "source": "a test",
            "allergens": frozenset(),
            "animal": "",
            "alcohol": False,
            "season": (),
            "substitutes": (),
        }
        | facts
    )


FOODS = [
    food("carrot", "carrots", units={"piece": 61.0}),
    food("leek", "leeks"),
    food("potato", "potatoes", units={"piece": 150.0}),
    food("tomato", "tomatoes", units={"piece": 120.0}),
    food("garlic", units={"clove": 5.0}, portion_g=5.0),
    food("lemon", "lemons", group="fruit"),
    food("apple", "apples", group="fruit", units={"piece": 180.0}),
    food("pear", "pears", group="fruit", units={"piece": 180.0}),
    food("salt", group="spice", units={}, density=1.2),
    food("olive oil", group="fat", units={}, density=0.9),
    food(
        "butter", group="fat", units={}, density=0.9, animal="milk", allergens=frozenset({"milk"})
    ),
    food(
        "cream", group="dairy", units={}, density=1.0, animal="milk", allergens=frozenset({"milk"})
    ),
    food("oat cream", group="plant-milk", units={}, density=1.0),
    food("chicken breast", "chicken breasts", group="poultry", animal="poultry"),
    food("canned tomatoes", units={"can": 400.0}, density=1.0),
    food("bay leaf", "bay leaves", group="herb", units={"leaf": 0.2}),
]
STAPLES = frozenset({"salt", "olive-oil", "butter"})
SETS: dict[str, tuple[str, ...]] = {
    "root": ("carrot", "potato", "leek"),
    "fruit": ("apple", "pear", "lemon"),
}
KITCHEN = Knowledge({item.id: item for item in FOODS}, SETS, STAPLES)

HEAD = """
title = "Stew"
family = "stew"
kind = "main"
kitchen = "Nowhere"
serves = 2
summary = "A stew."
"""
SALT = '\n[[role]]\nname = "salt"\nneed = "must"\noptions = { salt = "0.5 tsp" }\n'
SALTED = '\n[[step]]\nphase = "prep"\nminutes = 1\ntext = "Season with the {salt}."\n'


def role(name: str, options: str, need: str = "must", more: str = "") -> str:
    return f'\n[[role]]\nname = "{name}"\nneed = "{need}"\noptions = {{ {options} }}\n{more}\n'


def step(text: str, minutes: int = 5, phase: str = "cook", more: str = "") -> str:
    return f'\n[[step]]\nphase = "{phase}"\nminutes = {minutes}\ntext = "{text}"\n{more}\n'


def read(
    folder: Path, *parts: str, head: str = HEAD, name: str = "stew"
) -> tuple[Dish, list[Problem]]:
    """Read a dish put together from parts; salt and a step that uses it are added."""
    path = folder / f"{name}.toml"
    path.write_text("".join((head, SALT, *parts, SALTED)), encoding="utf-8")
    tomllib.loads(path.read_text(encoding="utf-8"))
    dish, problems = read_dish(path, KITCHEN)
    assert dish is not None, problems
    return dish, problems


def dish_of(folder: Path, *parts: str, head: str = HEAD, name: str = "stew") -> Dish:
    """Read a dish that has no faults."""
    dish, problems = read(folder, *parts, head=head, name=name)
    assert problems == []
    return dish
