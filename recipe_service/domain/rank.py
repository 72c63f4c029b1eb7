"""The answer out of the recipes: no two alike, best first, with one shopping list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from common.contracts.recipe import (
    IngredientList,
    RankRequest,
    Recipe,
    RecipeBook,
    RecipeIngredient,
    ShoppingItem,
    Units,
)
from common.errors import NoRecipe
from recipe_service.domain.cook.lines import called
from recipe_service.domain.pantry.amounts import Amount, add, enough, grams_of, print_amount
from recipe_service.domain.pantry.diets import allows, breaks
from recipe_service.domain.pantry.knowledge import Food, Knowledge
from recipe_service.domain.pantry.nutrition import per_serving

_SHARED, _SAME_WORDS, _SAME_TITLE = 0.7, 0.5, 0.85  # above which two recipes are one
_NEARLY = 0.1  # a tenth too little is enough
_WEIGHTLESS = {"spice", "herb", "baking", "water"}  # nobody counts the calories of a pinch
_COUNTED = ("piece", "bunch", "head")  # as a shop sells them
_MOST_COUNTED, _LEAST_COUNTED_G = 6, 30.0  # more, and lighter things, are weighed
_AISLES = (
    "vegetable", "fruit", "mushroom", "herb", "bread", "dairy", "plant-milk", "cheese", "egg",
    "meat", "poultry", "fish", "seafood", "soy", "pasta", "grain", "pulse", "flour",
)  # fmt: skip


def rank(
    recipes: Sequence[Recipe],
    at_hand: IngredientList,
    wanted: RankRequest,
    excluded: Collection[str],
    knowledge: Knowledge,
) -> RecipeBook:
    """Choose and order recipes, and say what is to be bought.

    First comes what uses most of what is at hand, then what misses least, then what is
    quickest. Of two recipes of one family, or with nearly the same list and title, the better
    one stays. A recipe that breaks a diet or an exclusion is dropped whoever let it pass.

    Raises
    ------
    NoRecipe
        None is left.
    """
    safe = [recipe for recipe in recipes if _is_safe(recipe, wanted, excluded, knowledge)]
    ordered = sorted(safe, key=_merit)
    chosen: list[Recipe] = []
    for recipe in ordered:
        if not any(_alike(recipe, other, knowledge) for other in chosen):
            chosen.append(recipe)
    if not chosen:
        raise NoRecipe("no recipe is left that suits the diet and the list")
    notes = dict.fromkeys(recipe.note for recipe in chosen if recipe.note)
    if len(chosen) < len(safe):
        notes["Recipes that were much alike are told once."] = None
    if len(safe) < len(recipes):
        notes["A recipe that broke the diet was dropped."] = None
    best = tuple(_weighed(recipe, knowledge) for recipe in chosen[: wanted.count])
    return RecipeBook(
        ingredients=at_hand.ingredients,
        recipes=best,
        shopping=tuple(_shopping(best, at_hand, knowledge, wanted.units)),
        left_out=tuple(_left_out(at_hand, wanted, excluded, knowledge)),
        notes=tuple(notes),
    )


def _is_safe(
    recipe: Recipe, wanted: RankRequest, excluded: Collection[str], knowledge: Knowledge
) -> bool:
    foods = [knowledge.foods.get(line.id or "") for line in recipe.ingredients]
    return all(food is None or allows(food, wanted.diet, excluded) for food in foods)


def _merit(recipe: Recipe) -> tuple[int, int, int]:
    return -len(set(recipe.uses)), len(set(recipe.missing)), recipe.total_minutes


def _alike(one: Recipe, two: Recipe, knowledge: Knowledge) -> bool:
    if one.family and two.family:  # dishes of the cookbook: fried rice is no chicken soup
        return one.family == two.family
    words = SequenceMatcher(None, one.title.casefold(), two.title.casefold()).ratio()
    if words >= _SAME_TITLE:
        return True
    lists = [_buyable(recipe, knowledge) for recipe in (one, two)]
    shared = len(lists[0] & lists[1]) / max(1, len(lists[0] | lists[1]))
    return shared >= _SHARED and words >= _SAME_WORDS


def _buyable(recipe: Recipe, knowledge: Knowledge) -> set[str]:
    named = {line.id or line.name.casefold() for line in recipe.ingredients}
    return named - knowledge.staples


def _weighed(recipe: Recipe, knowledge: Knowledge) -> Recipe:
    """Give nutrition where every line that counts has its weight; none where one has not."""
    items: list[tuple[Food, float]] = []
    for line in recipe.ingredients:
        food = knowledge.foods.get(line.id or "")
        if food is not None and line.grams is not None:
            items.append((food, line.grams))
        elif food is None or food.group not in _WEIGHTLESS:
            return recipe.model_copy(update={"nutrition": None})
    return recipe.model_copy(update={"nutrition": per_serving(items, recipe.servings)})


@dataclass
class _Need:
    line: RecipeIngredient
    food: Food | None
    amounts: list[Amount] = field(default_factory=list)
    recipes: list[int] = field(default_factory=list)
    counted: str = ""  # the unit in which the cook or a recipe counts it, if any does

    def take(self, line: RecipeIngredient, recipe: int) -> None:
        self.recipes.append(recipe)
        if line.quantity is None:
            return
        amount = Amount(line.quantity, line.unit or "piece")
        self.count(amount.unit)
        for place, known in enumerate(self.amounts):
            same = Amount(known.quantity + amount.quantity, known.unit)
            total = add(known, amount, self.food) if self.food else same
            if total is not None and (self.food or known.unit == amount.unit):
                self.amounts[place] = total
                return
        self.amounts.append(amount)

    def count(self, *units: str) -> None:
        self.counted = self.counted or next((unit for unit in units if unit in _COUNTED), "")

    def take_most(self, amount: Amount, food: Food, recipe: int) -> None:
        self.recipes.append(recipe)
        if not self.amounts or _is_less(self.amounts[0], amount, food):
            self.amounts = [amount]

    def item(self, units: Units) -> ShoppingItem:
        recipes = tuple(dict.fromkeys(self.recipes))
        if self.food is None:
            printed = [
                f"{one.quantity:g} {one.unit}".removesuffix(" piece") for one in self.amounts
            ]
            return ShoppingItem(name=self.line.name, amount=" + ".join(printed), recipes=recipes)
        food = self.food
        amounts = [self._sold(one, food) for one in self.amounts]
        name = called(food, amounts[0]) if amounts else self.line.name
        printed = [print_amount(one, food, units) for one in amounts]
        return ShoppingItem(name=name, id=food.id, amount=" + ".join(printed), recipes=recipes)

    def _sold(self, amount: Amount, food: Food) -> Amount:
        """Say it as a shop sells it: who counts leeks buys one, not 72 g of it."""
        each = grams_of(Amount(1, self.counted), food) if self.counted else None
        grams = grams_of(amount, food)
        if each and grams and each >= _LEAST_COUNTED_G and amount.unit != self.counted:
            number = enough(Amount(grams / each, self.counted))
            amount = number if number.quantity <= _MOST_COUNTED else amount
        return enough(amount) if amount.unit in _COUNTED else amount


def _shopping(
    recipes: Iterable[Recipe], at_hand: IngredientList, knowledge: Knowledge, units: Units
) -> Iterator[ShoppingItem]:
    """List what is missing or runs short once, in the order of a shop's aisles."""
    stock = {
        one.id: Amount(one.quantity, one.unit or "piece")
        for one in at_hand.ingredients
        if one.id and one.quantity is not None
    }
    needs: dict[str, _Need] = {}
    for number, recipe in enumerate(recipes):
        for line in recipe.ingredients:
            food = knowledge.foods.get(line.id or "")
            key = food.id if food else line.name.casefold()
            if line.have == "missing":
                needs.setdefault(key, _Need(line, food)).take(line, number)
            elif line.have == "have" and food and key in stock:
                short = _beyond(line, stock[key], food)
                if short:  # of what is there, each recipe may use all: nobody cooks them at once
                    need = needs.setdefault(key, _Need(line, food))
                    need.count(stock[key].unit, line.unit or "piece")
                    need.take_most(short, food, number)
    for need in sorted(needs.values(), key=_aisle):
        yield need.item(units)


