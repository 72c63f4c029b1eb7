"""Dishes: what a dish file holds, and reading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recipe_service.domain.cook import grammar
from recipe_service.domain.cook.phrases import Phrase, parse
from recipe_service.domain.pantry.knowledge import (
    Knowledge,
    KnowledgeError,
    Problem,
    describe,
    read_toml,
)

Kind = Literal[
    "main", "soup", "salad", "side", "breakfast", "dessert", "drink", "snack", "sauce"
]  # fmt: skip
Phase = Literal["prep", "cook", "rest"]
Need = Literal["must", "may"]

_Words = Annotated[str, Field(min_length=2, max_length=300)]


@dataclass(frozen=True)
class Role:
    """A part in a dish, and who may play it."""

    name: str
    need: Need
    pick: int  # how many different ingredients may fill it
    at_least: int  # and how many must, where it is a must
    cut: str
    options: Mapping[str, str]  # ingredient → amount for all servings; best first

    @property
    def must(self) -> bool:
        """Whether the dish cannot be without it."""
        return self.need == "must"

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Place of each option, 0 for the best."""
        return {food: place for place, food in enumerate(self.options)}


@dataclass(frozen=True)
class Step:
    """One step of the method, before any ingredient is known."""

    phase: Phase
    minutes: int
    text: str
    temperature_c: int | None
    needs: tuple[str, ...]

    @cached_property
    def phrase(self) -> Phrase:
        """The text, cut into fragments."""
        return parse(self.text)

    @property
    def roles(self) -> frozenset[str]:
        """Roles its text names, in brackets or not."""
        return frozenset[str]().union(*(fragment.roles for fragment in self.phrase))


@dataclass(frozen=True)
class Dish:
    """One dish: roles to fill, steps to cook them."""

    id: str
    title: str
    family: str
    kind: Kind
    kitchen: str
    serves: int
    summary: str
    keywords: tuple[str, ...]
    roles: tuple[Role, ...]
    steps: tuple[Step, ...]

    def __hash__(self) -> int:
        """Hash the id: it is one dish."""
        return hash(self.id)

    @cached_property
    def foods(self) -> frozenset[str]:
        """Every ingredient that may be in it."""
        return frozenset(food for role in self.roles for food in role.options)


def load_dishes(folder: Path, knowledge: Knowledge) -> tuple[Dish, ...]:
    """Read and check every dish, by id.

    Parameters
    ----------
    folder
        ``knowledge``: the dishes lie in ``dishes/*.toml``, the file is named after the id.
    knowledge
        Ingredients and sets the dishes speak of.

    Raises
    ------
    KnowledgeError
        With every problem found, not only the first.
    """
    dishes, problems = [], []
    for path in sorted((folder / "dishes").glob("*.toml")):
        dish, faults = read_dish(path, knowledge)
        problems += faults
        if dish is not None:
            dishes.append(dish)
    if problems:
        raise KnowledgeError(problems)
    return tuple(dishes)


def read_dish(path: Path, knowledge: Knowledge) -> tuple[Dish | None, list[Problem]]:
    """One dish file, and all that is wrong with it."""
    table, problems = read_toml(path)
    if problems:
        return None, problems
    try:
        entry = _DishEntry.model_validate(table)
    except ValidationError as error:
        return None, list(describe(path.name, "", error))
    roles = tuple(_role(role, knowledge) for role in entry.role)
    dish = Dish(
        id=path.stem,
        roles=roles,
        steps=tuple(Step(**step.model_dump()) for step in entry.step),
        **entry.model_dump(exclude={"role", "step"}),
    )
    given = {role.name: tuple(role.options) for role in entry.role}
    problems += grammar.unknown(path.name, given, knowledge)
    problems += grammar.faults(path.name, dish, knowledge)
    return dish, problems


def _role(entry: _RoleEntry, knowledge: Knowledge) -> Role:
    """Unfold sets; ingredients named themselves come before them, unknown ids are left out."""
    options: dict[str, str] = {}
    for name, amount in entry.options.items():
        members = knowledge.sets.get(name[1:], ()) if name.startswith("@") else (name,)
        for member in members:
            if member in knowledge.foods and (member == name or member not in entry.options):
                options.setdefault(member, amount)
    rest = entry.model_dump(exclude={"options"})
    return Role(options=options, **rest)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RoleEntry(_Strict):
    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    need: Need
    pick: Annotated[int, Field(ge=1, le=8)] = 1
    at_least: Annotated[int, Field(ge=1, le=8)] = 1
    cut: Annotated[str, Field(max_length=80)] = ""
    options: Annotated[dict[str, str], Field(min_length=1)]


class _StepEntry(_Strict):
    phase: Phase
    minutes: Annotated[int, Field(ge=0, le=1440)]
    text: Annotated[str, Field(min_length=10, max_length=500)]
    temperature_c: Annotated[int, Field(ge=40, le=300)] | None = None
    needs: tuple[str, ...] = ()


class _DishEntry(_Strict):
    title: _Words
    family: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    kind: Kind
    kitchen: _Words
    serves: Annotated[int, Field(ge=1, le=12)]
    summary: _Words
    keywords: tuple[_Words, ...] = ()
    role: Annotated[tuple[_RoleEntry, ...], Field(min_length=2)]
    step: Annotated[tuple[_StepEntry, ...], Field(min_length=2, max_length=12)]
