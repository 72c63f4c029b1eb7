"""Facts about ingredients: the types, and reading them from the knowledge folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Group = Literal[
    "vegetable", "fruit", "mushroom", "herb", "spice", "meat", "poultry", "fish", "seafood",
    "egg", "dairy", "plant-milk", "cheese", "grain", "flour", "pasta", "bread", "pulse", "soy",
    "nut", "seed", "fat", "sweet", "sauce", "stock", "baking", "alcohol", "drink", "seaweed",
    "water",
]  # fmt: skip
UnitName = Literal[
    "piece", "clove", "slice", "bunch", "sprig", "stalk", "leaf", "head", "can", "cube", "sheet",
    "handful", "knob", "ear", "fillet",
]  # fmt: skip
Allergen = Literal[
    "gluten", "crustaceans", "egg", "fish", "peanut", "soy", "milk", "nuts", "celery", "mustard",
    "sesame", "sulphites", "lupin", "molluscs",
]  # fmt: skip
Animal = Literal[
    "", "meat", "poultry", "pork", "fish", "seafood", "milk", "egg", "honey", "gelatin"
]  # fmt: skip

FoodId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
_Per100g = Annotated[float, Field(ge=0, le=100)]
_Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
_Grams = Annotated[float, Field(gt=0, le=5000)]


class KnowledgeError(Exception):
    """The knowledge folder is wrong: each problem names file, entry, fault and what is allowed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Problem:
    """One fault in a knowledge file."""

    file: str
    entry: str
    fault: str
    unknown_id: bool = False

    def __str__(self) -> str:
        place = f"{self.file}: {self.entry}" if self.entry else self.file
        return f"{place}: {self.fault}"


@dataclass(frozen=True)
class Nutrition:
    """Energy (kcal), nutrients (g) and sodium (mg) in 100 g."""

    kcal: float
    protein: float
    fat: float
    saturated: float
    carbs: float
    sugar: float
    fibre: float
    sodium_mg: float


