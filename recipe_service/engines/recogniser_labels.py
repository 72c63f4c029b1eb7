"""Which ingredient a class of the recogniser is: the fine class decides where the coarse cannot."""

from __future__ import annotations

from typing import Final, NamedTuple


class Ingredient(NamedTuple):
    """Id in the knowledge base, and the name to print."""

    id: str
    name: str


# The coarse classes of the Grocery Store data set. Sour-Milk is Swedish filmjölk.
_BY_COARSE: Final = {
    "Apple": Ingredient("apple", "apple"),
    "Avocado": Ingredient("avocado", "avocado"),
    "Banana": Ingredient("banana", "banana"),
    "Kiwi": Ingredient("kiwi", "kiwi"),
    "Lemon": Ingredient("lemon", "lemon"),
    "Lime": Ingredient("lime", "lime"),
    "Mango": Ingredient("mango", "mango"),
    "Melon": Ingredient("melon", "melon"),
    "Nectarine": Ingredient("nectarine", "nectarine"),
    "Orange": Ingredient("orange", "orange"),
    "Papaya": Ingredient("papaya", "papaya"),
    "Passion-Fruit": Ingredient("passion-fruit", "passion fruit"),
    "Peach": Ingredient("peach", "peach"),
    "Pear": Ingredient("pear", "pear"),
    "Pineapple": Ingredient("pineapple", "pineapple"),
    "Plum": Ingredient("plum", "plum"),
    "Pomegranate": Ingredient("pomegranate", "pomegranate"),
    "Red-Grapefruit": Ingredient("grapefruit", "grapefruit"),
    "Satsumas": Ingredient("mandarin", "mandarin"),
    "Juice": Ingredient("fruit-juice", "fruit juice"),
    "Milk": Ingredient("milk", "milk"),
    "Oatghurt": Ingredient("oat-yoghurt", "oat yoghurt"),
    "Oat-Milk": Ingredient("oat-milk", "oat milk"),
    "Sour-Cream": Ingredient("sour-cream", "sour cream"),
    "Sour-Milk": Ingredient("buttermilk", "buttermilk"),
    "Soyghurt": Ingredient("soy-yoghurt", "soy yoghurt"),
    "Soy-Milk": Ingredient("soy-milk", "soy milk"),
    "Yoghurt": Ingredient("yoghurt", "yoghurt"),
    "Asparagus": Ingredient("asparagus", "asparagus"),
    "Aubergine": Ingredient("aubergine", "aubergine"),
    "Cabbage": Ingredient("white-cabbage", "white cabbage"),
    "Carrots": Ingredient("carrot", "carrot"),
    "Cucumber": Ingredient("cucumber", "cucumber"),
    "Garlic": Ingredient("garlic", "garlic"),
    "Ginger": Ingredient("ginger", "ginger"),
    "Leek": Ingredient("leek", "leek"),
    "Mushroom": Ingredient("mushroom", "mushroom"),
    "Onion": Ingredient("onion", "onion"),
    "Pepper": Ingredient("bell-pepper", "bell pepper"),
    "Potato": Ingredient("potato", "potato"),
    "Red-Beet": Ingredient("beetroot", "beetroot"),
    "Tomato": Ingredient("tomato", "tomato"),
    "Zucchini": Ingredient("courgette", "courgette"),
}
# Cartons, as against produce: their brands are few, so they are reported apart.
PACKAGED: Final = frozenset(
    ("Juice", "Milk", "Oatghurt", "Oat-Milk", "Sour-Cream", "Sour-Milk", "Soyghurt", "Soy-Milk")
) | {"Yoghurt"}
_BY_FINE: Final = {
    "Sweet-Potato": Ingredient("sweet-potato", "sweet potato"),
    "Watermelon": Ingredient("watermelon", "watermelon"),
    "Cantaloupe": Ingredient("cantaloupe", "cantaloupe"),
    "Galia-Melon": Ingredient("melon", "galia melon"),
    "Honeydew-Melon": Ingredient("melon", "honeydew melon"),
    "Green-Bell-Pepper": Ingredient("bell-pepper", "green bell pepper"),
    "Orange-Bell-Pepper": Ingredient("bell-pepper", "orange bell pepper"),
    "Red-Bell-Pepper": Ingredient("bell-pepper", "red bell pepper"),
    "Yellow-Bell-Pepper": Ingredient("bell-pepper", "yellow bell pepper"),
    "Arla-Mild-Vanilla-Yoghurt": Ingredient("yoghurt", "vanilla yoghurt"),
    "Valio-Vanilla-Yoghurt": Ingredient("yoghurt", "vanilla yoghurt"),
    "Yoggi-Vanilla-Yoghurt": Ingredient("yoghurt", "vanilla yoghurt"),
    "Yoggi-Strawberry-Yoghurt": Ingredient("yoghurt", "strawberry yoghurt"),
    "Alpro-Blueberry-Soyghurt": Ingredient("soy-yoghurt", "blueberry soy yoghurt"),
    "Alpro-Vanilla-Soyghurt": Ingredient("soy-yoghurt", "vanilla soy yoghurt"),
}
_JUICES: Final = {
    **dict.fromkeys(
        ("Bravo-Apple-Juice", "God-Morgon-Apple-Juice", "Tropicana-Apple-Juice"),
        Ingredient("apple-juice", "apple juice"),
    ),
    **dict.fromkeys(
        ("Bravo-Orange-Juice", "God-Morgon-Orange-Juice", "Tropicana-Juice-Smooth"),
        Ingredient("orange-juice", "orange juice"),
    ),
    **dict.fromkeys(
        ("God-Morgon-Red-Grapefruit-Juice", "Tropicana-Golden-Grapefruit"),
        Ingredient("fruit-juice", "grapefruit juice"),
    ),
    "God-Morgon-Orange-Red-Grapefruit-Juice": Ingredient("fruit-juice", "orange grapefruit juice"),
    "Tropicana-Mandarin-Morning": Ingredient("fruit-juice", "mandarin juice"),
}


def ingredient_of(coarse: str, fine: str) -> Ingredient:
    """Name the ingredient of a coarse class, told apart by its fine class where that matters.

    A class the table does not know (of another data set) becomes an id of its own name.
    """
    known = _BY_FINE.get(fine) or _JUICES.get(fine) or _BY_COARSE.get(coarse)
    return known or Ingredient(coarse.lower(), coarse.replace("-", " ").lower())
