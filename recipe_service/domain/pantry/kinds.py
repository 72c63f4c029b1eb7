"""The kinds of food people avoid ("nuts", "seafood", an allergen), and how they call them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from common.contracts.recipe import Diet
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.tokens import Token, fold, tokens_of, without_marks
from recipe_service.domain.pantry.words import Phrase, phrases

_CLOSE = 0.8  # similarity above which a misspelling is taken for the kind


@dataclass(frozen=True)
class Kind:
    """A kind of food people avoid, and how they call it."""

    names: str
    allergens: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    animals: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()  # in the name a cookbook prints
    diets: frozenset[Diet] = frozenset()  # that leave all of the kind out
    alcohol: bool = False  # also where it is an extract in another group

    def holds(self, food: Food) -> bool:
        """Say whether a food is of the kind, or contains it."""
        return (
            bool(food.allergens & self.allergens)
            or food.group in self.groups
            or food.animal in self.animals
            or (self.alcohol and food.alcohol)
            or bool(self.words & _printed_words(food))
        )


_MEATLESS = frozenset({Diet.VEGETARIAN, Diet.VEGAN})
_FLESHLESS = _MEATLESS | {Diet.PESCATARIAN}
_set = frozenset[str]

KINDS: dict[str, Kind] = {
    "nuts": Kind(
        "nuts, nut, tree nuts, marzipan, praline, nougat, frangipane, amaretti, gianduja, "
        "baklava, macadamia, орехи, các loại hạt, quả hạch, 堅果",
        allergens=_set({"nuts", "peanut"}), groups=_set({"nut"}),
        diets=frozenset({Diet.NUT_FREE}),
    ),
    "peanut": Kind(
        "peanut, groundnut, арахис, đậu phộng, lạc, 花生", allergens=_set({"peanut"}),
        words=_set({"peanut"}), diets=frozenset({Diet.NUT_FREE}),
    ),
    "milk": Kind(
        "milk, dairy, milk products, dairy products, lactose, milk protein, casein, whey, "
        "béchamel, bechamel, tzatziki, raita, молоко, молочное, молочные продукты, лактоза, "
        "sữa, sữa bò, bơ sữa, chế phẩm từ sữa, "
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
        "egg, eggs, meringue, hollandaise, яйцо, trứng, 雞蛋, 鸡蛋, 蛋",
        allergens=_set({"egg"}), animals=_set({"egg"}),
        words=_set({"egg"}), diets=frozenset({Diet.VEGAN, Diet.EGG_FREE}),
    ),
    "gluten": Kind(
        "gluten, wheat, celiac, coeliac, rye, seitan, crouton, cracker, croissant, brioche, "
        "naan, focaccia, gnocchi, глютен, клейковина, пшеница, целиакия, целиак, "
        "lúa mì, 麩質, 麥麩, 小麥, 乳糜瀉, 麩質不耐",
        allergens=_set({"gluten"}), diets=frozenset({Diet.GLUTEN_FREE}),
    ),
    "soy": Kind(
        "soy, soya, soybean, соя, đậu nành, 大豆, 黃豆", allergens=_set({"soy"}),
        groups=_set({"soy"}), diets=frozenset({Diet.SOY_FREE}),
    ),
    "shellfish": Kind(
        "shellfish, shell fish, crustaceans, molluscs, lobster, crayfish, crawfish, "
        "langoustine, oyster, octopus, whelk, abalone, моллюски, омар, устрицы, ракообразные, "
        "động vật có vỏ, 甲殼類, 貝類",
        allergens=_set({"crustaceans", "molluscs"}), groups=_set({"seafood"}), diets=_MEATLESS,
    ),
    "fish": Kind(
        "fish, halibut, turbot, pollock, eel, carp, pike, monkfish, swordfish, bonito, bottarga, "
        "caviar, roe, sea bass, рыба, икра, cá, 魚",
        allergens=_set({"fish"}), groups=_set({"fish"}), animals=_set({"fish"}),
        diets=_MEATLESS,
    ),
    "seafood": Kind(
        "seafood, sea food, морепродукты, hải sản, 海鮮",
        allergens=_set({"crustaceans", "molluscs", "fish"}), groups=_set({"seafood", "fish"}),
        animals=_set({"seafood", "fish"}), diets=_MEATLESS,
    ),
    "meat": Kind(
        "meat, venison, rabbit, hare, boar, goat meat, horse meat, suet, tallow, jerky, liver, "
        "oxtail, tripe, haggis, bresaola, мясо, крольчатина, thịt, 肉, 肉類",
        groups=_set({"meat", "poultry"}),
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
        "alcohol, sherry, cider, champagne, limoncello, amaretto, calvados, алкоголь, rượu, cồn, "
        "酒精, 酒", groups=_set({"alcohol"}),
        alcohol=True, diets=frozenset({Diet.NO_ALCOHOL}),
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


def find_kinds(tokens: tuple[Token, ...], *, marks: bool = True) -> Iterator[tuple[str, int, int]]:
    """Find the kinds a text names, with the tokens from start to end (exclusive).

    Without marks "sua" is "sữa": for those who write Vietnamese on a bare keyboard.
    """
    table = _phrases() if marks else _bare_phrases()
    start = 0
    while start < len(tokens):
        for end in range(min(len(tokens), start + 4), start, -1):
            if name := table.get(tuple(token.exact for token in tokens[start:end])):
                yield name, start, end
                start = end - 1
                break
        start += 1


def near_kind(text: str) -> str | None:
    """Return the kind whose name somebody misspelled: ``cheeze``, ``penuts``; or None.

    A slip of the pen seldom hits the first letter: custard is no mustard.
    """
    word = fold(text)
    if not 4 <= len(word) <= 40:
        return None
    near = [
        (SequenceMatcher(None, word, name).ratio(), kind)
        for name, kind in _spellings()
        if name[0] == word[0]
    ]
    score, kind = max(near, default=(0.0, ""))
    return kind if score >= _CLOSE else None


def kind_called(food: Food) -> str | None:
    """Return the allergen a food is the very source of: whoever writes 鮮奶 means milk."""
    name = _phrases().get(tuple(token.exact for token in tokens_of(food.name)))
    return name if name and KINDS[name].allergens else None


@lru_cache(maxsize=1)
def _phrases() -> dict[Phrase, str]:
    return {phrase: name for name, kind in KINDS.items() for phrase in phrases(kind.names)}


@lru_cache(maxsize=1)
def _bare_phrases() -> dict[Phrase, str]:
    bare = {tuple(map(without_marks, phrase)): name for phrase, name in _phrases().items()}
    return {phrase: name for phrase, name in bare.items() if phrase not in _phrases()}


@lru_cache(maxsize=1)
def _spellings() -> tuple[tuple[str, str], ...]:
    return tuple((fold(name), kind) for kind in KINDS for name in KINDS[kind].names.split(", "))


@lru_cache(maxsize=2048)
def _printed_words(food: Food) -> frozenset[str]:
    return frozenset(token.exact for token in tokens_of(f"{food.name} {food.id}"))
