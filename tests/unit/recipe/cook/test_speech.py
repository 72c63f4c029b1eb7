"""Sentences that read as if nobody had filled in a form."""

from __future__ import annotations

import pytest

from recipe_service.domain.cook.phrases import parse
from recipe_service.domain.cook.speech import speak

NAMES = {
    "a": ["leek"],
    "two": ["carrots", "leek"],
    "three": ["carrots", "leek", "potatoes"],
    "b": ["apple"],
}


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Chop the {three}.", "Chop the carrots, leek and potatoes."),
        ("Chop the {two} and {b}.", "Chop the carrots, leek and apple."),
        ("Chop the {b} and {two}.", "Chop the apple, carrots and leek."),
        ("Chop the {b}, {two} and {a}.", "Chop the apple, carrots, leek and leek."),
        ("Chop the {b}, {a} and the {two}.", "Chop the apple, leek, carrots and leek."),
        ("Chop the {a} and {b}[ and the {two}].", "Chop the leek, apple, carrots and leek."),
        ("Chop {a}, {two}, half of it and salt.", "Chop leek, carrots, leek, half of it and salt."),
        ("Chop the {a}[ and {none}].", "Chop the leek."),
        ("Chop the {a}[ and {b}].", "Chop the leek and apple."),
        ("[Add the {none}. ]then stir.", "Then stir."),
        ("Stir.[ Add the {b}.] Serve.", "Stir. Add the apple. Serve."),
        ("Stir.[ Add the {none}.] Serve.", "Stir. Serve."),
        ("Mix the {a} with oil[, the {b}][, the {none}].", "Mix the leek with oil and the apple."),
        ("Mix the {a} with salt[, the {b}][ and the {two}].",
         "Mix the leek with salt, the apple, the carrots and leek."),
        ("Stir in the {a}[, the {b}] and cook.", "Stir in the leek and the apple and cook."),
        ("Add the {a}[, the {b}], stirring.", "Add the leek and the apple, stirring."),
        ("Add the {a}[, the {b}] and the {two}.", "Add the leek, the apple, the carrots and leek."),
        ("Add the {a}[, the {b}] and half of it.", "Add the leek, the apple and half of it."),
        ("Stir in the {a}[, the zest of the {b}].", "Stir in the leek and the zest of the apple."),
        ("Mix the {a}[, {none},] well.", "Mix the leek well."),
        ("Bake at {temperature} for long.", "Bake at 200 °C for long."),
    ],
)  # fmt: skip
def test_a_phrase_is_spoken(text: str, spoken: str) -> None:
    assert speak(parse(text), NAMES, "200 °C") == spoken