@dataclass(frozen=True)
class Food:
    """One ingredient: how it is called, counted and weighed, and what is in it."""

    id: str
    names: dict[str, tuple[str, ...]]  # by language: en, ru, vi, zh; what is printed stands first
    plural: str | None
    group: str
    units: dict[str, float]  # grams of one kitchen unit; the natural one stands first
    density: float | None  # g per ml
    portion_g: float
    nutrition: Nutrition
    source: str
    allergens: frozenset[str]
    animal: str
    alcohol: bool
    season: tuple[int, ...]
    substitutes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What an English cookbook prints, singular where it can be counted."""
        return self.names["en"][0]

    def __hash__(self) -> int:
        """Dictionaries inside cannot be hashed; an id is one food."""
        return hash(self.id)


@dataclass(frozen=True, eq=False)  # by identity: what is found out about it is cached under it
class Knowledge:
    """All that is known about ingredients."""

    foods: dict[str, Food]
    sets: dict[str, tuple[str, ...]]
    staples: frozenset[str]


def load_knowledge(folder: Path) -> Knowledge:
    """Read and check every ingredient, set and staple.

    Parameters
    ----------
    folder
        ``knowledge``: holds ``ingredients/*.toml``, ``sets.toml`` and ``staples.toml``.

    Raises
    ------
    KnowledgeError
        With every problem found, not only the first.
    """
    knowledge, problems = read_knowledge(folder)
    if problems:
        raise KnowledgeError(problems)
    return knowledge


def read_knowledge(folder: Path) -> tuple[Knowledge, list[Problem]]:
    """Read what can be read of the folder, and find all that is wrong with it."""
    problems: list[Problem] = []
    foods: dict[str, Food] = {}
    for path in sorted((folder / "ingredients").glob("*.toml")):
        found, faults = read_foods(path)
        problems += faults
        problems += [
            Problem(path.name, name, "stands in two files") for name in found if name in foods
        ]
        foods |= found
    sets = _read_names(folder / "sets.toml", problems)
    staples = _read_names(folder / "staples.toml", problems).get("staples", ())
    knowledge = Knowledge(foods, sets, frozenset(staples))
    return knowledge, problems + list(_unknown_ids(knowledge))


def read_foods(path: Path) -> tuple[dict[str, Food], list[Problem]]:
    """Read the ingredients of one file, and find what is wrong with the others."""
    table, problems = read_toml(path)
    foods: dict[str, Food] = {}
    for name, entry in table.items():
        try:
            read = _FoodEntry.model_validate({"id": name, **entry})
        except (ValidationError, TypeError) as error:
            problems += describe(path.name, f"[{name}]", error)
            continue
        problems += [Problem(path.name, f"[{name}]", fault) for fault in _implausible(read)]
        foods[name] = read.food()
    return foods, problems


def read_toml(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Read a TOML file; an empty dictionary, with the problem, when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [Problem(path.name, "", f"cannot be read: {error}")]


def describe(file: str, entry: str, error: ValidationError | TypeError) -> Iterator[Problem]:
    """Put a validation error into the words of the file."""
    if isinstance(error, TypeError):
        yield Problem(file, entry, "is not a table of fields")
        return
    for fault in error.errors(include_url=False):
        place = ".".join(str(part) for part in fault["loc"])
        given = "" if fault["type"] == "missing" else f", not {fault['input']!r}"
        yield Problem(file, entry, f"{place}: {fault['msg']}{given}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _NutritionEntry(_Strict):
    kcal: Annotated[float, Field(ge=0, le=905)]
    protein: _Per100g
    fat: _Per100g
    saturated: _Per100g
    carbs: _Per100g
    sugar: _Per100g
    fibre: _Per100g
    sodium_mg: Annotated[float, Field(ge=0, le=40_000)]


class _FoodEntry(_Strict):
    id: FoodId
    en: _Names
    ru: _Names
    vi: _Names
    zh: _Names
    plural: str | None = None
    group: Group
    units: dict[UnitName, _Grams] = {}
    density: Annotated[float, Field(gt=0, le=3)] | None = None
    portion_g: Annotated[float, Field(gt=0, le=1000)]
    nutrition: _NutritionEntry
    source: Annotated[str, Field(min_length=3)]
    allergens: frozenset[Allergen] = frozenset()
    animal: Animal = ""
    alcohol: bool = False
    season: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    substitutes: tuple[FoodId, ...] = ()

    def food(self) -> Food:
        """Turn the entry into what the rest of the service knows."""
        names = {"en": self.en, "ru": self.ru, "vi": self.vi, "zh": self.zh}
        nutrition = Nutrition(**self.nutrition.model_dump())
        rest = self.model_dump(exclude={*names, "nutrition", "units", "allergens"})
        return Food(
            names=names,
            nutrition=nutrition,
            units={str(unit): grams for unit, grams in self.units.items()},
            allergens=frozenset(str(allergen) for allergen in self.allergens),
            **rest,
        )


def _implausible(entry: _FoodEntry) -> Iterator[str]:
    """Find sums that no food can have; half a gram is left for rounding in the source."""
    eaten = entry.nutrition
    if eaten.protein + eaten.fat + eaten.carbs > 102:
        yield "nutrition: protein, fat and carbs are more than 100 g together"
    if eaten.saturated > eaten.fat + 0.5:
        yield "nutrition: more saturated fat than fat"
    if eaten.sugar > eaten.carbs + 0.5:
        yield "nutrition: more sugar than carbs"
    if eaten.kcal > 4.2 * (eaten.protein + eaten.carbs) + 9.1 * eaten.fat + 40 and (
        not entry.alcohol
    ):
        yield f"nutrition: {eaten.kcal} kcal are more than its protein, fat and carbs give"
    if entry.plural is not None and not entry.units:
        yield "plural: only what can be counted has one; give its unit too"


def _read_names(path: Path, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    table, faults = read_toml(path)
    problems += faults
    lists: dict[str, tuple[str, ...]] = {}
    for name, entry in table.items():
        if not isinstance(entry, list) or not all(isinstance(item, str) for item in entry):
            problems.append(Problem(path.name, name, "must be a list of ingredient ids"))
            continue
        twice = sorted({item for item in entry if entry.count(item) > 1})
        problems += [Problem(path.name, name, f"holds {item!r} twice") for item in twice]
        lists[name] = tuple(entry)
    return lists


def _unknown_ids(knowledge: Knowledge) -> Iterator[Problem]:
    for name, members in knowledge.sets.items():
        for member in members:
            if member not in knowledge.foods:
                fault = f"no ingredient {member!r}"
                yield Problem("sets.toml", name, fault, unknown_id=True)
    for staple in sorted(knowledge.staples - set(knowledge.foods)):
        yield Problem("staples.toml", "staples", f"no ingredient {staple!r}", unknown_id=True)
    for food in knowledge.foods.values():
        for other in food.substitutes:
            if other not in knowledge.foods or other == food.id:
                fault = f"substitutes: no other ingredient {other!r}"
                yield Problem("ingredients", f"[{food.id}]", fault, unknown_id=True)
