"""The catalogue as JSON has it: what a menu needs to offer every choice."""

from __future__ import annotations

from pydantic import BaseModel, Field

SWATCHES = "Colours by their name in this house, as `#rrggbb`; any name of CSS is understood too"


class ChoiceView(BaseModel):
    """One value of a parameter."""

    name: str = Field(description="What a request says")
    title: str = Field(description="What a menu shows: a word or three")
    description: str = Field(description="One sentence about it")
    available: bool = Field(description="Whether it can be had here and now")
    why: str | None = Field(None, description="Why not, and what to do about it")


class PicturedView(ChoiceView):
    """A choice that one would rather see."""

    picture: str | None = Field(None, description="Path of a picture of it, where there is one")


class FormatView(ChoiceView):
    """One file of a figurine."""

    artifact: str = Field(description="Name of the file in a job")
    media_type: str


class LookView(BaseModel):
    """A parameter that says how somebody looks, in place of what was measured."""

    name: str = Field(description="Name of the parameter")
    title: str
    values: list[str]


class ColourView(BaseModel):
    """A parameter that is a colour."""

    name: str = Field(description="Name of the parameter")
    title: str
    swatches: dict[str, str] = Field(description=SWATCHES)


class RecipeChoices(BaseModel):
    """What recipes can be asked for."""

    diets: list[ChoiceView]
    units: list[ChoiceView]
    languages: list[ChoiceView]
    engines: list[ChoiceView]


class StageRow(BaseModel):
    """One stage: what it reads and makes, and how long it may take."""

    name: str
    title: str
    queue: str
    reads: list[str]
    may_read: list[str] = Field(description="What it reads where the job has it")
    writes: list[str]
    soft_limit_s: float
    hard_limit_s: float
    on_failure: str = Field(description="What a permanent failure means")


class CatalogView(BaseModel):
    """What can be asked for here, what can not, and why not."""

    styles: list[PicturedView]
    backgrounds: list[ChoiceView]
    templates: list[PicturedView]
    faces: list[ChoiceView]
    looks: list[LookView]
    colours: list[ColourView]
    processes: list[ChoiceView]
    orientations: list[ChoiceView]
    colourings: list[ChoiceView]
    formats: list[FormatView]
    engines: list[ChoiceView]
    recipes: RecipeChoices
    limits: dict[str, int] = Field(description="How much a request may hold, by name")
    stages: list[StageRow]
