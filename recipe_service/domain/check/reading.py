"""A recipe as the rules see it: which foods its list and its method name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from common.contracts.recipe import Recipe, RecipeIngredient
from recipe_service.domain.pantry.index import Mention, NameIndex
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.names import beside, parse_line, unfreed
from recipe_service.domain.pantry.products import made_at_home
from recipe_service.domain.pantry.tokens import Token, tokens_of

# A word for a whole kind stands for what is listed of it: "drain the pasta" for spaghetti.
_GENERIC = {
    "pasta": {"pasta"}, "noodle": {"pasta"}, "cheese": {"cheese"}, "fish": {"fish"},
    "bread": {"bread"}, "toast": {"bread"}, "dough": {"bread", "flour"}, "bun": {"bread"},
    "pastry": {"bread", "flour"}, "flour": {"flour"}, "oil": {"fat"}, "stock": {"stock"},
    "broth": {"stock", "soy", "pulse"}, "bean": {"pulse", "vegetable"}, "lentil": {"pulse"},
    "meat": {"meat", "poultry"}, "mince": {"meat", "poultry"}, "grain": {"grain"},
    "milk": {"dairy", "plant-milk"}, "cream": {"dairy", "plant-milk"},
    "yoghurt": {"dairy", "plant-milk"}, "yogurt": {"dairy", "plant-milk"},
    "juice": {"drink", "fruit"}, "wine": {"alcohol"}, "vinegar": {"sauce"}, "sugar": {"sweet"},
    "mushroom": {"mushroom"}, "berry": {"fruit"}, "nut": {"nut"}, "seed": {"seed"},
}  # fmt: skip
_VERBS = {"toast", "wrap", "squash", "date", "ice"}
# What a dish or its liquid may look like: "into a cream", "cream of leek", "the pan juices".
_LOOKS = {"cream", "curd", "grit", "starch", "juice", "paste", "crumb"}
_LIKE = {
    "a", "into", "like", "as", "pan", "cooking", "soft", "large", "thick", "pale", "its", "their",
    "any",
}  # fmt: skip
_DAIRY = {"cream", "curd"}
_BECOMING = {"into", "to", "like", "as", "until", "becomes", "form", "forms"}
_NEVER = {"juice", "juices", "grit"}  # out of what is listed; between the leaves of a leek
_DETERMINERS = {"the", "a", "of", "with", "on", "some", "more", "your", "each", "in"}
_OBJECTS = {
    "the", "each", "it", "them", "until", "in", "for", "lightly", "gently", "well", "a", "and",
    "or", "tightly", "over", "around",
}  # fmt: skip
# "Serve with cake" is bought; "the cake" and "a cake tin" are of the recipe's own.
_BESIDE = {"with", "alongside", "beside", "on", "over", "add"}
_OWN = {"the", "this", "these", "each", "every", "your"}
_TOOLS = {
    "tin", "pan", "dish", "stand", "case", "tray", "stone", "cutter", "mould", "plate", "rack",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the list: what it surely is, and every food its words name."""

    line: RecipeIngredient
    food: Food | None
    named: tuple[Mention, ...]  # in its name, brackets and all, and in its note
    words: frozenset[str]  # stems of its name, and what the food's other names end with
    heads: frozenset[str]  # what it may be called in one word: butter beans are no butter

    @property
    def foods(self) -> dict[str, Food]:
        """Every food the row may bring into the kitchen, by id."""
        known = [self.food] if self.food else []
        return {food.id: food for food in (*known, *(mention.food for mention in self.named))}


