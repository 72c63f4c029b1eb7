"""What of an exclusion nobody has understood: the words that are neither food nor small talk.

"No eggs please" is understood by its eggs. "Eggs and wine" is not, where nobody knows wine:
what stays unread is asked back, however much of the sentence was clear.
"""

# ruff: noqa: RUF001 (Cyrillic letters look like Latin ones; that is the subject)

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from recipe_service.domain.pantry.tokens import Token, without_marks
from recipe_service.domain.pantry.words import Phrase, colours, fillers, numbers, phrases, units

_LONGEST_PHRASE = 3
# Between two things: each must be understood.
_JOINS = """
and, or, nor, plus, und, oder, et, ou, y, e, o, ni, и, или, ни, và, hoặc, 和, 與, 与, 及, 或, 跟
"""
# Small talk, which excludes nothing: also as a whole part of a list ("eggs and so on").
_TALK = """
no, not, never, free, without, avoid, avoiding, exclude, excluding, skip, leave, leave out, out,
allergy, allergic, allergen, allergenic, intolerance, intolerant, sensitivity, sensitive, severe,
severely, serious, seriously, mild, strictly, strict, absolutely, definitely, anaphylaxis,
anaphylactic, reaction, disease, condition, sufferer, coeliac's, diet, dietary, religious,
religion, medical, health, reason, because, due, doctor, preference, i, i'm, im, am, we, we're,
you, he, she, they, my, our, his, her, their, me, us, is, are, be, been, being, was, has, have,
having, had, get, got, do, does, did, don't, dont, doesn't, doesnt, can, can't, cant, cannot, may,
must, should, shouldn't, won't, will, would, eat, eaten, eating, eats, hate, hates, hating,
dislike, dislikes, like, likes, love, tolerate, digest, stand, want, wants, use, used, using, add,
added, put, people, person, guest, child, children, kid, son, daughter, wife, husband, partner,
friend, baby, toddler, family, mum, dad, mother, father, the, a, an, this, that, these, those, it,
its, it's, them, which, there, who, of, from, in, into, on, at, to, for, with, by, as, than, so,
too, very, also, both, either, neither, any, all, every, everything, anything, something, some,
whatsoever, ever, much, lot, many, more, please, thanks, thank, thx, pls, sorry, kind, type, sort,
form, variety, food, foodstuff, product, produce, ingredient, item, dish, meal, recipe, thing,
stuff, derivative, derived, byproduct, by-product, based, made, contain, contains, containing,
contained, include, includes, including, included, incl, inclusive, really, such, etc, etcetera,
so on, forth, e.g, eg, i.e, ie, namely, trace, amount, quantity, bit, similar, other, related,
only, just, ohne, kein, keine, keinen, allergie, allergisch, gegen, sans, pas, de, du, des, la,
le, les, sin, alergia, al, el, los, las, аллергия, аллергик, аллергический, аллерген,
непереносимость, непереносим, нет, не, без, нельзя, никогда, никакой, никаких, убрать, исключить,
исключая, ненавижу, люблю, любит, переносит, ем, ест, едим, есть, у, меня, мне, нас, него, нее,
мой, моя, моей, моего, муж, мужа, жена, жены, ребенок, ребенка, дети, детей, сын, сына, дочь,
дочка, я, мы, он, она, на, к, в, с, со, из, от, для, по, до, это, этот, все, всего, всех, весь,
вся, любой, любые, любых, другой, прочий, также, тоже, вид, тип, продукт, продукты, продуктов,
изделие, еда, блюдо, блюда, блюд, пища, пищевой, содержащий, содержит, содержащие, содержащих,
включая, том, числе, следы, следов, производные, производное, болезнь, диета, сильный, сильная,
тяжелый, тяжелая, очень, пожалуйста, просьба, прошу, и т д, т, д, др, тд, không, không ăn, ăn,
ăn được, được, dùng, dị ứng, dung nạp, bất dung nạp, với, bị, tôi, mình, em, anh, chị, bé, con,
cháu, nhà, chúng, vợ, chồng, có, các, những, mọi, tất cả, loại, bất kỳ, bất cứ, nào, gì, sản phẩm,
chế phẩm, thực phẩm, món, món ăn, đồ, đồ ăn, thức ăn, chứa, thành phần, từ, làm, bệnh, chứng,
người, cho, xin, vui lòng, đừng, tránh, kiêng, cữ, ghét, thích, nặng, nhẹ, rất, cũng, khác,
vân vân, v, tương tự, liên quan, của, ở, trong, thì, là, ạ, 我, 我們, 我们, 你, 他, 她, 們, 们,
家, 家人, 孩子, 小孩, 先生, 太太, 人, 對, 对, 過敏, 过敏, 過, 过, 敏, 原, 不, 不吃, 吃, 不能, 能,
不要, 要, 不可, 可, 以, 無, 无, 沒, 没, 沒有, 没有, 有, 任何, 所有, 全部, 都, 請, 请, 勿, 忌, 禁,
戒, 避免, 別, 别, 放, 加, 用, 含, 含有, 的, 了, 嚴重, 严重, 輕微, 輕, 不耐, 不耐症, 症, 者, 患者,
病, 會, 会, 喝, 碰, 想, 討厭, 讨厌, 喜歡, 喜欢, 怕, 等, 等等, 之, 其他, 其它, 各種, 各种, 種, 种,
類, 类, 食物, 食品, 食材, 料理, 菜, 成分, 因為, 因为, 宗教, 很, 非常, 也, 和其, 相關, 相关, 謝謝,
谢谢, 一切, 任, 何, 製品, 制品, 產品, 产品
"""
# Says which one of the thing that is named: leaving out all of it leaves this out.
_WHICH = """
smoked, fried, deep-fried, grilled, baked, roast, roasted, toasted, steamed, poached, scrambled,
undercooked, uncooked, underdone, rare, runny, pickled, fermented, cured, processed, deli, wild,
farmed, caught, oily, fatty, fat, lean, hard, soft, semi-soft, mature, aged, unpasteurised,
unpasteurized, pasteurised, pasteurized, skimmed, semi-skimmed, semi, full-fat, low-fat, low,
high, full, reduced, hydrolysed, hydrolyzed, powdered, evaporated, dry, mixed, assorted, blanched,
flaked, cow, cow's, cows, goat, sheep, ewe, buffalo, hen, animal, sea, ocean, river, freshwater,
jarred, bottled, corned, brazil, candied, caramelised, stuffed, sweet, sour, bitter, spiced,
seasoned, marinated, breaded, battered, crispy, crunchy, creamy, wheaten, wholemeal, wholegrain,
wholewheat, refined, bleached, enriched, stone, natural, artificial, flavoured, flavored, instant,
quick, long, short, round, flat, button, field, chinese, japanese, thai, indian, italian, french,
greek, spanish, english, american, mexican, korean, vietnamese, danish, swiss, dutch, asian,
atlantic, pacific, norwegian, scottish, king, tiger, jumbo, giant, queen, common, regular, normal,
ordinary, standard, real, pure, glass, traditional, new, old, leafy, hot, dark, light, blue,
orange, grey, gray, yellow, stewed, stewing, dutch-processed, жареный, жареная, копченый, соленый,
сливочный, твердый, мягкий, коровий, коровье, козий, козье, речной, морской, жирный, нежирный,
острый, сладкий, горький, квашеный, яичный, куриный, маринованный, любой, дикий, dê, biển, sông,
chiên, rán, nướng, hấp, hun khói, muối, đặc, béo, ngọt, chua, cay, 黑, 海, 河, 鮮, 鲜, 煙燻, 烤,
炸, 煎, 煮, 蒸, 滷, 醃, 脫脂, 全脂, 低脂, 土, 純, 老, 甜, 辣, 鹹
"""
# A part of the thing that is named just before, or what is made of it: "celery seeds".
_PARTS = """
seed, oil, powder, flour, meal, starch, bran, germ, grain, juice, sauce, gravy, soup, stew, salad,
stock, broth, yolk, white, protein, solid, paste, puree, purée, spread, dip, butter, cream, milk,
cheese, yoghurt, yogurt, ice, shake, drink, extract, essence, flavouring, flavoring, flavour,
flavor, lecithin, syrup, sugar, salt, meat, flesh, fat, skin, bone, shell, roe, liver, cake, pie,
bread, bun, roll, cracker, biscuit, cookie, crisp, chip, finger, stick, burger, nugget, ball,
sandwich, cocktail, toast, noodle, root, bulb, stem, sprout, shoot, leaf, kernel, flake, crumb,
piece, wing, breast, thigh, leg, shank, loin, belly, rib, steak, chop, fillet, filet, mince,
sausage, bacon, ham, fruit, vegetable, plant, family, curry, omelette, pancake, batter, wash,
noodles, tea, wine, vinegar, beer, jam, jelly, marmalade, chutney, pickle, relish, preserve, mix,
substitute, 油, 粉, 汁, 醬, 酱, 湯, 汤, 黃, 黄, 白, 殼, 壳, 肉, 仁, 粒, 片, 籽, 子, 乳, 奶, 糖,
糕, 餅, 饼, 飯, 饭, 麵, 面, 水, 果
"""


