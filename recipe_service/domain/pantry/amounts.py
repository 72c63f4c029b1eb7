"""Kitchen amounts: read, weighed, scaled and printed the way a cookbook does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, inf

from common.contracts.recipe import Units
from recipe_service.domain.pantry.knowledge import Food
from recipe_service.domain.pantry.spelling import spell_numbers

TSP_ML, TBSP_ML, CUP_ML = 5.0, 15.0, 240.0  # US cup of 236.6 ml, as kitchen scales print it
OZ_G, LB_G = 28.35, 453.6
PINCH_ML = 0.3  # between two fingers; 1/16 of a teaspoon
HANDFUL_G = 30.0

MASS = {"g": 1.0, "kg": 1000.0, "oz": OZ_G, "lb": LB_G}
VOLUME = {
    "ml": 1.0, "l": 1000.0, "tsp": TSP_ML, "tbsp": TBSP_ML, "cup": CUP_ML,
    "pinch": PINCH_ML, "dash": 2 * PINCH_ML,
}  # fmt: skip
NATURAL = (
    "piece", "clove", "slice", "bunch", "sprig", "stalk", "leaf", "head", "can", "cube", "sheet",
    "handful", "knob", "ear", "fillet",
)  # fmt: skip
_WHOLE = {"clove", "slice", "sprig", "stalk", "leaf", "cube", "sheet", "ear", "pinch", "dash"}
_PLURALS = {"leaf": "leaves", "bunch": "bunches", "pinch": "pinches", "dash": "dashes"}
_SPOKEN = {
    "gram": "g", "kilo": "kg", "kilogram": "kg", "millilitre": "ml", "milliliter": "ml",
    "litre": "l", "liter": "l", "teaspoon": "tsp", "tablespoon": "tbsp", "ounce": "oz",
    "pound": "lb", "lbs": "lb", "tin": "can",
}  # fmt: skip

_GLYPHS = {
    Fraction(1, 8): "⅛", Fraction(1, 4): "¼", Fraction(1, 3): "⅓", Fraction(1, 2): "½",
    Fraction(2, 3): "⅔", Fraction(3, 4): "¾",
}  # fmt: skip
_NUMBER = r"\d{1,6}(?:\s+\d{1,2}/\d{1,2}|/\d{1,2}|[.,]\d{1,3})?"
_AMOUNT = re.compile(rf"\s*({_NUMBER})\s*([^\W\d_]*)\s*")

# Below which quantity which step is fine enough; a kitchen scale and a spoon know no more.
_Grid = tuple[tuple[float, float], ...]
_FINE: _Grid = ((2, 0.5), (10, 1), (50, 5), (250, 10), (1000, 25), (inf, 50))
_PIECES: _Grid = ((0.5, 0.25), (3, 0.5), (inf, 1))
_GRIDS: dict[str, _Grid] = {
    "g": _FINE,
    "ml": _FINE,
    "tsp": ((1, 0.25), (inf, 0.5)),
    "tbsp": ((4, 0.5), (inf, 1)),
    "cup": ((2, 0.25), (4, 0.5), (inf, 1)),
    "oz": ((1, 0.25), (8, 0.5), (inf, 1)),
    "lb": ((inf, 0.25),),
}
_NEARLY_A_STEP = 0.1  # nobody buys one more for the sake of a tenth
# An American cook takes a cup of these and a pound of the others.
_BY_VOLUME = {
    "grain", "flour", "sweet", "dairy", "plant-milk", "drink", "alcohol", "stock", "water", "fat",
    "sauce", "baking", "spice", "pulse", "nut", "seed",
}  # fmt: skip


@dataclass(frozen=True)
class Amount:
    """So much of a unit: ``g kg ml l tsp tbsp cup pinch oz lb`` or one of ``NATURAL``."""

    quantity: float
    unit: str


def parse_amount(text: str) -> Amount:
    """Read ``"400 g"``, ``"0.5 tsp"``, ``"2 piece"``, ``"1½ cups"``; a bare number is pieces.

    Raises
    ------
    ValueError
        The text is no positive number followed by a known unit.
    """
    match = _AMOUNT.fullmatch(spell_numbers(text))
    unit = canonical_unit(match[2]) if match else None
    quantity = parse_number(match[1]) if match else None
    if unit is None or not quantity:
        raise ValueError(f"{text[:40]!r} is no amount: write a number and one of {_known()}")
    return Amount(quantity, unit)


def parse_number(text: str) -> float | None:
    """Read ``2``, ``2.5``, ``2,5``, ``1/2`` or ``1 1/2``; None when it is none of these."""
    try:
        return float(sum(Fraction(part) for part in text.replace(",", ".").split()))
    except (ValueError, ZeroDivisionError):
        return None


def canonical_unit(word: str) -> str | None:
    """Return the unit an English word stands for (``"cups"`` → ``"cup"``), or None."""
    word = word.lower()
    if not word:
        return "piece"
    singular = {plural: unit for unit, plural in _PLURALS.items()}.get(word, word)
    for guess in (singular, singular.removesuffix("s")):
        unit = _SPOKEN.get(guess, guess)
        if unit in MASS or unit in VOLUME or unit in NATURAL:
            return unit
    return None


def grams_of(amount: Amount, food: Food) -> float | None:
    """Weigh an amount; None where the knowledge base has no density or no such piece."""
    quantity, unit = amount.quantity, amount.unit
    if unit in MASS:
        return quantity * MASS[unit]
    if unit in food.units:
        return quantity * food.units[unit]
    if unit in VOLUME:
        density = food.density or (1.0 if unit in {"pinch", "dash"} else None)
        return None if density is None else quantity * VOLUME[unit] * density
    if unit == "piece" and food.units:  # "2 garlic": whatever garlic comes in
        return quantity * next(iter(food.units.values()))
    return quantity * HANDFUL_G if unit == "handful" else None


def add(one: Amount, two: Amount, food: Food) -> Amount | None:
    """Add two amounts of a food: of one unit, of one dimension, else by weight if it is known."""
    if one.unit == two.unit:
        return Amount(one.quantity + two.quantity, one.unit)
    grams = [grams_of(amount, food) for amount in (one, two)]
    weight = None if None in grams else sum(value for value in grams if value is not None)
    for table, unit in ((MASS, "g"), (VOLUME, "ml")):
        if one.unit in table and two.unit in table:
            total = one.quantity * table[one.unit] + two.quantity * table[two.unit]
            # a pinch has a weight where a millilitre has none
            if weight is None or grams_of(Amount(total, unit), food) is not None:
                return Amount(total, unit)
    return None if weight is None else Amount(weight, "g")


def scale(amount: Amount, factor: float, food: Food | None = None) -> Amount:
    """Multiply an amount and round it to what a kitchen can measure; never to nothing.

    Spoons change size on the way (3 tsp are 1 tbsp); with `food` given, eggs stay whole.
    A factor of 1 changes nothing.
    """
    if factor == 1:
        return amount
    quantity, unit = amount.quantity * factor, amount.unit
    if unit in {"kg", "l"}:
        small = {"kg": "g", "l": "ml"}[unit]
        return Amount(_on_grid(quantity * 1000, small) / 1000, unit)
    if unit == "tsp" and quantity >= 2.75:
        quantity, unit = quantity / 3, "tbsp"
    elif unit == "tbsp" and quantity < 0.9:
        quantity, unit = quantity * 3, "tsp"
    if food is not None and food.group == "egg" and unit == "piece":
        return Amount(max(1.0, float(round(quantity + 0.01))), unit)
    return Amount(_on_grid(quantity, unit), unit)


def enough(amount: Amount) -> Amount:
    """Round up to what can be bought: half an onion is one, 72 g are 80."""
    quantity, unit = amount.quantity, amount.unit
    step = 1 if unit in NATURAL else _step(quantity, unit)
    return Amount(max(1, ceil(quantity / step - _NEARLY_A_STEP)) * step, unit)


def _on_grid(quantity: float, unit: str) -> float:
    step = _step(quantity, unit)
    return max(1, round(quantity / step)) * step


def _step(quantity: float, unit: str) -> float:
    grid: _Grid = ((inf, 1),) if unit in _WHOLE else _GRIDS.get(unit, _PIECES)
    return next(step for below, step in grid if quantity < below)


def print_amount(amount: Amount, food: Food, units: Units) -> str:
    """Print an amount: ``400 g``, ``1½ tbsp``, ``2 cloves``; pieces are the bare number.

    US units turn grams and millilitres into cups and spoons where an American cook scoops
    or pours (flour, rice, milk), into ounces and pounds where the cook weighs.
    """
    if units is Units.US:
        amount = _to_us(amount, food)
    elif amount.unit in {"g", "ml"} and amount.quantity >= 1000:
        amount = Amount(amount.quantity / 1000, {"g": "kg", "ml": "l"}[amount.unit])
    quantity, unit = amount.quantity, amount.unit
    if unit in {"g", "kg", "ml", "l"}:
        return f"{_decimal(quantity)} {unit}"
    number = _with_fraction(quantity)
    if unit == "piece":
        return number
    return f"{number} {_plural(unit) if quantity > 1 else unit}"


def _to_us(amount: Amount, food: Food) -> Amount:
    quantity, unit = amount.quantity, amount.unit
    if unit == "tbsp" and quantity >= 4:
        return _us_volume(quantity * TBSP_ML)
    if unit in {"ml", "l"}:
        return _us_volume(quantity * VOLUME[unit])
    if unit not in {"g", "kg"}:
        return amount
    grams = quantity * MASS[unit]
    poured = food.density is not None and food.group in _BY_VOLUME
    if food.density and (poured or grams < 15):
        return _us_volume(grams / food.density)
    if grams >= LB_G - 10:
        return Amount(_on_grid(grams / LB_G, "lb"), "lb")
    return Amount(_on_grid(grams / OZ_G, "oz"), "oz")


def _us_volume(ml: float) -> Amount:
    if ml < 0.75 * TBSP_ML:
        return Amount(_on_grid(ml / TSP_ML, "tsp"), "tsp")
    if ml < 3.75 * TBSP_ML:
        return Amount(_on_grid(ml / TBSP_ML, "tbsp"), "tbsp")
    cups = ml / CUP_ML
    third = round(cups * 3) / 3
    quarter = _on_grid(cups, "cup")
    closer = third if cups < 2 and abs(third - cups) < abs(quarter - cups) - 1e-9 else quarter
    return Amount(closer, "cup")


def _with_fraction(quantity: float) -> str:
    """Print halves, thirds, quarters and eighths as glyphs, everything else as a decimal."""
    for fraction, glyph in _GLYPHS.items():
        whole = round(quantity - float(fraction))
        if whole >= 0 and abs(quantity - whole - float(fraction)) < 0.005:
            return f"{whole or ''}{glyph}"
    return _decimal(quantity)


def _decimal(quantity: float) -> str:
    digits = 0 if quantity >= 100 else 1 if quantity >= 10 else 2
    text = f"{quantity:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plural(unit: str) -> str:
    if unit in {"tsp", "tbsp", "oz", "lb"}:
        return unit
    return _PLURALS.get(unit, unit + "s")


def _known() -> str:
    return ", ".join((*MASS, *VOLUME, *NATURAL))
