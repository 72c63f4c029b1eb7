"""What the rules say about a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "forbidden_ingredient", "unknown_ingredient", "not_listed", "never_used", "implausible_amount",
    "implausible_time", "too_long", "implausible_temperature", "no_ingredients", "no_steps",
    "too_many", "wrong_servings", "not_a_recipe", "unsafe_text", "wrong_language",
]  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One broken rule: a code for programs, a sentence from which a cook can mend the recipe."""

    code: Code
    sentence: str

    def __str__(self) -> str:
        return self.sentence
