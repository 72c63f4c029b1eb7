"""Parameters of the recipe product, as people send them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Field, field_validator

from common.contracts.recipe import CookRequest, Language, RecipeEngine, RecogniseRequest
from common.errors import EngineUnavailable, LanguageUnavailable
from gateway.domain.params import split_list
from gateway.domain.wish_params import FIXED, WishParams

_MEANING: Final = {
    "ingredients": "What is at hand, in any of the four languages, amounts too: `2 onions, rice`",
    "diet": "Every recipe must suit all of these",
    "exclude": "What no recipe may hold",
    "servings": "People at the table",
    "count": "How many recipes",
    "max_minutes": "Longest time from the first cut to the table",
    "language": "Language of the recipes; other than `en` needs a language model",
    "units": "How amounts and temperatures are printed",
    "engine": "What reads the photos and writes the recipes; the job says which one ran",
    "hint": "A wish in your words, for a language model",
}


def _describe(schema: dict[str, Any]) -> None:
    for name, text in _MEANING.items():
        schema["properties"][name]["description"] = text


class RecipeParams(WishParams, CookRequest, RecogniseRequest):
    """Parameters of ``POST /v1/recipes``: those of the stages, and the house's own."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, json_schema_extra=_describe
    )
    product: ClassVar[str] = "recipe"
    fixed: ClassVar[frozenset[str]] = FIXED | {"count"}

    hint: Annotated[str, Field(max_length=300)] = ""
    pause_after: Annotated[
        Literal["none", "ingredients"],
        Field(description="`ingredients`: wait for your corrections before cooking"),
    ] = "none"

    @field_validator("ingredients", "exclude", "diet", mode="before")
    @classmethod
    def one_each(cls, lines: Any) -> Any:  # noqa: ANN401  checked by the field itself
        """Split lists that came as one text, and drop empty entries."""
        if isinstance(lines, str):
            lines = [lines]
        if not isinstance(lines, (list, tuple)):
            return lines
        return [part for line in lines for part in _split(line)]


def _split(line: Any) -> list[Any]:  # noqa: ANN401  JSON has many shapes
    return [part for part in split_list(line) if part] if isinstance(line, str) else [line]


def check_available(params: RecipeParams, *, language_model: bool) -> None:
    """Refuse what this house cannot do.

    Raises
    ------
    EngineUnavailable, LanguageUnavailable
        They need a language model, and none is configured.
    """
    if params.engine is RecipeEngine.OPENAI and not language_model:
        raise EngineUnavailable(
            "no language model is configured", "Set KILN_LLM_URL, or ask for engine=builtin."
        )
    builtin = params.engine is RecipeEngine.BUILTIN or not language_model
    if builtin and params.language is not Language.ENGLISH:
        raise LanguageUnavailable(
            f"the built-in recipes are English; {params.language.value!r} needs a language model"
        )
