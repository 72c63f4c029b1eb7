"""Parameters, facts and results of the recipe product, as they travel between the rooms."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from common.contracts.facts import Facts

MAX_PHOTOS = 5
MAX_COUNT = 5
MAX_INGREDIENTS = 100  # a list this long is a kitchen, not a dinner

Line = Annotated[str, Field(min_length=1, max_length=120)]
Share = Annotated[float, Field(ge=0, le=1)]


class RecipeEngine(StrEnum):
    """``auto`` takes a language model when one is configured, and says which one ran."""

    AUTO = "auto"
    BUILTIN = "builtin"
    OPENAI = "openai"


class Diet(StrEnum):
    """What a recipe must be; every one named must hold. Computed from the ingredient list."""

    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    PESCATARIAN = "pescatarian"
    GLUTEN_FREE = "gluten_free"
    DAIRY_FREE = "dairy_free"
    EGG_FREE = "egg_free"
    NUT_FREE = "nut_free"
    SOY_FREE = "soy_free"
    NO_PORK = "no_pork"
    NO_ALCOHOL = "no_alcohol"


class Units(StrEnum):
    """How amounts and temperatures are printed."""

    METRIC = "metric"
    US = "us"


class Language(StrEnum):
    """Languages of the output. Ingredient names are understood in all of them."""

    ENGLISH = "en"
    RUSSIAN = "ru"
    VIETNAMESE = "vi"
    CHINESE = "zh"


class Source(StrEnum):
    """Where an ingredient comes from."""

    SEEN = "seen"
    USER = "user"
    PANTRY = "pantry"  # a staple that is assumed at hand


class _Wire(BaseModel):
    """Tolerant reader: a newer writer may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Box(_Wire):
    """Where on a photo something was seen, as fractions of its width and height."""

    x: Share
    y: Share
    width: Share
    height: Share


class Ingredient(_Wire):
    """Something at hand."""

    name: str
    id: str | None = Field(None, description="Id in the knowledge base; null when unknown to it")
    quantity: float | None = None
    unit: str | None = Field(None, description="g, ml, piece, …; null with a quantity: pieces")
    coarse: str | None = Field(None, description="Class of the built-in recogniser")
    confidence: Share = 1.0
    source: Source = Source.USER
    box: Box | None = None
    photo: int | None = Field(None, description="Which photo it was seen on, from 0")


class IngredientList(_Wire):
    """``ingredients.json``: what is at hand, and what might be."""

    ingredients: tuple[Ingredient, ...]
    unsure: tuple[Ingredient, ...] = Field((), description="Seen, but below the threshold")
    unknown: tuple[str, ...] = Field((), description="Lines of the user nobody understands")
    engine: str
    notes: tuple[str, ...] = ()


class Nutrition(_Wire):
    """Energy and nutrients; grams where nothing else is said."""

    kcal: float
    protein: float
    fat: float
    saturated: float
    carbs: float
    sugar: float
    fibre: float
    sodium_mg: float


class RecipeIngredient(_Wire):
    """One line of a recipe's list."""

    name: str = Field(description="As a cookbook prints it, singular or plural to suit")
    id: str | None = None
    quantity: float | None = Field(None, description="In `unit`, for all servings; null: to taste")
    unit: str | None = Field(None, description="null: pieces")
    amount: str = Field("", description="Quantity and unit as printed, e.g. `1½ tbsp`, `400 g`")
    grams: float | None = None
    note: str = Field("", description="How it is cut or prepared")
    have: Literal["have", "missing", "staple"] = "have"


class Step(_Wire):
    """One step of the method."""

    text: str
    minutes: float | None = None
    temperature_c: int | None = None
    phase: Literal["prep", "cook", "rest"] = "cook"


