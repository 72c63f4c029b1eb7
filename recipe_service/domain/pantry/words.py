"""Words around an ingredient in the four languages: units, numbers, and what says nothing new.

Every phrase is cut into tokens and stemmed like any text, so one form of a word stands for all.
"""

# ruff: noqa: RUF001 (Cyrillic letters look like Latin ones; that is the subject)

from __future__ import annotations

from functools import lru_cache

from recipe_service.domain.pantry.tokens import tokens_of

Phrase = tuple[str, ...]

# unit → how people write it; "g*600" is a unit that is 600 g
_UNITS = {
    "g": "g, gr, gm, gram, gramme, г, гр, грамм, граммов, gam, 克, 公克",
    "kg": "kg, kilo, kilogram, кг, кило, килограмм, ký, kí, cân, 公斤, 千克",
    "g*500": "полкило",
    "g*600": "斤, 台斤",
    "g*100": "lạng",
    "oz": "oz, ounce",
    "lb": "lb, lbs, pound",
    "ml": "ml, millilitre, milliliter, мл, миллилитр, 毫升, cc",
    "ml*10": "cl",
    "ml*100": "dl",
    "l": "l, litre, liter, л, литр, lít, 公升, 升",
    "ml*568": "pint",
    "tsp": "tsp, teaspoon, ч л, ч ложка, чайная ложка, ложка чайная, thìa cà phê, muỗng cà phê, "
    "thìa nhỏ, muỗng nhỏ, 茶匙, 小匙",
    "tbsp": "tbsp, tbs, tablespoon, ст л, ст ложка, столовая ложка, ложка столовая, ложка, "
    "thìa canh, muỗng canh, thìa, muỗng, 湯匙, 大匙, 匙",
    "cup": "cup, стакан, cốc, chén, bát, ly, 杯, 碗",
    "pinch": "pinch, щепотка, nhúm, 撮",
    "dash": "dash, splash, drizzle, glug",
    "piece": "piece, pc, pcs, шт, штука, штучка, quả, trái, củ, cái, con, cây, hạt, chiếc, "
    "顆, 個, 隻, 條, 根, 棵, 粒, 朵, 尾, 株, 塊, 枚, 只",
    "clove": "clove, зубчик, зубок, долька, tép, 瓣",
    "slice": "slice, rasher, ломтик, кусок, кусочек, lát, miếng, 片",
    "bunch": "bunch, пучок, гроздь, bó, mớ, chùm, 把, 束, 串",
    "sprig": "sprig, веточка, ветка, nhánh, cọng, 支, 枝",
    "stalk": "stalk, stick, стебель, стебля, черешок",
    "leaf": "leaf, лист, листик, lá, 葉",
    "head": "head, головка, кочан, вилок, đầu, 球",
    "can": "can, tin, jar, банка, баночка, lon, hộp, hũ, 罐",
    "cube": "cube, кубик, viên",
    "sheet": "sheet, 張",
    "handful": "handful, горсть, nắm",
    "knob": "knob, thumb",
    "ear": "ear, cob, початок, bắp",
    "fillet": "fillet, filet, филе",
    "pack": "pack, packet, package, punnet, box, bag, bottle, carton, tub, упаковка, пачка, пакет, "
    "бутылка, коробка, лоток, gói, túi, chai, bịch, vỉ, khay, 包, 盒, 瓶, 袋",
}
_NUMBERS = {  # ten and more that others multiply: numerals.py
    0: "zero, ноль",
    0.5: "half, пол, половина, половинка, nửa, 半",
    0.25: "quarter, четверть",
    1: "a, an, one, один, одна, одно, một, 一",
    1.5: "полтора, полторы, rưỡi",
    2: "two, couple, pair, два, две, пара, hai, 二, 兩",
    3: "three, три, ba, 三",
    4: "four, четыре, bốn, 四",
    5: "five, пять, năm, 五",
    6: "six, шесть, sáu, 六",
    7: "seven, семь, bảy, 七",
    8: "eight, восемь, tám, 八",
    9: "nine, девять, chín, 九",
    10: "ten, десять, десяток, chục",
    11: "eleven, одиннадцать",
    12: "twelve, dozen, двенадцать, дюжина, tá, 打",
    13: "thirteen, тринадцать",
    14: "fourteen, четырнадцать",
    15: "fifteen, пятнадцать",
    16: "sixteen, шестнадцать",
    17: "seventeen, семнадцать",
    18: "eighteen, восемнадцать",
    19: "nineteen, девятнадцать",
    20: "twenty, двадцать",
    30: "thirty, тридцать",
    40: "forty, сорок",
    50: "fifty, пятьдесят",
    60: "sixty, шестьдесят",
    70: "seventy, семьдесят",
    80: "eighty, восемьдесят",
    90: "ninety, девяносто",
    200: "двести",
    300: "триста",
    400: "четыреста",
    500: "пятьсот",
    600: "шестьсот",
    700: "семьсот",
    800: "восемьсот",
    900: "девятьсот",
}
_MULTIPLIES = "half, quarter, dozen, couple, pair, пол, десяток, дюжина, nửa, chục, 半, 打"
_VAGUE = (
    "little, few, bit, some, several, немного, чуть, несколько, ít, vài, chút, 少許, "
    "適量, 一些, 一點, 幾"
)
# Dropped: they do not turn a food into another one, a diet or an allergen.
_FILLERS = """
the, of, and, or, to, taste, for, my, your, in, into, about, approx, approximately, roughly,
around, more, plus, x, each, left, leftover, left over, optional, have, got, i, we, there, is,
are, big, large, medium, small, mini, tiny, huge, extra, heaped, level, scant, generous, good,
quality, best, nice, fresh, freshly, frozen, ripe, unripe, overripe, very, raw, cooked, boiled,
organic, bio, free range, local, seasonal, homemade, home, grown, whole, plain, cold, warm, hot,
room, temperature, softened, melted, chilled, thawed, defrosted, chopped, diced, sliced, minced,
grated, shredded, crushed, cubed, halved, quartered, torn, mashed, julienned, trimmed, rinsed,
drained, washed, cleaned, peeled, unpeeled, skinned, skinless, boneless, bone, skin, on, off,
deseeded, seeded, seedless, pitted, stoned, cored, finely, coarsely, thinly, thickly, cut,
chunk, wedge, strip, ring, fine, thick, thin, beaten, separated, sifted, packed, young, baby,
firm, tender, loose, dried, ground, unsalted, salted, stalks removed, removed, tinned, canned,
fruit, vegetable, from, market, garden, supermarket, shop, other, any, kind, bought, please,
also, свежий, свежемолотый, замороженный, спелый, крупный, мелкий, средний, большой, маленький,
молодой, домашний, фермерский, органический, нарезанный, рубленый, порубленный, измельченный,
нашинкованный, тертый, натертый, молотый, сушеный, очищенный, мытый, вареный, сырой, целый,
половинками, кубиками, ломтиками, кольцами, полукольцами, соломкой, мелко, крупно, по вкусу,
вкус, для, и, или, с, из, на, примерно, около, есть, еще, консервированный, размороженный,
теплый, холодный, без косточек, отборный, весовой, tươi, sống, đông lạnh, lớn, nhỏ, to, vừa, bé,
chín, thái, cắt, băm, xắt, gọt, rửa, sạch, lột, vỏ, hữu cơ, ngon, khô, luộc, xay, nhuyễn, mỏng,
và, của, khoảng, còn, loại, ta, đã, hạt lựu, sợi, 新鮮, 新, 冷凍, 有機, 大, 小, 中, 切, 丁, 絲, 碎,
末, 塊, 切片, 切絲,
切碎, 切丁, 的, 去皮, 熟, 生, 約, 和, 洗淨, 乾, 罐頭, 嫩
"""
# Dropped beside vegetables and fruit only: "white chocolate" is another food than chocolate.
_COLOURS = """
red, green, yellow, white, purple, black, golden, brown, pink, striped, zest, rind, красный,
зеленый,
желтый, белый, фиолетовый, черный, đỏ, xanh, vàng, trắng, tím, 紅, 綠, 黃, 白, 紫
"""


