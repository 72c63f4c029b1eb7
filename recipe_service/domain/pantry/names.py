"""What a person wrote, in one of four languages, as an ingredient and an amount."""

# ruff: noqa: RUF001, RUF002 (Cyrillic letters look like Latin ones; that is the subject)

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from recipe_service.domain.pantry.amounts import MASS, Amount, add
from recipe_service.domain.pantry.index import Mention, NameIndex
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.numerals import numeral
from recipe_service.domain.pantry.tokens import Token, tokens_of
from recipe_service.domain.pantry.words import (
    colours,
    fillers,
    multipliers,
    units,
    vague,
)

MAX_LINE = 120  # characters; a longer line is no ingredient
_SEPARATORS = re.compile(r"[;\n\r、；•|]+|[,，](?!\d)|(?<!\d)[,，]")
_CONJUNCTION = re.compile(
    r"\s+(?:and|or|with|и|или|с|và|hoặc)\s+|\s*[&+/和與](?!\d)\s*", re.IGNORECASE
)
_ASIDE = re.compile(r"\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]")
_PERCENT = re.compile(r"\d+(?:[.,]\d+)?\s*%")  # of fat or juice, no amount
_MINUS = re.compile(r"(?<!\S)(?<!\d )[-−–](?=[\d½¼¾⅓⅔])")  # "- 3 eggs" is a list, "2 -3" a range
_PART_OF = re.compile(
    r"\b(?:juice|zest|rind|peel)(?:\s+and\s+(?:juice|zest))?\s+of\b", re.IGNORECASE
)
_MINCED = {"mince", "minced", "ground", "băm", "xay", "фарш", "絞"}
# Beans as bought dry: soaked and boiled before use; kidney beans are poisonous until then.
_RAW = {
    "raw", "uncooked", "unsoaked", "dry", "dried", "сыр", "сух", "сушен", "sống", "khô", "生", "乾",
}  # fmt: skip
# A whole bird that is meat by now: there is nothing to roast. Titles of dishes may say "roast".
_COOKED = {"cooked", "boiled", "roast", "leftover", "left", "熟"}
_PRODUCE = {"vegetable", "fruit", "mushroom", "pulse", "herb"}
_LONGEST_PHRASE = 3


@dataclass(frozen=True)
class Parsed:
    """One line understood: a food or None; a near miss is a `suggestion`, never a food."""

    food: Food | None
    amount: Amount | None
    text: str
    suggestion: str | None = None


def parse_list(lines: str | Iterable[str], names: NameIndex) -> tuple[Parsed, ...]:
    """Read a list of ingredients; a string is cut at commas, semicolons and line ends.

    Two lines of one food become one, their amounts added where they can be. What is not
    understood keeps its place with ``food=None``. Never raises.
    """
    merged: dict[str, Parsed] = {}
    for line in [lines] if isinstance(lines, str) else lines:
        for parsed in _parse_pieces(line, names):
            key = parsed.food.id if parsed.food else f"\0{parsed.text.casefold()}"
            known = merged.get(key)
            merged[key] = _merge(known, parsed) if known else parsed
    return tuple(merged.values())


def parse_line(line: str, names: NameIndex) -> Parsed:
    """Read one ingredient: ``"2 large onions"``, ``"400 г риса"``, ``"雞蛋 3 顆"``.

    A food is only named when every other word is an amount or says nothing new ("fresh",
    "chopped"); else its name is the `suggestion`. Never raises.
    """
    text = " ".join(line.split())
    if len(text) > MAX_LINE:
        return Parsed(None, None, text[: MAX_LINE - 1] + "…")
    stripped = _PART_OF.sub(" ", _PERCENT.sub(" ", _ASIDE.sub(" ", text)))
    tokens = tokens_of(stripped) or tokens_of(text)
    mentions = _foods(tokens, names)
    named = {index for mention in mentions for index in range(mention.start, mention.end)}
    measured, used = _amount(tokens, named)
    amount = measured if measured and measured.quantity else None
    foods = {mention.food.id: mention.food for mention in mentions}
    food = next(iter(foods.values()), None)
    unknown = _unknown(tokens, named | used, food)
    if food is None:
        near = names.closest(" ".join(unknown))
        return Parsed(None, amount, text, near.name if near else None)
    if len(foods) > 1 or unknown or _MINUS.search(text):
        return Parsed(None, amount, text, food.name)
    if measured and not measured.quantity:
        return Parsed(None, None, f"{text[: MAX_LINE - 20]} (none: left out)")
    return Parsed(_variant(food, amount, tokens, names) or food, amount, text)


