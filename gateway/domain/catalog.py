"""What can be asked for here, what can not, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from common.contracts.recipe import Diet, Language, RecipeEngine, Units
from common.contracts.stages import STAGES, Stage
from gateway.domain import choices
from gateway.domain.catalog_view import (
    CatalogView,
    ChoiceView,
    ColourView,
    FormatView,
    LookView,
    PicturedView,
    RecipeChoices,
    StageRow,
)
from gateway.domain.choices import Told

_DIETS: Final = {
    Diet.VEGETARIAN: Told("Vegetarian", "No meat, no fish."),
    Diet.VEGAN: Told("Vegan", "Nothing from animals."),
    Diet.PESCATARIAN: Told("Pescatarian", "Fish, but no meat."),
    Diet.GLUTEN_FREE: Told("Gluten-free", "Nothing with gluten."),
    Diet.DAIRY_FREE: Told("Dairy-free", "No milk and nothing made of it."),
    Diet.EGG_FREE: Told("Egg-free", "No eggs and nothing made of them."),
    Diet.NUT_FREE: Told("Nut-free", "No tree nuts, no peanuts."),
    Diet.SOY_FREE: Told("Soy-free", "No soy and nothing made of it."),
    Diet.NO_PORK: Told("No pork", "No pork and nothing made of it."),
    Diet.NO_ALCOHOL: Told("No alcohol", "No wine, beer or spirits, not even cooked."),
}
_UNITS: Final = {
    Units.METRIC: Told("Metric", "Grams, millilitres, degrees Celsius."),
    Units.US: Told("US", "Ounces, cups, degrees Fahrenheit."),
}
_LANGUAGES: Final = {
    Language.ENGLISH: Told("English", "Recipes in English."),
    Language.RUSSIAN: Told("Русский", "Recipes in Russian."),
    Language.VIETNAMESE: Told("Tiếng Việt", "Recipes in Vietnamese."),
    Language.CHINESE: Told("繁體中文", "Recipes in Traditional Chinese."),
}
_RECIPE_ENGINES: Final = {
    RecipeEngine.AUTO: Told(
        "Automatic", "A language model where one is configured, else built-in."
    ),
    RecipeEngine.BUILTIN: Told(
        "Built-in", "Own recogniser and cookbook; needs no download and no network."
    ),
    RecipeEngine.OPENAI: Told("Language model", "Any OpenAI-compatible server of language models."),
}


def build_catalog(
    limits: dict[str, int],
    *,
    language_model: bool,
    engines: Mapping[str, str | None],
    pictures: Mapping[str, str] | None = None,
) -> CatalogView:
    """List what each product can be asked for, the limits, and the stage table.

    Parameters
    ----------
    limits
        By name.
    language_model
        Whether one is configured.
    engines
        Why an engine of portraits cannot draw here; None where it can.
    pictures
        Paths of the pictures that there are, by ``styles/NAME`` and ``templates/NAME``.
    """
    missing = {name: why for name, why in engines.items() if why is not None}
    return CatalogView(
        styles=_pictured("styles", choices.STYLES, pictures or {}),
        backgrounds=_available(choices.BACKGROUNDS),
        templates=_pictured("templates", choices.TEMPLATES, pictures or {}),
        faces=_available(choices.FACES),
        looks=[
            LookView(name=name, title=title, values=[*values])
            for name, title, values in choices.LOOKS
        ],
        colours=[
            ColourView(name=name, title=title, swatches=swatches)
            for name, title, swatches in choices.COLOURS
        ],
        processes=_available(choices.PROCESSES),
        orientations=_available(choices.ORIENTATIONS),
        colourings=_available(choices.COLOURINGS),
        formats=[
            FormatView(
                **_told(name, told),
                artifact=choices.FORMAT_FILES[name].name,
                media_type=choices.FORMAT_FILES[name].media_type,
            )
            for name, told in choices.FORMATS.items()
        ],
        engines=_available(choices.ENGINES, missing),
        recipes=_recipes(language_model=language_model),
        limits=limits,
        stages=[_row(stage) for stage in STAGES],
    )


def _recipes(*, language_model: bool) -> RecipeChoices:
    model_only = {RecipeEngine.OPENAI, *Language} - {Language.ENGLISH}
    why = "needs a language model: set KILN_LLM_URL"
    missing = {} if language_model else dict.fromkeys(model_only, why)
    return RecipeChoices(
        diets=_available(_DIETS),
        units=_available(_UNITS),
        languages=_available(_LANGUAGES, missing),
        engines=_available(_RECIPE_ENGINES, missing),
    )


def _row(stage: Stage) -> StageRow:
    return StageRow(
        name=stage.name,
        title=stage.title,
        queue=stage.queue,
        reads=[*stage.reads],
        may_read=[*stage.may_read],
        writes=[output.name for output in stage.writes],
        soft_limit_s=stage.soft_s,
        hard_limit_s=stage.hard_s,
        on_failure=stage.on_failure,
    )


def _available(
    choice: Mapping[Any, Told], missing: Mapping[Any, str] | None = None
) -> list[ChoiceView]:
    why = missing or {}
    return [ChoiceView(**_told(name, told, why.get(name))) for name, told in choice.items()]


def _pictured(
    noun: str, choice: Mapping[Any, Told], pictures: Mapping[str, str]
) -> list[PicturedView]:
    return [
        PicturedView(**_told(name, told), picture=pictures.get(f"{noun}/{name}"))
        for name, told in choice.items()
    ]


def _told(name: str, told: Told, why: str | None = None) -> dict[str, Any]:
    return {"name": name, **told._asdict(), "available": why is None, "why": why}
