"""What can be asked for here, what can not, and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from common.contracts.figurine import Engine, Style, TemplateName
from common.contracts.recipe import Diet, Language, RecipeEngine, Units
from common.contracts.stages import GLB, STAGES, STL, THREEMF, Output

LATER: Final = "not available in this version"

# Planned parameters and values. They are refused until they work: a parameter that is silently
# ignored would be a lie.
NOT_YET: Final = frozenset(
    {
        *("name", "skin", "hair", "hair_type", "hair_length", "eyes", "shirt", "glasses"),
        *("beard", "expression", "process", "filaments", "hollow", "accept", "usdz"),
        "pause_after",
    }
)
RECIPE_NOT_YET: Final = frozenset[str]()


class Format(StrEnum):
    """Files of a figurine."""

    GLB = "glb"
    STL = "stl"
    THREEMF = "3mf"


_FORMAT_FILES: Final[dict[Format, Output]] = {
    Format.GLB: GLB,
    Format.STL: STL,
    Format.THREEMF: THREEMF,
}
_STYLES: Final = {
    Style.CEL: "Flat tones and clean ink lines",
    Style.PENCIL: "Graphite on paper",
    Style.WATERCOLOR: "Soft washes with paper grain",
    Style.OIL: "Visible brush strokes",
    Style.POP: "Screen-print colours and dots",
    Style.PIXEL: "Large pixels, few colours",
}
_TEMPLATES: Final = {
    TemplateName.DEFAULT: "Vinyl toy in plain clothes",
    TemplateName.SUPERHERO: "Cape, boots and a heroic stance",
    TemplateName.CASUAL: "Relaxed stance, everyday clothes",
}
_ENGINES: Final = {
    Engine.AUTO: "The best engine that is installed; the job says which one ran",
    Engine.BUILTIN: "Needs no download and no graphics card",
}
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


def build_catalog(limits: dict[str, int], *, language_model: bool) -> dict[str, Any]:
    """List what each product can be asked for, the limits, and the stage table."""
    return {
        "styles": _available(_STYLES),
        "templates": _available(_TEMPLATES),
        "faces": [
            {"name": "drawn", "title": "Drawn from the measured face", "available": True},
            {"name": "portrait", "title": "From the portrait", "available": False, "why": LATER},
        ],
        "formats": [
            {
                "name": name,
                "title": output.purpose,
                "available": True,
                "artifact": output.name,
                "media_type": output.media_type,
            }
            for name, output in _FORMAT_FILES.items()
        ]
        + [{"name": "usdz", "title": "for AR on phones", "available": False, "why": LATER}],
        "engines": [
            *_available(_ENGINES),
            {"name": "neural", "title": "Neural styles", "available": False, "why": LATER},
            {"name": "diffusion", "title": "Diffusion", "available": False, "why": LATER},
        ],
        "not_yet": sorted(NOT_YET),
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
    missing = set() if language_model else model_only
    why = "needs a language model: set KILN_LLM_URL"
    return {
        "diets": _available(_DIETS),
        "units": _available(_UNITS),
        "languages": _available(_LANGUAGES, missing, why),
        "engines": _available(_RECIPE_ENGINES, missing, why),
        "not_yet": sorted(RECIPE_NOT_YET),
    }


def _available(
    titles: Mapping[Any, str], missing: Collection[str] = (), why: str = ""
) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": title, "available": name not in missing}
        | ({"why": why} if name in missing else {})
        for name, title in titles.items()
    ]