def _beyond(line: RecipeIngredient, stock: Amount, food: Food) -> Amount | None:
    """Tell what one recipe needs beyond the stock; None when it reaches, or nobody can tell."""
    if line.quantity is None:
        return None
    needed, there = Amount(line.quantity, line.unit or "piece"), stock
    if needed.unit != there.unit:
        weights = grams_of(needed, food), grams_of(there, food)
        if weights[0] is None or weights[1] is None:
            return None
        needed, there = Amount(weights[0], "g"), Amount(weights[1], "g")
    short = needed.quantity - there.quantity
    return None if short <= _NEARLY * needed.quantity else enough(Amount(short, needed.unit))


def _is_less(one: Amount, two: Amount, food: Food) -> bool:
    """Compare two amounts that run short: of one unit, or both of units that have a weight."""
    if one.unit != two.unit:
        one, two = (Amount(grams_of(amount, food) or 0.0, "g") for amount in (one, two))
    return one.quantity < two.quantity


def _aisle(need: _Need) -> int:
    group = need.food.group if need.food else ""
    return _AISLES.index(group) if group in _AISLES else len(_AISLES)


def _left_out(
    at_hand: IngredientList, wanted: RankRequest, excluded: Collection[str], knowledge: Knowledge
) -> Iterator[str]:
    for ingredient in at_hand.ingredients:
        food = knowledge.foods.get(ingredient.id or "")
        if food is None:
            yield f"{ingredient.name}: not known here"
        elif food.id in excluded:
            yield f"{ingredient.name}: excluded"
        elif broken := breaks(food, wanted.diet):
            yield f"{ingredient.name}: not {broken.value.replace('_', '-')}"
