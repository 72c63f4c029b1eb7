"""Every known name of every ingredient, found in running text: longest match first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from recipe_service.domain.pantry.knowledge import Food, Knowledge
from recipe_service.domain.pantry.products import products
from recipe_service.domain.pantry.tokens import Token, fold, tokens_of, without_marks

Key = tuple[str, ...]
_LANGUAGES = ("en", "ru", "zh", "vi")  # who wins when two foods share a name
_CLOSE = 0.8  # similarity above which a misspelling is worth a question


@dataclass(frozen=True)
class Mention:
    """A known name in a text: tokens ``start`` to ``end`` (exclusive)."""

    food: Food
    start: int
    end: int
    text: str


class NameIndex:
    """Finds names of foods; immutable after construction, safe to share between threads.

    Vietnamese is also understood without its marks, where that leaves one food only: "dua"
    may be a pineapple, a coconut or a melon, and is none of them.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.foods = knowledge.foods
        self._written: dict[Key, Food] = {}  # endings kept: "peppers" are no pepper
        self._exact: dict[Key, Food] = {}
        self._plain: dict[Key, dict[str, tuple[Food, Key, bool]]] = defaultdict(dict)
        self._ready: dict[Key, Food] = {}  # what is bought or served ready: only named in prose
        self._spellings: dict[str, Food] = {}
        self._grams: dict[str, list[str]] = defaultdict(list)
        for language in _LANGUAGES:
            self._add_language(language)
        for product in products():
            tokens = tokens_of(product.name)
            for key in (tuple(t.exact for t in tokens), tuple(t.plain for t in tokens)):
                self._ready.setdefault(key, product)
        self._longest = max(map(len, (*self._exact, *self._ready)))
        for spelling in self._spellings:
            for gram in set(_bigrams(spelling)):
                self._grams[gram].append(spelling)

    def _add_language(self, language: str) -> None:
        foods = self.foods.values()
        taken = {fold(name) for food in foods for name in food.names["en"]}
        for food in foods:
            names = food.names[language]
            if language == "en":  # an id that another food is called by stands for that one
                names = (*names, food.plural or "", *({food.id} - taken))
            for name in names:
                tokens = tokens_of(name)
                if key := tuple(token.exact for token in tokens):
                    self._written.setdefault(tuple(token.text for token in tokens), food)
                    self._add(key, name, food, language)
        if language != "ru":
            return
        for key, food in list(self._exact.items()):  # "капуста белокочанная" is the same cabbage
            if len(key) == 2 and key[0] >= "\u0430":  # Cyrillic
                self._exact.setdefault((key[1], key[0]), food)

    def _add(self, key: Key, name: str, food: Food, language: str) -> None:
        self._exact.setdefault(key, food)
        if language != "zh":
            self._spellings.setdefault(fold(name), food)
        if language in {"en", "vi"}:
            plain = tuple(map(without_marks, key))
            self._plain[plain].setdefault(food.id, (food, key, language == "vi"))

    def get(self, name: str) -> Food | None:
        """Return the food that is called exactly so (endings and case do not matter)."""
        tokens = tokens_of(name)
        return self._at(tokens) if tokens else None

    def find(self, tokens: tuple[Token, ...], *, prose: bool = False) -> tuple[Mention, ...]:
        """Return the foods named in a text, left to right, longest name first.

        In prose Vietnamese needs its marks ("be" is no veal), "the oats drink" is no drink, and
        what is bought or served ready is named too.
        """
        return tuple(self._find(tokens, prose))

    def _find(self, tokens: tuple[Token, ...], prose: bool) -> Iterator[Mention]:
        start = 0
        while start < len(tokens):
            for end in range(min(len(tokens), start + self._longest), start, -1):
                if food := self._at(tokens[start:end], prose):
                    text = " ".join(token.text for token in tokens[start:end])
                    yield Mention(food, start, end, text)
                    start = end
                    break
            else:
                start += 1

    def _at(self, tokens: tuple[Token, ...], prose: bool = False) -> Food | None:
        if food := self._written.get(tuple(token.text for token in tokens)):
            return food
        key = tuple(token.exact for token in tokens)
        # English compounds: only the last word has a plural
        plural = prose and any(token.text == f"{token.exact}s" for token in tokens[:-1])
        food = None if plural else self._exact.get(key)
        if food is None and prose:
            food = self._ready.get(key)
        if food is not None or plural:
            return food
        candidates = self._plain.get(tuple(token.plain for token in tokens), {})
        fitting = [
            food
            for food, key, marked in candidates.values()
            if not (marked and prose) and _unmarked(tokens, key, marked)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def closest(self, text: str) -> Food | None:
        """Return the food whose name is spelled most like the text, or None when none is near."""
        unmarked = self._plain.get(tuple(token.plain for token in tokens_of(text)))
        if unmarked:  # one of several: "dua"
            return next(iter(unmarked.values()))[0]
        word = fold(text)
        if not 4 <= len(word) <= 40:
            return None
        shared = Counter(name for gram in set(_bigrams(word)) for name in self._grams.get(gram, ()))
        best, score = "", _CLOSE
        for name, _ in shared.most_common(20):
            ratio = SequenceMatcher(None, word, name).ratio()
            if ratio >= score:
                best, score = name, ratio
        return self._spellings.get(best)


def _unmarked(tokens: Iterable[Token], key: Key, marked: bool) -> bool:
    """Whether each token is the key's, or was written without marks; "jalapeño" is English."""
    return all(
        token.exact in {word, token.plain} or (not marked and word == token.plain)
        for token, word in zip(tokens, key, strict=True)
    )


def _bigrams(word: str) -> Iterator[str]:
    padded = f" {word} "
    return (padded[i : i + 2] for i in range(len(padded) - 1))


_BUILT: dict[int, tuple[Knowledge, NameIndex]] = {}


def index_of(knowledge: Knowledge) -> NameIndex:
    """Return the index of a knowledge base, built once (about 0.1 s) and kept."""
    built = _BUILT.get(id(knowledge))
    if built is None or built[0] is not knowledge:
        if len(_BUILT) >= 4:
            _BUILT.clear()
        built = _BUILT[id(knowledge)] = (knowledge, NameIndex(knowledge))
    return built[1]
