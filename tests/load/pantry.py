"""What the users bring: photos that are never twice the same, or lists where there are none."""

from __future__ import annotations

import random
from pathlib import Path

import requests

from tests.groceries import four_kinds, have_groceries, new_grocery_photo

TABLES = 40  # different ones; the photos of a table differ in their pixels
LEAST_SEEN = 2  # things on a table that a user would cook from
FOODS = """
tomatoes onions potatoes carrots leeks spinach mushrooms zucchini aubergine cabbage ginger rice
pasta chickpeas eggs milk tofu chicken salmon apples lemons
"""


def store_photos(folder: Path, count: int, recipe_url: str) -> list[Path]:
    """Write photos of tables that the recogniser sees something on; none without the data set.

    A photo without a result is an honest answer, but no dinner that could be measured.
    """
    folder.mkdir()
    if not have_groceries():
        return []
    rng, tables = random.Random(7), list[list[str]]()
    while len(tables) < TABLES:
        names = four_kinds(rng)
        if _seen(new_grocery_photo(names, rng), recipe_url) >= LEAST_SEEN:
            tables.append(names)
    paths = [folder / f"{number:05}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(new_grocery_photo(tables[number % TABLES], rng))
    return paths


def _seen(photo: bytes, recipe_url: str) -> int:
    answer = requests.post(f"{recipe_url}/predict", files={"photo": photo}, timeout=30)
    answer.raise_for_status()
    return len(answer.json()["detections"])


def new_list(rng: random.Random) -> list[str]:
    """Five things in amounts that nobody has asked about before."""
    return [f"{rng.randrange(100, 10_000)} g {food}" for food in rng.sample(FOODS.split(), 5)]