def beside(name: str, note: str, names: NameIndex) -> list[Mention]:
    """Find the foods of an ingredient that `parse_line` passes over: in brackets, in its note."""
    texts = (*_ASIDE.findall(name), note)
    return [mention for text in texts for mention in unfreed(tokens_of(text), names)]


def unfreed(tokens: tuple[Token, ...], names: NameIndex) -> list[Mention]:
    """Find foods, but not the one in "dairy-free" or "egg free"."""
    return [
        mention for mention in names.find(tokens, prose=True) if not is_freed(tokens, mention.end)
    ]


def is_freed(tokens: tuple[Token, ...], end: int) -> bool:
    """Whether "free" stands behind a name; eggs that are free-range are eggs."""
    behind = [token.exact for token in tokens[end : end + 2]]
    return behind[:1] == ["free"] and behind[1:] not in (["range"], ["of"], ["from"])


def _parse_pieces(line: str, names: NameIndex) -> Iterator[Parsed]:
    for piece in _SEPARATORS.split(line):
        if not piece.strip() or _says_nothing(piece):
            continue
        parsed = parse_line(piece, names)
        if parsed.food is None and len(piece) <= MAX_LINE:
            parts = [parse_line(part, names) for part in _CONJUNCTION.split(piece) if part.strip()]
            if len(parts) > 1 and all(part.food for part in parts):
                yield from parts
                continue
        yield parsed


def _says_nothing(piece: str) -> bool:
    """Whether a piece is a preparation alone: "onion, finely chopped" is one ingredient."""
    tokens = tokens_of(piece)
    numberless = not any(token.text[0].isdigit() for token in tokens)
    return bool(tokens) and numberless and not _unknown(tokens, set(), None)


def _foods(tokens: tuple[Token, ...], names: NameIndex) -> tuple[Mention, ...]:
    """Find foods, and drop what is a unit here: "2 cloves garlic" is garlic, "2 cloves" a spice."""
    spoons = {
        index
        for start in range(len(tokens))
        for length in (3, 2)
        if start + length <= len(tokens)
        and tuple(token.exact for token in tokens[start : start + length]) in units()
        for index in range(start, start + length)
    }
    hidden = Token("\0", "\0", "")  # the coffee in "thìa cà phê" is the size of a spoon
    shown = tuple(hidden if i in spoons else token for i, token in enumerate(tokens))
    mentions = tuple(_trimmed(mention, tokens, names) for mention in names.find(shown))
    if len({mention.food.id for mention in mentions}) < 2:
        return mentions
    return tuple(
        m for m in mentions if tuple(t.exact for t in tokens[m.start : m.end]) not in units()
    )


def _trimmed(mention: Mention, tokens: tuple[Token, ...], names: NameIndex) -> Mention:
    """Leave a unit that is part of a name to the amount: "garlic clove"."""
    start, end = mention.start, mention.end
    for inner, unit in (((start + 1, end), start), ((start, end - 1), end - 1)):
        if end - start < 2 or (tokens[unit].exact,) not in units():
            continue
        rest = names.find(tokens[slice(*inner)])
        if len(rest) == 1 and rest[0].food.id == mention.food.id:
            return replace(mention, start=inner[0], end=inner[1])
    return mention


