"""Numbers as people type them, in the one form the rest reads: 1 1/2, 1000, 2 x 400."""

# ruff: noqa: RUF001, RUF002 (Cyrillic letters look like Latin ones; that is the subject)

from __future__ import annotations

import re

_FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8",
    "⅞": "7/8", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6",
}  # fmt: skip
# Units in which a number may have thousands; large ones first, small ones in the same place.
_LARGE = {
    "kg": "kg|kilos?|kilograms?|кг|килограмм(?:а|ов)?|公斤|千克",
    "l": r"l|lit(?:re|er)s?|л|литр(?:а|ов)?|lít|公升|升",
    "lb": "lbs?|pounds?",
}
_SMALL = {
    "kg": ("g|gr|gm|grams?|grammes?|г|гр|грамм(?:а|ов)?|gam|克|公克", 1000),
    "l": ("ml|millilit(?:re|er)s?|мл|миллилитр(?:а|ов)?|毫升|cc", 1000),
    "lb": ("oz|ounces?", 16),
}
_END = r"(?![^\W\d_\u3400-\u9fff])"  # no letter goes on; a Chinese sign may
_SMALLEST = "|".join(words for words, factor in _SMALL.values() if factor == 1000)
_ANY = "|".join((*_LARGE.values(), *(words for words, _ in _SMALL.values())))
_TINS = r"(?:tins?|cans?|jars?|packs?|packets?|packages?|bags?|bottles?|cartons?|boxes|box|tubs?)\b"
_ALONE = r"(?<![\d.,/])(?<!\d[ \u00a0\u202f])"  # no part of a longer number
_TIMES = re.compile(r"[×✕✖⨯]|(?<=\d)\s*\*\s*(?=\d)")
_TINS_OF = re.compile(
    rf"{_ALONE}(\d{{1,2}})\s+(?=\d+\s*(?:{_ANY}){_END}[\s-]*{_TINS})", re.IGNORECASE
)
_SPACED = re.compile(
    rf"{_ALONE}\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+(?=\s*(?:{_ANY}){_END})", re.IGNORECASE
)
_COMMAS = re.compile(
    rf"{_ALONE}\d{{1,3}}(?:,\d{{3}})+(?=\s*(?:{_SMALLEST}){_END})", re.IGNORECASE
)  # not before a kilo: 1,500 kg of potatoes are one and a half
_TWO_UNITS = tuple(
    re.compile(
        rf"{_ALONE}(\d{{1,3}})\s*({_LARGE[unit]}){_END}\s*(\d{{1,3}})\s*(?:{words}){_END}",
        re.IGNORECASE,
    )
    for unit, (words, _) in _SMALL.items()
)


def spell_numbers(text: str) -> str:
    """Return the text with its numbers plain.

    ``1½`` becomes ``1 1/2``; ``2 × 400 g`` and ``2 400g tins`` become ``2 x 400 g``; ``1 000 g``
    and ``1,000 g`` become ``1000 g`` (``1,5 kg`` stays); ``1 kg 500 g`` becomes ``1.5 kg``.
    """
    for glyph, plain in _FRACTIONS.items():
        text = text.replace(glyph, f" {plain} ")
    text = _TIMES.sub(" x ", text.replace("\u2044", "/"))
    if not any(sign.isdigit() for sign in text):
        return text.strip()
    text = _TINS_OF.sub(r"\1 x ", text)
    for grouped in (_SPACED, _COMMAS):
        text = grouped.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    for two in _TWO_UNITS:
        text = two.sub(_added, text)
    return text.strip()


def _added(found: re.Match[str]) -> str:
    written = found[2].lower()
    unit = next(unit for unit, words in _LARGE.items() if re.fullmatch(words, written))
    factor = _SMALL[unit][1]
    large, small = int(found[1]), int(found[3])
    if small >= factor:  # "1 lb 450 oz" is no sum
        return found[0]
    return f"{large + small / factor:.3f}".rstrip("0").rstrip(".") + f" {found[2]}"
