"""Nothing forbidden reaches a plate: by id, by any known name, in the list and in the method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from common.contracts.recipe import Diet, Recipe
from recipe_service.domain.check.problem import Problem
from recipe_service.domain.check.reading import Reading, is_no_food
from recipe_service.domain.pantry.diets import breaks
from recipe_service.domain.pantry.exclude import Exclusion, exclude
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.kinds import KINDS, find_kinds
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.names import is_freed, parse_line, unfreed
from recipe_service.domain.pantry.products import made_at_home
from recipe_service.domain.pantry.tokens import Token, tokens_of

_NEGATIONS = {"without", "no", "instead"}
_DENIED_TOO = {"any", "added", "of", "or", "and", "nor", "need", "for", "the", "a", "extra"}
_MEATLESS = frozenset({Diet.VEGETARIAN, Diet.PESCATARIAN, Diet.NO_PORK})
_VEGAN = _MEATLESS | {Diet.VEGAN, Diet.DAIRY_FREE, Diet.EGG_FREE}
# What is said to suit a diet does: vegan cheese, gluten-free bread.
_CLAIMS = {
    ("vegan",): _VEGAN, ("plant", "based"): _VEGAN, ("vegetarian",): _MEATLESS,
    ("meat", "free"): _MEATLESS, ("gluten", "free"): {Diet.GLUTEN_FREE},
    ("dairy", "free"): {Diet.DAIRY_FREE}, ("egg", "free"): {Diet.EGG_FREE},
    ("nut", "free"): {Diet.NUT_FREE}, ("soy", "free"): {Diet.SOY_FREE},
    ("alcohol", "free"): {Diet.NO_ALCOHOL},
}  # fmt: skip


@dataclass(frozen=True)
class Ban:
    """What a request forbids."""

    diets: tuple[Diet, ...]
    exclusion: Exclusion

    def __bool__(self) -> bool:
        return bool(self.diets or self.exclusion.ids or self.exclusion.unknown)

    def reason(self, food: Food) -> str | None:
        """Say why a food may not be used, or None."""
        if food.id in self.exclusion.ids:
            return "is excluded"
        broken = breaks(food, self.diets)
        return f"is not {broken.value.replace('_', '-')}" if broken else None

    def allows(self, food: Food) -> bool:
        """Say whether a food may be used."""
        return self.reason(food) is None

    def of(self, tokens: tuple[Token, ...], start: int) -> Ban:
        """Return what is left to judge of what stands here: by what is claimed right before."""
        words = tuple(token.exact for token in tokens[:start])
        claim = next((claim for claim in _CLAIMS if words[-len(claim) :] == claim), None)
        if claim is None:
            return self
        left = tuple(diet for diet in self.diets if diet not in _CLAIMS[claim])
        return Ban(left, self.exclusion).of(tokens, start - len(claim))


def ban_of(diets: Iterable[Diet], excluded: Iterable[str], index: NameIndex) -> Ban:
    """Return what a request forbids."""
    return Ban(tuple(diets), exclude(excluded, index))


def forbidden(recipe: Recipe, reading: Reading, ban: Ban) -> Iterator[Problem]:
    """Find what breaks a diet or an exclusion, and what nobody can vouch for.

    With a diet or an exclusion set, an ingredient the knowledge base does not know is a
    problem too: nobody can say what is in it.
    """
    if not ban:
        return
    yield from _in_list(reading, ban)
    yield from _in_steps(reading, ban)
    yield from _in_other_texts(recipe, reading, ban)
    yield from _in_words(recipe, reading, ban)


def _in_list(reading: Reading, ban: Ban) -> Iterator[Problem]:
    for row in reading.rows:
        broken = [food for food in row.foods.values() if not ban.allows(food)]
        for food in broken:
            yield _problem(food, f'The line "{row.line.name}"', ban, reading.index)
        sure = row.food is not None and parse_line(row.line.name, reading.index).food is not None
        if not broken and not sure:
            yield Problem(
                "unknown_ingredient",
                f'Nobody can say what is in "{row.line.name}": name a plain ingredient, one a line,'
                " or leave it out.",
            )


def _in_steps(reading: Reading, ban: Ban) -> Iterator[Problem]:
    for number, mention in reading.mentions(surely=True):
        left = ban.of(reading.steps[number - 1], mention.start)
        if not left.allows(mention.food):
            yield _problem(mention.food, f'"{mention.text}" in step {number}', left, reading.index)


def _in_other_texts(recipe: Recipe, reading: Reading, ban: Ban) -> Iterator[Problem]:
    """Title and summary promise what is on the plate; only what is listed explains a word."""
    for place, text in (("title", recipe.title), ("summary", recipe.summary)):
        tokens = tokens_of(text)
        for mention in unfreed(tokens, reading.index):
            if reading.vouches(tokens, mention) or is_no_food(tokens, mention, surely=True):
                continue
            if _is_denied(tokens, mention.start, reading.index):
                continue
            left = ban.of(tokens, mention.start)
            if not left.allows(mention.food):
                said = f'"{mention.text}" in the {place}'
                yield _problem(mention.food, said, left, reading.index)


def _is_denied(tokens: tuple[Token, ...], start: int, index: NameIndex) -> bool:
    """Whether a food is told to be left out: "no nuts or butter", but not "no-fuss butter"."""
    spans = [(one.start, one.end) for one in index.find(tokens, prose=True)]
    spans += [(first, end) for _, first, end in find_kinds(tokens)]
    named = {place for first, end in spans for place in range(first, end)}
    for place in range(start - 1, max(-1, start - 6), -1):
        if tokens[place].exact in _NEGATIONS:
            return True
        if tokens[place].exact not in _DENIED_TOO and place not in named:
            return False
    return False


def _in_words(recipe: Recipe, reading: Reading, ban: Ban) -> Iterator[Problem]:
    """Find kinds ("nuts") and excluded words that no known food stands for."""
    listed = {word for row in reading.rows for word in row.heads}
    texts = [*(step.text for step in recipe.steps), *(line.note for line in recipe.ingredients)]
    texts += [line.name for line in recipe.ingredients]
    promised = [tokens_of(recipe.title), tokens_of(recipe.summary)]
    for tokens in [*map(tokens_of, texts), *promised]:
        for name, start, end in find_kinds(tokens):
            words = {token.exact for token in tokens[start:end]}
            free = is_freed(tokens, end) or (
                tokens in promised and _is_denied(tokens, start, reading.index)
            )
            banned = name in ban.exclusion.kinds or KINDS[name].diets.intersection(
                ban.of(tokens, start).diets
            )
            if banned and not free and not words <= listed and not _in_name(tokens, start, reading):
                yield Problem(
                    "forbidden_ingredient", f"{name.capitalize()} may not be used: leave it out."
                )
    everything = [{token.exact for token in tokens_of(text)} for text in [recipe.title, *texts]]
    for line in ban.exclusion.unknown:
        wanted = {token.exact for token in tokens_of(line)}
        if wanted and any(wanted <= words for words in everything):
            yield Problem("forbidden_ingredient", f'"{line}" is excluded: leave it out.')


def _in_name(tokens: tuple[Token, ...], place: int, reading: Reading) -> bool:
    """Whether a word is of a name that is judged on its own: "coconut milk", a raita made here."""
    return any(
        mention.start <= place < mention.end
        and (mention.end - mention.start > 1 or mention.food.id in made_at_home())
        for mention in reading.index.find(tokens, prose=True)
    )


def _problem(food: Food, place: str, ban: Ban, index: NameIndex) -> Problem:
    instead = [
        index.foods[other].name
        for other in food.substitutes
        if other in index.foods and ban.allows(index.foods[other])
    ]
    advice = f"use {' or '.join(instead[:2])} instead" if instead else "leave it out"
    return Problem("forbidden_ingredient", f"{place}: {food.name} {ban.reason(food)}; {advice}.")