def unread(tokens: tuple[Token, ...], known: set[int]) -> list[str]:
    """Return the words nobody understood, those that stand together as one.

    A thing that was understood lends its sense to the words around it, up to the next "and":
    "raw fish" is fish, but the fruit of "eggs and fruit" is no word for eggs.
    """
    talk = _said(tokens, known, _talk()) | {i for i, t in enumerate(tokens) if t.text.isdigit()}
    which = _said(tokens, known, _which())
    missing: set[int] = set()
    for piece in _pieces(tokens, known, talk, which):
        clear = known.union(which, _parts(tokens, known)) if known.intersection(piece) else set()
        missing.update(set(piece) - talk - clear)
    return list(_runs(tokens, missing))


def is_small_talk(word: str) -> bool:
    """Whether a word is none that could be a food somebody misspelled."""
    return (word,) in _talk() or (word,) in _which()


def _said(tokens: tuple[Token, ...], known: set[int], table: frozenset[Phrase]) -> set[int]:
    """Return where the phrases of a table stand, longest first, with or without their marks."""
    found: set[int] = set()
    for length in range(_LONGEST_PHRASE, 0, -1):
        for start in range(len(tokens) - length + 1):
            words = tokens[start : start + length]
            spellings = {tuple(t.exact for t in words), tuple(t.text for t in words)}
            span = range(start, start + length)
            if spellings & table and not known.intersection(span):
                found.update(span)
    return found


