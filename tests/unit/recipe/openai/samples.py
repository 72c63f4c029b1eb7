"""A recipe as a model should give it."""

from __future__ import annotations

from typing import Any


def recipe(**changes: Any) -> dict[str, Any]:
    good = {
        "title": "Leek omelette",
        "summary": "Soft eggs over sweet leeks.",
        "kitchen": "French",
        "kind": "main",
        "servings": 2,
        "ingredients": [
            {"name": "leeks", "quantity": 2, "unit": "piece", "note": "sliced"},
            {"name": "butter", "quantity": 1.5, "unit": "tbsp", "note": ""},
            {"name": "salt", "quantity": None, "unit": None, "note": ""},
        ],
        "steps": [
            step("Slice the leeks and wash them well.", 5, "prep"),
            step("Soften the leeks in the butter, about 8 minutes, with the salt.", 8),
            step("Bake until just set.", 12, temperature_c=180),
            step("Let it stand until it holds its shape.", 3, "rest"),
        ],
    }
    return {**good, **changes}


def step(text: str, minutes: float | None, phase: str = "cook", **more: Any) -> dict[str, Any]:
    return {"text": text, "minutes": minutes, "temperature_c": None, "phase": phase, **more}
