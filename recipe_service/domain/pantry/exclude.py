"""What a person will not eat, as ids: a name, a kind ("nuts", "seafood") or an allergen.

Reads widely on purpose. Excluding too much costs a recipe, excluding too little harms a guest.
A word that nobody knows is asked back, never taken for the one spelled nearest; only a
misspelled kind ("penuts") is understood, and it excludes the whole kind.
"""

# ruff: noqa: RUF001 (Cyrillic letters look like Latin ones; that is the subject)

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from recipe_service.domain.pantry.index import Mention, NameIndex
from recipe_service.domain.pantry.kinds import KINDS, find_kinds, kind_called, near_kind
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.products import products
from recipe_service.domain.pantry.tokens import Token, tokens_of
from recipe_service.domain.pantry.unread import is_small_talk, unread

_LISTED = re.compile(r"[,;/|、，；•\n\r]+")  # each part must be understood
_BREAKS = re.compile(r"[^\w\s'’-]+")  # no name goes on behind it: "coconut & milk"
# food and drink, animals that are eaten: beside words, they name something too
_PICTURES = re.compile(r"[🌭-🍿🐀-🐿🥐-🥯🦀-🦭🧀-🧋🫐-🫙]")
_FREE = {"free", "без", "không", "無"}
_SEA = frozenset({"fish", "crustaceans", "molluscs"})
_SOURCES = {"fish": _SEA, "seafood": _SEA, "nut": frozenset({"nuts"})}  # group: its allergens


@dataclass(frozen=True)
class Exclusion:
    """Ids nobody may use, the kinds behind them, and the words that no food is known for."""

    ids: frozenset[str]
    kinds: tuple[str, ...]
    unknown: tuple[str, ...]
    guesses: tuple[str, ...] = ()  # what each unknown word may have meant, "" for no idea

    @property
    def questions(self) -> tuple[str, ...]:
        """What to ask about each unknown word."""
        return tuple(
            f"{word!r} (did you mean {guess}?)" if guess else repr(word)
            for word, guess in zip(self.unknown, self.guesses, strict=True)
        )


