"""The plate of a recipe: drawn of what is in it, and for every food there is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from gateway.domain.plate import HEIGHT, WIDTH, draw_plate
from gateway.domain.plate_foods import look_of
from recipe_service.kitchen import KNOWLEDGE, load_knowledge

RED, GREEN = (200, 60, 50), (63, 122, 58)


def pixels(*foods: tuple[str, float], title: str = "Dinner", kind: str = "main") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(draw_plate(title, kind, foods))), int)


def near(image: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(image - colour).max(-1) < 40).sum())


def test_a_plate_shows_what_is_on_it() -> None:
    red, green = pixels(("tomato", 300)), pixels(("spinach", 300))
    assert red.shape == (HEIGHT, WIDTH, 3)
    assert near(red, RED) > 4 * near(green, RED)
    assert near(green, GREEN) > 4 * near(red, GREEN)


def test_more_of_it_is_more_on_the_plate() -> None:
    little, much = (pixels(("tomato", grams), ("rice", 200)) for grams in (30, 400))
    assert near(much, RED) > 1.5 * near(little, RED)


def test_the_same_recipe_is_the_same_picture_and_another_is_another() -> None:
    foods = [("leek", 200.0), ("rice", 150.0)]
    assert draw_plate("A", "main", foods) == draw_plate("A", "main", foods)
    assert draw_plate("A", "main", foods) != draw_plate("B", "main", foods)


def test_a_soup_is_broth_all_over() -> None:
    dry, soup = (pixels(("carrot", 200), kind=kind) for kind in ("main", "soup"))
    middle = np.s_[HEIGHT // 2 - 90 : HEIGHT // 2 + 90, WIDTH // 2 - 90 : WIDTH // 2 + 90]
    assert soup[middle][..., 2].mean() < dry[middle][..., 2].mean() - 40


@pytest.mark.parametrize("foods", [(), (("salt", 3.0),), (("?", 0.0),), (("водоросли", 9.0),)])
def test_an_empty_plate_and_a_strange_food_are_drawn_too(foods: tuple[tuple[str, float]]) -> None:
    assert pixels(*foods).shape == (HEIGHT, WIDTH, 3)


def test_every_food_of_the_cookbook_that_has_a_look_can_be_drawn() -> None:
    names = [food.replace("-", " ") for food in load_knowledge(KNOWLEDGE).foods]
    looks = {look.shape for name in names if (look := look_of(name)) is not None}
    assert len(looks) == 10
    draw_plate("Everything", "main", [(name, 10.0) for name in names])


@pytest.mark.parametrize("name", ["olive oil", "salt", "black pepper", "soy sauce", "beef stock"])
def test_what_nobody_sees_is_not_drawn(name: str) -> None:
    assert look_of(name) is None
