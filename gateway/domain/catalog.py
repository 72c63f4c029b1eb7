"""What can be asked for here, what can not, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from common.contracts.recipe import Diet, Language, RecipeEngine, Units
from common.contracts.stages import STAGES
from gateway.domain import choices

_DIETS: Final = {
    Diet.VEGETARIAN: "No meat, no fish",
    Diet.VEGAN: "Nothing from animals",
    Diet.PESCATARIAN: "Fish, but no meat",
    Diet.GLUTEN_FREE: "Nothing with gluten",
    Diet.DAIRY_FREE: "No milk and nothing made of it",
    Diet.EGG_FREE: "No eggs and nothing made of them",
    Diet.NUT_FREE: "No tree nuts, no peanuts",
    Diet.SOY_FREE: "No soy and nothing made of it",
    Diet.NO_PORK: "No pork and nothing made of it",
    Diet.NO_ALCOHOL: "No wine, beer or spirits, not even cooked",
}
_UNITS: Final = {
    Units.METRIC: "Grams, millilitres, degrees Celsius",
    Units.US: "Ounces, cups, degrees Fahrenheit",
}
_LANGUAGES: Final = {
    Language.ENGLISH: "English",
    Language.RUSSIAN: "Русский",
    Language.VIETNAMESE: "Tiếng Việt",
    Language.CHINESE: "繁體中文",
}
_RECIPE_ENGINES: Final = {
    RecipeEngine.AUTO: "A language model where one is configured, else built-in",
    RecipeEngine.BUILTIN: "Own recogniser and cookbook; needs no download and no network",
    RecipeEngine.OPENAI: "Any OpenAI-compatible server of language models",
}


def build_catalog(
    limits: dict[str, int], *, language_model: bool, engines: Mapping[str, str | None]
) -> dict[str, Any]:
    """List what each product can be asked for, the limits, and the stage table.

    Parameters
    ----------
    limits
        By name.
    language_model
        Whether one is configured.
    engines
        Why an engine of portraits cannot draw here; None where it can.
    """
    missing = {name: why for name, why in engines.items() if why is not None}
    return {
        "styles": _available(choices.STYLES),
        "backgrounds": _available(choices.BACKGROUNDS),
        "templates": _available(choices.TEMPLATES),
        "faces": _available(choices.FACES),
        "looks": choices.looks(),
        "colours": choices.colours(),
        "processes": _available(choices.PROCESSES),
        "orientations": _available(choices.ORIENTATIONS),
        "colourings": _available(choices.COLOURINGS),
        "formats": [
            {
                "name": name,
                "title": output.purpose,
                "available": True,
                "artifact": output.name,
                "media_type": output.media_type,
            }
            for name, output in choices.FORMAT_FILES.items()
        ],
        "engines": _available(choices.ENGINES, missing),
        "recipes": _recipes(language_model=language_model),
        "limits": limits,
        "stages": [
            {
                "name": stage.name,
                "title": stage.title,
                "queue": stage.queue,
                "reads": list(stage.reads),
                "may_read": list(stage.may_read),
                "writes": [output.name for output in stage.writes],
                "soft_limit_s": stage.soft_s,
                "hard_limit_s": stage.hard_s,
                "on_failure": stage.on_failure,
            }
            for stage in STAGES
        ],
    }


def _recipes(*, language_model: bool) -> dict[str, Any]:
    model_only = {RecipeEngine.OPENAI, *Language} - {Language.ENGLISH}
    why = "needs a language model: set KILN_LLM_URL"
    missing = {} if language_model else dict.fromkeys(model_only, why)
    return {
        "diets": _available(_DIETS),
        "units": _available(_UNITS),
        "languages": _available(_LANGUAGES, missing),
        "engines": _available(_RECIPE_ENGINES, missing),
    }


def _available(
    titles: Mapping[Any, str], missing: Mapping[Any, str] | None = None
) -> list[dict[str, Any]]:
    missing = missing or {}
    return [
        {"name": name, "title": title, "available": name not in missing}
        | ({"why": missing[name]} if name in missing else {})
        for name, title in titles.items()
    ]
