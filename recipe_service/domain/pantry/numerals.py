"""Numbers written as words, whole: "one hundred and fifty", 三百五十, "hai trăm"."""

from __future__ import annotations

from functools import lru_cache

from recipe_service.domain.pantry.amounts import parse_number
from recipe_service.domain.pantry.tokens import Token
from recipe_service.domain.pantry.words import numbers, phrases

_SCALES = {
    10: "mười, mươi, 十",
    100: "hundred, trăm, 百",
    1000: "thousand, тысяча, тысячи, тысяч, nghìn, ngàn, 千",
}
_FRACTIONS = {0.25, 0.5, 0.75}


def numeral(tokens: tuple[Token, ...], start: int, named: set[int]) -> tuple[float, int] | None:
    """Return the number that begins at a token, and how many tokens it takes.

    Words add up as they are spoken: "two hundred and fifty", "twenty five", "one and a half".
    A number in digits is complete, but for "2 hundred". What names a food is no number.
    """
    total = current = 0.0
    taken = index = 0
    while start + index < len(tokens) and start + index not in named:
        token = tokens[start + index]
        scale = _scales().get(token.exact)
        value = _value(token)
        if scale is not None:
            total, current = _scaled(total, current, scale)
        elif value is not None and (index == 0 or _goes_on(current, value, token, total)):
            current += value
        elif index and _joins(tokens, start + index, named, total):
            index += 1
            continue
        else:
            break
        index += 1
        taken = index
    if not taken:
        return None
    half = _and_a_half(tokens, start + taken, named)
    return (total + current + half[0], taken + half[1]) if half else (total + current, taken)


def _scaled(total: float, current: float, scale: int) -> tuple[float, float]:
    """Multiply what stands before: 三 百, and all of "two hundred thousand"."""
    if total and total < scale:
        return (total + current) * scale, 0
    return total + (current or 1) * scale, 0


def _goes_on(current: float, value: float, token: Token, total: float) -> bool:
    """Whether a word adds to the number before it: the five of "twenty five", of "百五"."""
    if token.text[0].isdigit() or value != int(value) or value == 0:
        return False
    if current == 0:
        return bool(total)
    return current % 10 == 0 and (value < 10 <= current - 10 or (value < 100 <= current))


def _joins(tokens: tuple[Token, ...], index: int, named: set[int], total: float) -> bool:
    """Whether this is the "and" of "one hundred and fifty"."""
    after = index + 1
    if not total or tokens[index].exact != "and" or after >= len(tokens) or after in named:
        return False
    value = numbers().get(tokens[after].exact)
    counts = value is not None and value >= 1 and value == int(value)
    return counts and tokens[after].exact not in {"a", "an"}


def _and_a_half(tokens: tuple[Token, ...], index: int, named: set[int]) -> tuple[float, int] | None:
    words = [token.exact for token in tokens[index : index + 3]]
    if words[:1] != ["and"] or named.intersection(range(index, index + 3)):
        return None
    length = 3 if words[1:2] == ["a"] else 2
    value = numbers().get(words[length - 1]) if len(words) >= length else None
    return (value, length) if value in _FRACTIONS else None


def _value(token: Token) -> float | None:
    if token.text[0].isdigit():
        named = token.text.startswith("00") or token.text in {"0.0", "0,0"}
        return None if named else parse_number(token.text)  # 00 flour, a beer of 0.0
    return numbers().get(token.exact)


@lru_cache(maxsize=1)
def _scales() -> dict[str, int]:
    return {word: scale for scale, names in _SCALES.items() for (word,) in phrases(names)}