def _pieces(
    tokens: tuple[Token, ...], known: set[int], talk: set[int], which: set[int]
) -> Iterator[list[int]]:
    """Cut between things; "raw" of "raw and cooked fish" goes with what follows it."""
    piece: list[int] = []
    for index, token in enumerate(tokens):
        if index in known or (token.exact,) not in _joins():
            piece.append(index)
        elif not which.intersection(piece) or not talk.union(which).issuperset(piece):
            yield piece
            piece = []
    yield piece


def _parts(tokens: tuple[Token, ...], known: set[int]) -> set[int]:
    """Find the parts of what is named just before: an English compound, whose first is no plural.

    Celery seeds are of celery; nuts seeds are nuts, and seeds.
    """
    found: set[int] = set()
    for index in range(1, len(tokens)):
        before = tokens[index - 1]
        singular = before.text == before.exact or not before.text.endswith("s")
        follows = index - 1 in found or (index - 1 in known and singular)
        if follows and index not in known and (tokens[index].exact,) in _part_names():
            found.add(index)
    return found


def _runs(tokens: tuple[Token, ...], missing: set[int]) -> Iterator[str]:
    run = ""
    for index, token in enumerate(tokens):
        if index in missing:
            space = " " if run and not "\u3400" <= token.text[0] <= "\u9fff" else ""
            run += space + token.text
        elif run:
            yield run
            run = ""
    if run:
        yield run


@lru_cache(maxsize=1)
def _joins() -> frozenset[Phrase]:
    return frozenset(phrases(_JOINS.replace("\n", " ")))


@lru_cache(maxsize=1)
def _talk() -> frozenset[Phrase]:
    marked = phrases(_TALK.replace("\n", " "))
    curly = (tuple(word.replace("'", "’") for word in phrase) for phrase in marked)
    bare = (tuple(map(without_marks, phrase)) for phrase in marked)
    return frozenset((*marked, *curly, *bare)) | _joins()


@lru_cache(maxsize=1)
def _which() -> frozenset[Phrase]:
    # fruit is a thing of its own: only "kiwi fruit" is no more than the kiwi
    qualities = (fillers() | colours() | units().keys()) - set(phrases("fruit, vegetable"))
    counts = ((word,) for word in numbers())
    return frozenset((*qualities, *counts, *phrases(_WHICH.replace("\n", " "))))


@lru_cache(maxsize=1)
def _part_names() -> frozenset[Phrase]:
    return frozenset(phrases(_PARTS.replace("\n", " ")))