@dataclass(frozen=True)
class _Read:
    """What was found in a text, and the words of it that say nothing known."""

    kinds: tuple[str, ...]
    foods: tuple[_Named, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class _Named:
    """A food that is named; what is called after it goes with it, where `called` says how."""

    food: Food
    called: tuple[frozenset[str], ...] = ()

    def takes(self, food: Food) -> bool:
        """Say whether a food may not be used where this one is excluded."""
        after = any(called <= name for called in self.called for name in _names_of(food))
        return after or food.id == self.food.id or (bool(self.called) and self._is_in(food))

    def _is_in(self, food: Food) -> bool:
        """Whether a food is prepared with the allergen of this fish, shellfish or nut."""
        shared = food.allergens & self.food.allergens & _SOURCES.get(self.food.group, frozenset())
        return bool(shared) and not food.allergens <= _SOURCES.get(food.group, frozenset())


def exclude(lines: Iterable[str], names: NameIndex) -> Exclusion:
    """Resolve what a person will not eat; never raises.

    A kind excludes everything that holds it (milk: butter and cheese too, oat milk not). Any
    other food also takes with it every food whose English name contains its own (onion takes
    red onion, rice takes rice noodles), and a fish, a shellfish or a nut all that is made with
    its allergen: anchovies take Worcestershire sauce.
    """
    kinds: list[str] = []
    foods: list[_Named] = []
    unknown: dict[str, str] = {}
    for part in (part for line in lines for part in _LISTED.split(line[:200])):
        read = _understood(part, names)
        kinds += read.kinds
        foods += read.foods
        for word in read.unread:
            near = names.closest(word)
            unknown[word[:120]] = near.name if near else ""
    ids = {
        food.id
        for food in (*names.foods.values(), *products())
        if any(KINDS[kind].holds(food) for kind in kinds) or any(n.takes(food) for n in foods)
    }
    return Exclusion(
        frozenset(ids), tuple(dict.fromkeys(kinds)), tuple(unknown), tuple(unknown.values())
    )


def _understood(text: str, names: NameIndex) -> _Read:
    tokens = tokens_of(text)
    shown = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    whole = " ".join(shown.split())
    if not tokens:  # a picture, "???": somebody meant something
        return _Read((), (), (whole,) if whole else ())
    read = [_read(part, names) for part in _BREAKS.split(text + _pictures(text))]
    kinds = tuple(kind for one in read for kind in one.kinds)
    foods = [food for one in read for food in one.foods]
    missing = [word for one in read for word in one.unread]
    for one in names.find(tokens) if len(read) > 1 else ():
        foods.append(_Named(one.food, _called(tokens, one)))
        if _has_break(one, tokens):  # "Lea & Perrins" is one name
            parts = {token.text for token in _words(tokens, one)}
            missing = [word for word in missing if not parts.issuperset(word.split())]
    if not (kinds or foods) and len(missing) < 2:
        missing = [whole]  # as it is written
    return _Read(kinds, tuple(foods), tuple(missing))


def _pictures(text: str) -> str:
    """Return the pictures of food and animals beside words as their names: milk is no ornament."""
    signs = [unicodedata.name(sign, "") for sign in text if _PICTURES.match(sign)]
    return "".join(f" ({name.lower()})" for name in signs)


def _has_break(one: Mention, tokens: tuple[Token, ...]) -> bool:
    written = [token.exact for token in _words(tokens, one)]
    spellings = (name for called in one.food.names.values() for name in called)
    return any(
        _BREAKS.search(name) and [token.exact for token in tokens_of(name)] == written
        for name in spellings
    )


def _read(text: str, names: NameIndex) -> _Read:
    """Find kinds and foods in a text without a break.

    A kind word inside a longer name says which food it is, not which kind, when the food is
    not of the kind: crab meat is crab, coconut milk is no dairy. Whoever cannot have milk
    writes milk. The name of a food that *is* of the kind ("goat cheese") stands for both.
    """
    tokens = tokens_of(text)
    mentions = names.find(tokens)
    found = list(find_kinds(tokens)) or list(find_kinds(tokens, marks=False))
    kept = [one for one in found if not any(_only_names(m, one, tokens) for m in mentions)]
    kinds = [kind for kind, _, _ in kept]
    foods = []
    for mention in mentions:
        is_kind = kind_called(mention.food)
        kinds += [is_kind] if is_kind else []
        within = [e - s for _, s, e in kept if s <= mention.start and mention.end <= e]
        if max(within, default=0) <= mention.end - mention.start:  # else the fish of "shell fish"
            called = () if within or is_kind else _called(tokens, mention)
            foods.append(_Named(mention.food, called))
    spans = [*((m.start, m.end) for m in mentions), *((s, e) for _, s, e in found)]
    known = {index for start, end in spans for index in range(start, end)}
    rest = {t.text: i for i, t in enumerate(tokens) if i not in known}
    words = [word for word in rest if not is_small_talk(word)]
    for word in dict.fromkeys([*words, text.strip()] if rest else []):
        if kind := near_kind(word):
            near = names.closest(word)
            sure = near is None or KINDS[kind].holds(near)  # "celiriac" may be celeriac: ask
            if sure or kinds or foods:
                kinds.append(kind)
                foods += [_Named(near)] if near else []
                known |= {rest[word]} if word in rest else set(range(len(tokens)))
    return _Read(tuple(kinds), tuple(foods), tuple(unread(tokens, known)))


def _only_names(mention: Mention, kind: tuple[str, int, int], tokens: tuple[Token, ...]) -> bool:
    """Whether a word for a kind is only part of what a food is called."""
    name, start, end = kind
    words = _words(tokens, mention)
    inside = mention.start <= start and end <= mention.end and end - start < len(words)
    free = any(token.exact in _FREE for token in words)  # "gluten-free flour": both, to be safe
    return inside and not free and not KINDS[name].holds(mention.food)


def _words(tokens: tuple[Token, ...], mention: Mention) -> tuple[Token, ...]:
    return tokens[mention.start : mention.end]


def _called(tokens: tuple[Token, ...], mention: Mention) -> tuple[frozenset[str], ...]:
    """Return what the food is called: the words written, and those an English cookbook prints."""
    shown = tokens_of(mention.food.name)
    written = _words(tokens, mention)
    return tuple(frozenset(token.exact for token in words) for words in (written, shown))


@lru_cache(maxsize=2048)
def _names_of(food: Food) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(token.exact for token in tokens_of(name)) for name in food.names["en"])