def phrases(text: str) -> tuple[Phrase, ...]:
    """Cut ``"tsp, чайная ложка"`` into stemmed phrases."""
    found = (tuple(token.exact for token in tokens_of(part)) for part in text.split(","))
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


@lru_cache(maxsize=1)
def units() -> dict[Phrase, tuple[str, float]]:
    """Return what each unit phrase means: a unit of ``amounts``, and how many of it."""
    table: dict[Phrase, tuple[str, float]] = {}
    for name, spellings in _UNITS.items():
        unit, _, factor = name.partition("*")
        for phrase in phrases(spellings):
            table.setdefault(phrase, (unit, float(factor or 1)))
    return table


@lru_cache(maxsize=1)
def numbers() -> dict[str, float]:
    """Return the value of each number word."""
    return {word: value for value, names in _NUMBERS.items() for (word,) in phrases(names)}


@lru_cache(maxsize=1)
def multipliers() -> frozenset[str]:
    """Return the number words that multiply their neighbour: "half a cup", "2 dozen"."""
    return frozenset(word for (word,) in phrases(_MULTIPLIES))


@lru_cache(maxsize=1)
def vague() -> frozenset[Phrase]:
    """Return the phrases that say "some": no amount."""
    return frozenset(phrases(_VAGUE))


@lru_cache(maxsize=1)
def fillers() -> frozenset[Phrase]:
    """Return the phrases that leave an ingredient what it is."""
    return frozenset(phrases(_FILLERS.replace("\n", " "))) | vague()


@lru_cache(maxsize=1)
def colours() -> frozenset[Phrase]:
    """Return the colours, which leave only vegetables and fruit what they are."""
    return frozenset(phrases(_COLOURS.replace("\n", " ")))