@dataclass(frozen=True)
class Reading:
    """The list and the method of a recipe, understood."""

    rows: tuple[Row, ...]
    steps: tuple[tuple[Token, ...], ...]
    named: tuple[tuple[Mention, ...], ...]  # in each step
    index: NameIndex

    def mentions(self, *, surely: bool = False) -> Iterator[tuple[int, Mention]]:
        """Yield each food the steps name that no line of the list is; step from 1.

        Surely: what only may be of the list too, and what is bought or served ready.
        """
        listed = self.vouches if surely else self._explains_food
        for number, (tokens, named) in enumerate(zip(self.steps, self.named, strict=True), start=1):
            for mention in named:
                if not (listed(tokens, mention) or is_no_food(tokens, mention, surely=surely)):
                    yield number, mention

    def _explains_food(self, tokens: tuple[Token, ...], mention: Mention) -> bool:
        """Say whether some line of the list may be what a text calls so."""
        words = {token.exact for token in tokens[mention.start : mention.end]}
        return mention.food.id not in self.index.foods or any(
            mention.food.id in row.foods
            or words <= row.words
            or (row.food is not None and _is_kind_of(row.food, words))
            for row in self.rows
        )

    def vouches(self, tokens: tuple[Token, ...], mention: Mention) -> bool:
        """Say whether a line surely is what a text calls so: a guest's allergy hangs on it.

        A word for a kind stands for what holds as much of it: no flour is only cornflour.
        """
        words = {token.exact for token in tokens[mention.start : mention.end]}
        return _is_made_here(tokens, mention) or any(
            mention.food.id in row.foods
            or words <= (row.words if len(words) > 1 else row.heads)
            or (row.food is not None and _is_as_much(row.food, mention.food, words))
            for row in self.rows
        )


def read(recipe: Recipe, index: NameIndex) -> Reading:
    """Understand every line and step of a recipe."""
    steps = tuple(tokens_of(step.text) for step in recipe.steps)
    return Reading(
        rows=tuple(_row(line, index) for line in recipe.ingredients),
        steps=steps,
        named=tuple(tuple(unfreed(tokens, index)) for tokens in steps),
        index=index,
    )


def _row(line: RecipeIngredient, index: NameIndex) -> Row:
    parsed = parse_line(line.name, index)
    food = index.foods.get(line.id or "") or parsed.food
    tokens = tokens_of(line.name)
    named = [] if parsed.food else list(index.find(tokens, prose=True))
    if parsed.food:  # an id does not excuse the name beside it
        named.append(Mention(parsed.food, 0, len(tokens), line.name))
    named += beside(line.name, line.note, index)
    # an "onion" in a step is the spring onion of the list, "beef" is no beef tomato
    called = [tokens_of(name)[-1:] for name in (food.names["en"] if food else ())]
    called += [tokens[one.end - 1 : one.end] for one in index.find(tokens)] if food else []
    heads = frozenset(token.exact for part in called for token in part)
    words = heads | {token.exact for token in tokens}
    return Row(line, food, tuple(named), words, heads)


def _is_kind_of(food: Food, words: set[str]) -> bool:
    return len(words) == 1 and food.group in _GENERIC.get(next(iter(words)), ())


def _is_as_much(food: Food, named: Food, words: set[str]) -> bool:
    return (
        _is_kind_of(food, words)
        and food.animal == named.animal
        and food.allergens >= named.allergens
        and food.alcohol >= named.alcohol
    )


def _is_made_here(tokens: tuple[Token, ...], mention: Mention) -> bool:
    """Whether a cake is the recipe's own: "bake the cakes", but not "serve with cake"."""
    before = [token.exact for token in tokens[max(0, mention.start - 5) : mention.start]]
    beside = [place for place, word in enumerate(before) if word in _BESIDE]
    after = tokens[mention.end].exact if mention.end < len(tokens) else ""
    served = bool(beside) and _OWN.isdisjoint(before[beside[-1] :]) and after not in _TOOLS
    return mention.food.id in made_at_home() and not served


def is_no_food(tokens: tuple[Token, ...], mention: Mention, *, surely: bool = False) -> bool:
    """Whether a word is something to do or to see here: "toast the seeds", "into a cream".

    Surely: thick cream is what something turns into, or it is cream.
    """
    if mention.end - mention.start > 1:
        return False
    word = tokens[mention.start].exact
    before = tokens[mention.start - 1].exact if mention.start else ""
    after = tokens[mention.end].exact if mention.end < len(tokens) else ""
    if word in _LOOKS:
        if surely and word in _DAIRY and after != "of":
            turning = [token.text for token in tokens[max(0, mention.start - 4) : mention.end]]
            return not _BECOMING.isdisjoint(turning) and ("a" in turning or turning[-1] == "curds")
        return before in _LIKE or after == "of" or mention.text in _NEVER
    return word in _VERBS and after in _OBJECTS and before not in _DETERMINERS
