"""Text in four languages as tokens that compare: no case, no endings, one Chinese sign a token.

Latin and Cyrillic words lose their plural and case endings by rule, on both sides of every
comparison, so the stem only has to be the same each time, not beautiful.
"""

# ruff: noqa: RUF001, RUF002 (Cyrillic letters look like Latin ones; that is the subject)

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from recipe_service.domain.pantry.spelling import spell_numbers

_TOKEN = re.compile(
    r"\d+(?:\s+\d{1,2}/\d{1,2}|/\d{1,2}|[.,]\d{1,3})?"  # 1 1/2, 1/2, 2.5, 2,5, 3
    r"|[\u3400-\u9fff\uf900-\ufaff]"  # one Chinese sign
    r"|[^\W\d_\u3400-\u9fff\uf900-\ufaff]+(?:['’][^\W\d_\u3400-\u9fff\uf900-\ufaff]+)*"
)  # fmt: skip
_CYRILLIC = re.compile("[а-я]")
_APOSTROPHE = re.compile("['’]s?$")

# Endings of Russian nouns and adjectives, longest first; what is left keeps two letters.
_ENDINGS = (
    "иями", "ыми", "ими", "ого", "его", "ому", "ему", "ями", "ами", "иях", "иям", "иев", "ией",
    "ая", "яя", "ое", "ее", "ые", "ие", "ый", "ий", "ой", "ую", "юю", "ым", "им", "ом", "ем",
    "ых", "их", "ях", "ах", "ям", "ам", "ев", "ов", "ей", "ия", "ья", "ии", "ье", "ью",
    "ю", "а", "е", "и", "о", "у", "ы", "ь", "я", "й",
)  # fmt: skip
_FLEETING = {"ок": "к", "ек": "к", "ец": "ц"}  # огурец, огурца; кабачок, кабачка
_IRREGULAR = {
    "яиц": "яйц", "салями": "салями", "масел": "масл", "семян": "сем", "семечек": "семечк",
    "вишен": "вишн", "leaves": "leaf", "halves": "half", "loaves": "loaf", "knives": "knife",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """One word, number or Chinese sign and where it stands in the normalised text."""

    exact: str  # stem with its diacritics
    plain: str  # stem without
    text: str  # as written, lower case
    start: int = 0


def tokens_of(text: str) -> tuple[Token, ...]:
    """Cut a text into tokens; punctuation, signs and emoji fall out."""
    return tuple(
        Token(*_stems(match[0]), match[0], match.start()) for match in _TOKEN.finditer(fold(text))
    )


def fold(text: str) -> str:
    """Return the text in one case and one Unicode form, numbers spelled plainly, ё as е."""
    return unicodedata.normalize("NFKC", spell_numbers(text)).casefold().replace("ё", "е")


def without_marks(word: str) -> str:
    """Drop the diacritics of a Latin word: ``trứng`` → ``trung``."""
    if word.isascii() or _CYRILLIC.search(word):
        return word
    decomposed = unicodedata.normalize("NFD", word.replace("đ", "d"))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


@lru_cache(maxsize=8192)
def _stems(word: str) -> tuple[str, str]:
    exact = _russian(word) if _CYRILLIC.search(word) else _english(_APOSTROPHE.sub("", word))
    return exact, without_marks(exact)


def _english(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isascii() or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + ("ie" if word in {"brownies", "cookies"} else "y")
    if word.endswith(("oes", "ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1]


def _russian(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 2), "")
    stem = word.removesuffix(ending) if ending else word
    if len(stem) > 4 and stem[-2:] in _FLEETING:
        stem = stem[:-2] + _FLEETING[stem[-2:]]
    return stem