class Recipe(_Wire):
    """One recipe, whoever wrote it."""

    title: str
    summary: str = ""
    kitchen: str = ""
    kind: str = "main"
    family: str = Field("", description="No two of one family among the answers")
    servings: int
    prep_minutes: int
    cook_minutes: int
    rest_minutes: int = 0
    ingredients: tuple[RecipeIngredient, ...]
    steps: tuple[Step, ...]
    uses: tuple[str, ...] = Field((), description="Ids or names of what was at hand and is used")
    missing: tuple[str, ...] = Field((), description="Ids or names to buy, staples not counted")
    keywords: tuple[str, ...] = ()
    allergens: tuple[str, ...] = Field((), description="EU 1169/2011 annex II, from the list")
    diets: tuple[Diet, ...] = Field((), description="Diets it suits, from the list")
    nutrition: Nutrition | None = Field(None, description="Per serving; null when not computable")
    language: Language = Language.ENGLISH
    engine: str = "builtin"
    note: str = Field("", description="Why this engine took the slot, when it was not asked for")

    @property
    def total_minutes(self) -> int:
        """Minutes from the first cut to the table."""
        return self.prep_minutes + self.cook_minutes + self.rest_minutes


class ShoppingItem(_Wire):
    """One line of the shopping list over all recipes."""

    name: str
    id: str | None = None
    amount: str = ""
    recipes: tuple[int, ...] = Field(description="Indices of the recipes that need it")


class RecipeBook(_Wire):
    """``recipes.json``: the answer, best recipe first."""

    ingredients: tuple[Ingredient, ...]
    recipes: tuple[Recipe, ...]
    shopping: tuple[ShoppingItem, ...] = ()
    left_out: tuple[str, ...] = Field((), description="Ingredients no recipe may use, and why")
    notes: tuple[str, ...] = ()


class _Request(BaseModel):
    """Parameters of one stage: picked from the job's, unknown ones are another stage's."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# The list as somebody corrected it; None: as it was recognised.
Edited = Annotated[tuple[Line, ...] | None, Field(max_length=MAX_INGREDIENTS)]


class RecogniseRequest(_Request):
    """What ``recipe.recognise`` depends on, beside the photos."""

    ingredients: Annotated[tuple[Line, ...], Field(max_length=MAX_INGREDIENTS)] = ()
    engine: RecipeEngine = RecipeEngine.AUTO


class CookRequest(_Request):
    """What every recipe of a job must keep to."""

    diet: tuple[Diet, ...] = ()
    exclude: Annotated[tuple[Line, ...], Field(max_length=MAX_INGREDIENTS)] = ()
    servings: Annotated[int, Field(ge=1, le=20)] = 2
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 3
    max_minutes: Annotated[int | None, Field(ge=5, le=600)] = None
    language: Language = Language.ENGLISH
    units: Units = Units.METRIC
    engine: RecipeEngine = RecipeEngine.AUTO

    @field_validator("diet")
    @classmethod
    def without_contradiction(cls, diets: tuple[Diet, ...]) -> tuple[Diet, ...]:
        """Make equal wishes equal; with and without fish cannot both be."""
        for other in (Diet.VEGAN, Diet.VEGETARIAN):
            if other in diets and Diet.PESCATARIAN in diets:
                raise ValueError(f"{other} leaves out fish, pescatarian asks for it: choose one")
        return tuple(diet for diet in Diet if diet in diets)


class ComposeRequest(CookRequest):
    """What one ``recipe.compose`` depends on, beside the ingredient list."""

    edited: Edited = None
    slot: Annotated[int, Field(ge=0, lt=MAX_COUNT)] = 0
    hint: Annotated[str, Field(max_length=300)] = ""


class RankRequest(CookRequest):
    """What ``recipe.rank`` depends on, beside the composed recipes."""

    edited: Edited = None


class RecogniseFacts(Facts):
    """Facts of ``recipe.recognise``: the list as a person would name it."""

    ingredients: list[str]
    unsure: list[str]
    unknown: list[str]


class ComposeFacts(Facts):
    """Facts of ``recipe.compose``."""

    title: str
    minutes: int
    note: str = ""


class RankFacts(Facts):
    """Facts of ``recipe.rank``."""

    titles: list[str]
    missing: list[str]
