"""Texts that are a recipe's, in the language asked for, and nothing but text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from common.contracts.recipe import Language, Recipe
from recipe_service.domain.check.problem import Problem

MAX_TITLE, MAX_STEP = 120, 1000  # characters
MAX_STEPS, MAX_LINES = 20, 40
_MARKUP = re.compile(r"<\s*[a-z/!?]|&(?:lt|gt|#\d+);|```|https?://|javascript:|\]\(", re.IGNORECASE)
_PROSE = re.compile(
    r"\b(?:as an ai|language model|i(?:'m| am) sorry|i can(?:no|')t|system prompt|"
    r"previous instructions|here is (?:a|your|the) recipe)\b",
    re.IGNORECASE,
)
_OVERRIDES = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # turn the direction of a text
_SCRIPTS = {Language.RUSSIAN: "CYRILLIC", Language.CHINESE: "CJK"}
_VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def unfit(recipe: Recipe, language: Language) -> Iterator[Problem]:
    """Find what is missing, too long, not a text or not in the language."""
    yield from _counts(recipe)
    for place, text in _texts(recipe):
        if any(_is_control(sign) for sign in text):
            yield Problem("unsafe_text", f"{place} holds control characters: plain text only.")
        if _MARKUP.search(text):
            yield Problem("unsafe_text", f"{place} holds markup or a link: plain text only.")
        if _PROSE.search(text):
            yield Problem("not_a_recipe", f"{place} speaks to the reader: only the recipe.")
    if recipe.ingredients and recipe.steps and not _is_in(recipe, language):
        yield Problem("wrong_language", f"Title and steps must be in the language {language!s}.")


def _counts(recipe: Recipe) -> Iterator[Problem]:
    if not recipe.title.strip():
        yield Problem("not_a_recipe", "The recipe has no title.")
    if len(recipe.title) > MAX_TITLE:
        yield Problem("not_a_recipe", f"The title is longer than {MAX_TITLE} characters.")
    if not recipe.ingredients:
        yield Problem("no_ingredients", "The recipe lists no ingredients.")
    if not [step for step in recipe.steps if len(step.text.strip()) >= 3]:
        yield Problem("no_steps", "The recipe has no steps.")
    if len(recipe.steps) > MAX_STEPS:
        yield Problem("too_many", f"{len(recipe.steps)} steps: at most {MAX_STEPS}.")
    if len(recipe.ingredients) > MAX_LINES:
        yield Problem("too_many", f"{len(recipe.ingredients)} ingredients: at most {MAX_LINES}.")
    for number, step in enumerate(recipe.steps, start=1):
        if len(step.text) > MAX_STEP:
            yield Problem("not_a_recipe", f"Step {number} is an essay: at most {MAX_STEP} signs.")


def _texts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield "The title", recipe.title
    yield "The summary", recipe.summary
    yield "The kitchen", recipe.kitchen
    for line in recipe.ingredients:
        yield "An ingredient", f"{line.name} {line.amount} {line.unit or ''} {line.note}"
    for number, step in enumerate(recipe.steps, start=1):
        yield f"Step {number}", step.text
    yield "A keyword", " ".join(recipe.keywords)


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cs", "Co"} or ord(sign) in _OVERRIDES


def _is_in(recipe: Recipe, language: Language) -> bool:
    """Judge by the script: most letters of the steps must be of the language's."""
    text = " ".join([recipe.title, *(step.text for step in recipe.steps)])
    letters = [sign for sign in text if sign.isalpha()]
    if not letters:
        return False
    script = _SCRIPTS.get(language, "LATIN")
    share = sum(unicodedata.name(sign, "").startswith(script) for sign in letters) / len(letters)
    marked = len(_VIETNAMESE.findall(text)) / len(letters)
    if language is Language.VIETNAMESE:
        return share > 0.6 and marked > 0.03
    return share > 0.6 and marked < 0.1