def _amount(tokens: tuple[Token, ...], named: set[int]) -> tuple[Amount | None, set[int]]:
    """Return the first quantity with the unit that follows, and the tokens both took."""
    quantity: float | None = None
    unit: tuple[str, float] | None = None
    used: set[int] = set()
    multiplies = False
    index = 0
    while index < len(tokens):
        number = numeral(tokens, index, named)
        found = None if index in named or number else _unit(tokens, index, named)
        if number:
            value, length = number
            used.update(range(index, index + length))
            joins = index - 1 in used and (
                multiplies or tokens[index].exact in multipliers() or tokens[index].exact == "a"
            )
            if quantity is None:
                quantity = value
            elif joins and unit is None:
                quantity *= value
            multiplies = tokens[index + length - 1].exact in multipliers()
            index += length
        elif found:
            meaning, length = found
            unit = unit or meaning
            used.update(range(index, index + length))
            index += length
        else:
            if quantity is not None and tokens[index].exact in {"x", "х"}:  # "2 x 400 g"
                multiplies = True
                used.add(index)
            index += 1
    return _as_amount(quantity, unit, tokens), used


def _as_amount(
    quantity: float | None, unit: tuple[str, float] | None, tokens: tuple[Token, ...]
) -> Amount | None:
    name, factor = unit or ("piece", 1.0)
    if quantity is None:
        measured = name in MASS or name in {"ml", "l", "piece"}
        quantity = None if unit is None or (measured and factor == 1) else 1.0
    elif quantity == 1 and any((token.exact,) in vague() for token in tokens):
        quantity = None  # "a little salt"
    total = None if quantity is None else quantity * factor
    return Amount(total, name) if total is not None and 0 <= total <= 1e6 else None


def _unit(
    tokens: tuple[Token, ...], index: int, named: set[int]
) -> tuple[tuple[str, float], int] | None:
    for length in range(_LONGEST_PHRASE, 0, -1):
        span = range(index, index + length)
        if index + length > len(tokens) or named.intersection(span):
            continue
        if meaning := units().get(tuple(tokens[i].exact for i in span)):
            return meaning, length
    return None


def _unknown(tokens: tuple[Token, ...], used: set[int], food: Food | None) -> list[str]:
    """Return the words that are no food, amount or filler, as written."""
    empty = fillers()
    if food is None or food.group in _PRODUCE:
        empty |= colours()
    if food is not None and food.group == "pulse":
        empty |= {(word,) for word in _RAW}
    unknown: list[str] = []
    index = 0
    while index < len(tokens):
        for length in range(_LONGEST_PHRASE, 0, -1):
            span = range(index, min(index + length, len(tokens)))
            phrase = tuple(tokens[i].exact for i in span)
            if index in used or (phrase in empty and not used.intersection(span)):
                index += 1 if index in used else len(span)
                break
        else:
            if not tokens[index].text[0].isdigit():
                unknown.append(tokens[index].text)
            index += 1
    return unknown


def _variant(
    food: Food, amount: Amount | None, tokens: tuple[Token, ...], names: NameIndex
) -> Food | None:
    """Return what is meant by a tin of the food, by mince, a cooked bird or raw beans.

    "A tin of tomatoes" are canned tomatoes; "kidney beans" are canned ones too, raw ones are dried.
    """
    if amount and amount.unit == "can":
        return names.get(f"canned {food.name}") or names.get(f"canned {food.plural or food.name}")
    if food.group == "meat" and any(token.exact in _MINCED for token in tokens):
        return names.get(f"minced {food.name}")
    if food.group == "poultry" and any(token.exact in _COOKED for token in tokens):
        return names.get(food.name.replace("whole", "cooked"))
    if food.group == "pulse" and any(token.exact in _RAW for token in tokens):
        return names.get(food.name.replace("canned", "dried"))
    return None


def _merge(first: Parsed, second: Parsed) -> Parsed:
    one, two = first.amount, second.amount
    if first.food is None or two is None:
        return first
    return second if one is None else replace(first, amount=add(one, two, first.food) or one)
