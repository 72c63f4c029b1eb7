"""The few words around a recipe, in the language of the recipe."""

# ruff: noqa: RUF001 (Cyrillic letters look like Latin ones)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from common.contracts.recipe import Language, Nutrition, Recipe, RecipeIngredient, Step


@dataclass(frozen=True)
class Labels:
    """Headings and units of time."""

    ingredients: str
    method: str
    prep: str
    cook: str
    rest: str
    finish: str
    total: str
    serves: str  # "{}" is the number
    minutes: str
    hours: str
    to_buy: str
    nutrition: str
    allergens: str
    suits: str
    shopping: str
    left_out: str

    def phase(self, name: str) -> str:
        """Return the heading of a phase or of a part of the method."""
        words = {"prep": self.prep, "cook": self.cook, "rest": self.rest, "finish": self.finish}
        return words[name]

    def duration(self, minutes: int) -> str:
        """Print ``1 h 20 min``."""
        hours, rest = divmod(minutes, 60)
        parts = [f"{hours} {self.hours}"] if hours else []
        return " ".join(parts + ([f"{rest} {self.minutes}"] if rest or not hours else []))


LABELS = {
    Language.ENGLISH: Labels(
        "Ingredients", "Method", "Preparation", "Cooking", "Resting", "To finish", "Total",
        "Serves {}", "min",
        "h", "to buy", "Per serving", "Contains", "Suits", "Shopping list", "Left out",
    ),
    Language.RUSSIAN: Labels(
        "Ингредиенты", "Приготовление", "Подготовка", "Готовка", "Отдых", "Подача", "Всего",
        "Порций: {}",
        "мин", "ч", "купить", "На порцию", "Содержит", "Подходит", "Список покупок", "Не вошло",
    ),
    Language.VIETNAMESE: Labels(
        "Nguyên liệu", "Cách làm", "Chuẩn bị", "Nấu", "Nghỉ", "Hoàn thành", "Tổng cộng",
        "Khẩu phần: {}",
        "phút", "giờ", "cần mua", "Mỗi khẩu phần", "Chứa", "Phù hợp", "Danh sách mua", "Bỏ ra",
    ),
    Language.CHINESE: Labels(
        "材料", "做法", "準備", "烹調", "靜置", "完成", "總時間", "{} 人份", "分鐘", "小時", "待購",
        "每份營養", "含有", "適合", "購物清單", "未使用",
    ),
}  # fmt: skip


def labels_of(recipe: Recipe) -> Labels:
    """Return the words in the language of a recipe."""
    return LABELS[recipe.language]


def language_tag(recipe: Recipe) -> str:
    """Name the language of a recipe by its BCP 47 tag: Chinese is written in full signs here."""
    return "zh-Hant" if recipe.language is Language.CHINESE else recipe.language.value


def ingredient_line(line: RecipeIngredient) -> str:
    """Print a line of the list: ``400 g tomatoes, chopped``."""
    text = " ".join(part for part in (line.amount, line.name) if part)
    return f"{text}, {line.note}" if line.note else text


def sections(recipe: Recipe) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield the parts of the method: until the first heat, over the heat, and to finish.

    A recipe that changes ten times between knife and pan would fall to pieces by phase.
    """
    hot = [number for number, step in enumerate(recipe.steps) if step.phase == "cook"]
    first, last = (hot[0], hot[-1] + 1) if hot else (len(recipe.steps), len(recipe.steps))
    for name, steps in (
        ("prep", recipe.steps[:first]),
        ("cook", recipe.steps[first:last]),
        ("finish", recipe.steps[last:]),
    ):
        if steps:
            yield name, tuple(steps)


def times(recipe: Recipe) -> dict[str, int]:
    """Return the minutes of each phase that takes any, and the total."""
    phases = {"prep": recipe.prep_minutes, "cook": recipe.cook_minutes, "rest": recipe.rest_minutes}
    return {name: minutes for name, minutes in phases.items() if minutes}


def plain(word: str) -> str:
    """Print an identifier: ``gluten_free`` as ``gluten-free``."""
    return word.replace("_", "-")


def nutrition_line(eaten: Nutrition) -> str:
    """Print what is in one serving."""
    return (
        f"{eaten.kcal:.0f} kcal, protein {eaten.protein:g} g, "
        f"fat {eaten.fat:g} g ({eaten.saturated:g} g saturated), "
        f"carbohydrate {eaten.carbs:g} g ({eaten.sugar:g} g sugar), "
        f"fibre {eaten.fibre:g} g, sodium {eaten.sodium_mg:.0f} mg"
    )
