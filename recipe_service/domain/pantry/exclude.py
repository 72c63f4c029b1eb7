"""What a person will not eat, as ids: a name, a kind ("nuts", "seafood") or an allergen.

Reads widely on purpose. Excluding too much costs a recipe, excluding too little harms a guest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from common.contracts.recipe import Diet
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.tokens import Token, tokens_of
from recipe_service.domain.pantry.words import Phrase, phrases


@dataclass(frozen=True)
class Kind:
    """A kind of food people avoid, and how they call it."""

    names: str
    allergens: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    animals: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()  # in the name a cookbook prints
    diets: frozenset[Diet] = frozenset()  # that leave all of the kind out

    def holds(self, food: Food) -> bool:
        """Say whether a food is of the kind, or contains it."""
        return (
            bool(food.allergens & self.allergens)
            or food.group in self.groups
            or food.animal in self.animals
            or bool(self.words & _printed_words(food))
        )


@dataclass(frozen=True)
class Exclusion:
    """Ids nobody may use, the kinds behind them, and the words that no food is known for."""

    ids: frozenset[str]
    kinds: tuple[str, ...]
    unknown: tuple[str, ...]


_MEATLESS = frozenset({Diet.VEGETARIAN, Diet.VEGAN})
_FLESHLESS = _MEATLESS | {Diet.PESCATARIAN}
_set = frozenset[str]

KINDS: dict[str, Kind] = {
    "nuts": Kind(
        "nuts, nut, tree nuts, орехи, các loại hạt, quả hạch, 堅果",
        allergens=_set({"nuts", "peanut"}), groups=_set({"nut"}),
        diets=frozenset({Diet.NUT_FREE}),
    ),
    "peanut": Kind(
        "peanut, groundnut, арахис, đậu phộng, lạc, 花生", allergens=_set({"peanut"}),
        words=_set({"peanut"}), diets=frozenset({Diet.NUT_FREE}),
    ),
    "milk": Kind(
        "milk, dairy, milk products, dairy products, lactose, milk protein, casein, whey, "
        "молоко, молочное, молочные продукты, лактоза, sữa, sữa bò, bơ sữa, chế phẩm từ sữa, "
        "牛奶, 奶製品, 乳製品, 乳糖",
        allergens=_set({"milk"}), animals=_set({"milk"}),
        diets=frozenset({Diet.VEGAN, Diet.DAIRY_FREE}),
    ),
    "cheese": Kind(
        "cheese, brie, camembert, gruyere, roquefort, gorgonzola, сыр, phô mai, 起司, 乳酪, 芝士",
        groups=_set({"cheese"}), words=_set({"cheese"}),
        diets=frozenset({Diet.VEGAN, Diet.DAIRY_FREE}),
    ),
    "egg": Kind(
        "egg, eggs, яйцо, trứng, 雞蛋, 蛋", allergens=_set({"egg"}), animals=_set({"egg"}),
        words=_set({"egg"}), diets=frozenset({Diet.VEGAN, Diet.EGG_FREE}),
    ),
    "gluten": Kind(
        "gluten, wheat, глютен, клейковина, пшеница, lúa mì, 麩質, 小麥",
        allergens=_set({"gluten"}), diets=frozenset({Diet.GLUTEN_FREE}),
    ),
    "soy": Kind(
        "soy, soya, soybean, соя, đậu nành, 大豆, 黃豆", allergens=_set({"soy"}),
        groups=_set({"soy"}), diets=frozenset({Diet.SOY_FREE}),
    ),
    "shellfish": Kind(
        "shellfish, crustaceans, molluscs, lobster, crayfish, crawfish, langoustine, oyster, "
        "octopus, whelk, моллюски, омар, устрицы, ракообразные, động vật có vỏ, "
        "甲殼類, 貝類",
        allergens=_set({"crustaceans", "molluscs"}), groups=_set({"seafood"}), diets=_MEATLESS,
    ),
    "fish": Kind(
        "fish, halibut, turbot, pollock, eel, carp, pike, caviar, roe, sea bass, рыба, икра, "
        "cá, 魚",
        allergens=_set({"fish"}), groups=_set({"fish"}), animals=_set({"fish"}),
        diets=_MEATLESS,
    ),
    "seafood": Kind(
        "seafood, морепродукты, hải sản, 海鮮",
        allergens=_set({"crustaceans", "molluscs", "fish"}), groups=_set({"seafood", "fish"}),
        animals=_set({"seafood", "fish"}), diets=_MEATLESS,
    ),
    "meat": Kind(
        "meat, venison, rabbit, hare, boar, goat meat, horse meat, suet, tallow, jerky, liver, "
        "мясо, крольчатина, thịt, 肉, 肉類", groups=_set({"meat", "poultry"}),
        animals=_set({"meat", "poultry", "pork", "gelatin"}), diets=_FLESHLESS,
    ),
    "red meat": Kind(
        "red meat, красное мясо, thịt đỏ, 紅肉", groups=_set({"meat"}),
        animals=_set({"meat", "pork"}), diets=_FLESHLESS,
    ),
    "poultry": Kind(
        "poultry, goose, quail, pheasant, foie gras, птица, gia cầm, 家禽",
        groups=_set({"poultry"}), animals=_set({"poultry"}), words=_set({"chicken"}),
        diets=_FLESHLESS,
    ),
    "chicken": Kind(
        "chicken, курица, gà, thịt gà, 雞, 雞肉",
        words=_set({"chicken"}),
        diets=_FLESHLESS,
    ),
    "pork": Kind(
        "pork, свинина, thịt lợn, thịt heo, 豬肉", animals=_set({"pork", "gelatin"}),
        words=_set({"pork"}), diets=_FLESHLESS | {Diet.NO_PORK},
    ),
    "beef": Kind(
        "beef, говядина, thịt bò, 牛肉", words=_set({"beef", "veal"}), diets=_FLESHLESS
    ),
    "alcohol": Kind(
        "alcohol, алкоголь, rượu, cồn, 酒精, 酒", groups=_set({"alcohol"}),
        diets=frozenset({Diet.NO_ALCOHOL}),
    ),
    "mushroom": Kind(
        "mushroom, fungi, грибы, nấm, 菇, 蘑菇, 菌菇", groups=_set({"mushroom"}),
        words=_set({"mushroom"}),
    ),
    "pulses": Kind(
        "pulses, legumes, beans, bean, бобовые, бобы, фасоль, các loại đậu, đậu, 豆類",
        groups=_set({"pulse"}), words=_set({"bean"}),
    ),
    "sesame": Kind("sesame, кунжут, vừng, mè, 芝麻", allergens=_set({"sesame"})),
    "mustard": Kind("mustard, горчица, mù tạt, 芥末", allergens=_set({"mustard"})),
    "celery": Kind("celery, сельдерей, cần tây, 芹菜", allergens=_set({"celery"})),
    "lupin": Kind("lupin, люпин", allergens=_set({"lupin"})),
    "sulphites": Kind("sulphites, sulfites, сульфиты, 亞硫酸鹽", allergens=_set({"sulphites"})),
    "honey": Kind("honey, мед, mật ong, 蜂蜜", animals=_set({"honey"}), words=_set({"honey"}),
                  diets=frozenset({Diet.VEGAN})),
}  # fmt: skip


def exclude(lines: Iterable[str], names: NameIndex) -> Exclusion:
    """Resolve what a person will not eat; never raises.

    A kind excludes everything that holds it (milk: butter and cheese too, oat milk not). Any
    other food also takes with it every food whose English name contains its own: onion takes
    red onion, rice takes rice noodles.
    """
    ids: set[str] = set()
    kinds: list[str] = []
    unknown: list[str] = []
    for line in lines:
        tokens = tokens_of(line[:200])
        found = list(find_kinds(tokens))
        kinds += (name for name, _, _ in found)
        taken = {index for _, start, end in found for index in range(start, end)}
        foods = [
            (mention.food, tuple(tokens[mention.start : mention.end]))
            for mention in names.find(tokens)
            if not taken.intersection(range(mention.start, mention.end))
        ]
        if not found and not foods and (near := names.closest(line)):
            foods = [(near, tokens)]  # "penuts": better one recipe less than one guest
        for food in names.foods.values():
            if any(KINDS[name].holds(food) for name, _, _ in found):
                ids.add(food.id)
            if any(_is_kind_of(food, *mention) for mention in foods):
                ids.add(food.id)
        if not found and not foods and tokens:
            unknown.append(" ".join(line.split())[:120])
    return Exclusion(frozenset(ids), tuple(dict.fromkeys(kinds)), tuple(unknown))


def find_kinds(tokens: tuple[Token, ...]) -> Iterator[tuple[str, int, int]]:
    """Find the kinds a text names, with the tokens from start to end (exclusive)."""
    table = _phrases()
    start = 0
    while start < len(tokens):
        for end in range(min(len(tokens), start + 4), start, -1):
            if name := table.get(tuple(token.exact for token in tokens[start:end])):
                yield name, start, end
                start = end - 1
                break
        start += 1


def _is_kind_of(food: Food, named: Food, words: tuple[Token, ...]) -> bool:
    """Whether a food is the one named, or is called after it."""
    if food.id == named.id:
        return True
    written = frozenset(token.exact for token in words)
    shown = frozenset(token.exact for token in tokens_of(named.name))
    return any(called <= name for name in _names_of(food) for called in (written, shown))


@lru_cache(maxsize=1)
def _phrases() -> dict[Phrase, str]:
    return {phrase: name for name, kind in KINDS.items() for phrase in phrases(kind.names)}


@lru_cache(maxsize=2048)
def _names_of(food: Food) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(token.exact for token in tokens_of(name)) for name in food.names["en"])


@lru_cache(maxsize=2048)
def _printed_words(food: Food) -> frozenset[str]:
    return frozenset(token.exact for token in tokens_of(f"{food.name} {food.id}"))
