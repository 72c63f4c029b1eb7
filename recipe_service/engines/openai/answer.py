"""The recipe a language model must give: its schema, and what we make of it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from common.contracts.recipe import Language, Recipe, RecipeIngredient
from common.contracts.recipe import Step as RecipeStep
from recipe_service.domain.pantry.amounts import MASS, NATURAL, VOLUME, canonical_unit
from recipe_service.engines.openai.reading import read_json
from recipe_service.engines.openai.words import Plain

Kind = Literal[
    "main", "soup", "salad", "side", "breakfast", "dessert", "drink", "snack", "sauce"
]  # fmt: skip
Phase = Literal["prep", "cook", "rest"]
UNITS: Final = (*(unit for unit in (*MASS, *VOLUME) if unit not in {"oz", "lb", "cup"}), *NATURAL)
MAX_COMPLAINTS: Final = 8


class WrongAnswer(Exception):
    """JSON, but not a recipe of ours.

    Parameters
    ----------
    complaints : list of str
        What to mend, in sentences for the model.
    """

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


def _unit(word: str) -> str:
    unit = canonical_unit(word)
    if unit is None:
        raise ValueError(f"unit must be one of {', '.join(UNITS)} or null")
    return unit


def _blank_to_none(value: object) -> object:
    return None if value in ("", 0) else value  # so some models say "nothing"


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Nothing = BeforeValidator(_blank_to_none)
Lowered = BeforeValidator(_lowered)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class Ingredient(_Part):
    """One line of the list."""

    name: Annotated[Plain, Field(min_length=2, max_length=60)]
    quantity: Annotated[Annotated[float, Field(gt=0, le=10_000)] | None, Nothing] = None
    unit: Annotated[Annotated[Plain, AfterValidator(_unit)] | None, Nothing] = None
    note: Annotated[Plain, Field(max_length=80)] = ""


class Step(_Part):
    """One step of the method."""

    text: Annotated[Plain, Field(min_length=10, max_length=600)]
    minutes: Annotated[float | None, Field(ge=0, le=1440)] = None
    temperature_c: Annotated[Annotated[int, Field(ge=30, le=300)] | None, Nothing] = None
    phase: Annotated[Phase, Lowered] = "cook"


class Answer(_Part):
    """A recipe in the model's words."""

    title: Annotated[Plain, Field(min_length=3, max_length=80)]
    summary: Annotated[Plain, Field(max_length=300)] = ""
    kitchen: Annotated[Plain, Field(max_length=40)] = ""
    kind: Annotated[Kind, Lowered] = "main"
    servings: Annotated[int, Field(ge=1, le=20)]
    ingredients: Annotated[list[Ingredient], Field(min_length=1, max_length=30)]
    steps: Annotated[list[Step], Field(min_length=2, max_length=15)]


def read_answer(text: str, language: Language, engine: str) -> Recipe:
    """Read a model's recipe: tolerant of its wrapping, strict about what is in it.

    Parameters
    ----------
    text : str
        The answer.
    language : Language
        Written into the recipe.
    engine : str
        Written into the recipe.

    Raises
    ------
    ModelUnavailable
        ``not_json``.
    WrongAnswer
        A field is missing or out of bounds.
    """
    try:
        answer = Answer.model_validate(_unwrapped(read_json(text)))
    except ValidationError as error:
        raise WrongAnswer([_sentence(fault) for fault in error.errors()[:MAX_COMPLAINTS]]) from None
    minutes = {
        phase: round(sum(step.minutes or 0 for step in answer.steps if step.phase == phase))
        for phase in get_args(Phase)
    }
    return Recipe(
        **answer.model_dump(include={"title", "summary", "kitchen", "kind", "servings"}),
        prep_minutes=minutes["prep"],
        cook_minutes=minutes["cook"],
        rest_minutes=minutes["rest"],
        ingredients=tuple(_line(line) for line in answer.ingredients),
        steps=tuple(RecipeStep(**step.model_dump()) for step in answer.steps),
        language=language,
        engine=engine,
    )


def _unwrapped(value: object) -> object:
    """Take the recipe out of ``[...]``, ``{"recipe": ...}`` and ``{"recipes": [...]}``."""
    if isinstance(value, list) and len(value) == 1:
        return _unwrapped(value[0])
    if isinstance(value, dict) and "title" not in value:
        inner = value.get("recipe", value.get("recipes"))
        return value if inner is None else _unwrapped(inner)
    return value


def _sentence(fault: Any) -> str:  # noqa: ANN401  pydantic's error details
    place = ".".join(str(part) for part in fault["loc"]) or "the answer"
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"


def _line(line: Ingredient) -> RecipeIngredient:
    number = "" if line.quantity is None else f"{line.quantity:g}"
    shown = line.unit if number and line.unit and line.unit != "piece" else ""
    return RecipeIngredient(
        **line.model_dump(include={"name", "quantity", "note"}),
        unit=None if line.quantity is None or line.unit == "piece" else line.unit,
        amount=f"{number} {shown}".strip(),
    )


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """Make an object's schema; strict servers want every field required and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def schema() -> dict[str, Any]:
    """Make the JSON schema of the answer, without bounds: servers differ in those they know."""
    text, number = {"type": "string"}, {"type": ["number", "null"]}
    unit = {"type": ["string", "null"], "enum": [*UNITS, None]}
    return _object(
        title=text,
        summary=text,
        kitchen=text,
        kind={"type": "string", "enum": list(get_args(Kind))},
        servings={"type": "integer"},
        ingredients={
            "type": "array",
            "items": _object(name=text, quantity=number, unit=unit, note=text),
        },
        steps={
            "type": "array",
            "items": _object(
                text=text,
                minutes=number,
                temperature_c={"type": ["integer", "null"]},
                phase={"type": "string", "enum": list(get_args(Phase))},
            ),
        },
    )
