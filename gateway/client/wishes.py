"""What can be asked for, for editors and type checkers; the gateway itself knows best.

A test compares names and choices with the parameters of the calls. ``docs/figurine.md`` and
``docs/recipes.md`` tell what they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

HookEvent = Literal["succeeded", "failed", "cancelled", "expired", "paused"]
Format = Literal["glb", "stl", "3mf", "usdz"]
Diet = Literal[
    "vegetarian",
    "vegan",
    "pescatarian",
    "gluten_free",
    "dairy_free",
    "egg_free",
    "nut_free",
    "soy_free",
    "no_pork",
    "no_alcohol",
]
Template = Literal[
    "default", "superhero", "casual", "chef", "astronaut", "graduate", "sports", "couple"
]


class HouseWishes(TypedDict, total=False):
    """What every submit takes."""

    ttl_hours: int | None
    webhook_url: str | None
    webhook_events: Sequence[HookEvent]


class PortraitWishes(HouseWishes, total=False):
    """Parameters of ``submit_portrait``."""

    style: Literal["cel", "pencil", "watercolor", "oil", "pop", "pixel"] | None
    subject: str | int | None
    engine: Literal["auto", "builtin", "neural", "diffusion"] | None
    seed: int | None
    size_px: int | None
    background: Literal["drawn", "transparent"] | None


class FigurineWishes(PortraitWishes, total=False):
    """Parameters of ``submit_figurine``; a look or a colour left out is as measured."""

    template: Template | None
    height_mm: float | None
    name: str | None
    face: Literal["drawn", "portrait"] | None
    formats: Sequence[Format] | str | None
    pause_after: Literal["none", "portrait"] | None
    hair_type: Literal["straight", "wavy", "curly", "bald"] | None
    hair_length: Literal["cropped", "short", "chin", "shoulder", "long"] | None
    hair_tied: Literal["none", "bun", "ponytail"] | None
    headwear: Literal["none", "cap", "beanie", "headscarf"] | None
    glasses: Literal["none", "round", "square", "sunglasses"] | None
    beard: Literal["none", "stubble", "moustache", "goatee", "full"] | None
    expression: Literal["neutral", "smile", "laugh", "serious"] | None
    age: Literal["adult", "child"] | None
    skin: str | None
    hair: str | None
    eyes: str | None
    shirt: str | None
    process: Literal["fdm", "sla", "full_colour"] | None
    hollow: bool | None
    orientation: Literal["upright", "auto"] | None
    accept: Literal["printable", "unprintable"] | None
    colouring: Literal["texture", "groups", "filaments"] | None
    filaments: Sequence[str] | str | None


class RecipeWishes(HouseWishes, total=False):
    """Parameters of ``submit_recipe``, beside its photos and ingredients."""

    diet: Sequence[Diet] | str | None
    exclude: Sequence[str] | str | None
    servings: int | None
    count: int | None
    max_minutes: int | None
    language: Literal["en", "ru", "vi", "zh"] | None
    units: Literal["metric", "us"] | None
    engine: Literal["auto", "builtin", "openai"] | None
    hint: str | None
    pause_after: Literal["none", "ingredients"] | None
