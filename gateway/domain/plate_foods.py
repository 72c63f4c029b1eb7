"""What food looks like from above, in a word: the shape it is cut to, its colour, its size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["slice", "ring", "stick", "leaf", "cube", "grain", "egg", "ball", "strand", "fleck"]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """``size`` is the half length in thousandths of the width of the picture."""

    shape: Shape
    colour: Colour
    size: int


def look_of(name: str) -> Look | None:
    """Find what a piece of a food looks like; None for what nobody sees on a plate, like salt.

    The last word that is known decides: a tomato soup is soup, a rice noodle is a noodle.
    """
    for phrase, look in _PHRASES.items():
        if phrase in name.casefold():
            return look
    words = re.findall(r"[a-z]+", name.casefold())
    for word in reversed(words):
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in _UNSEEN:
                return None
            if form in _LOOKS:
                return _LOOKS[form]
    return _OTHER[sum(map(ord, name)) % len(_OTHER)]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(rows: str) -> dict[str, Look]:
    looks: dict[str, Look] = {}
    for row in rows.strip().splitlines():
        shape, size, colour, *names = row.split()
        rgb = (int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16))
        looks |= {name: Look(shape, rgb, int(size)) for name in names}  # type: ignore[arg-type]
    return looks


# shape, size, colour, names
_LOOKS: Final = _table("""
slice 36 d23b26 tomato salami chorizo sausage
slice 34 e8862e carrot orange papaya squash peach apricot nectarine mandarin grapefruit
slice 34 ee9a5a persimmon cantaloupe melon
slice 38 d94f4a watermelon
slice 36 5d8a3c cucumber zucchini courgette gherkin pickle
slice 38 ecd9a0 potato parsnip turnip celeriac radish apple pear swede kohlrabi taro cassava
slice 36 ecd9a0 plantain quince pomelo lychee
slice 34 f3e3c4 mushroom
slice 34 b98c5e shiitake
slice 32 8f2f4d beetroot beet
slice 34 f2d34c lemon pineapple mango
slice 30 a9c957 lime kiwi avocado
slice 36 6b4560 aubergine eggplant fig plum
slice 32 f4e6c0 banana
ring 34 e6d3df onion shallot
ring 26 8fb35c leek scallion spring
ring 34 c8412f pepper paprika capsicum chili chilli
stick 44 8fa84a bean beans asparagus celery okra mangetout rhubarb
stick 46 e9dcc0 fennel ginger bamboo daikon
stick 48 c98a4b chicken turkey duck poultry
stick 46 8a4a35 beef steak lamb pork veal mince meat
stick 44 c4574a bacon ham prosciutto
stick 48 ee8a68 salmon trout
stick 48 f0e3d2 cod fish haddock tuna mackerel bass squid
stick 40 9aa3a8 sardine herring anchovy mussel
stick 40 f08b74 prawn shrimp crab lobster
leaf 44 3f7a3a spinach kale chard bok choy pak lettuce salad rocket
leaf 46 9cbf74 cabbage endive
leaf 34 3f5a3a nori wakame watercress
leaf 24 3d8b3e tarragon basil parsley coriander cilantro mint dill herb herbs chive chives
leaf 18 5c7f48 thyme rosemary oregano sage bay
ball 34 4f8a3d broccoli vegetable artichoke
ball 26 7fa650 sprout
ball 34 f0e8d2 cauliflower
ball 17 76a842 pea peas edamame
ball 20 d9b26a chickpea chickpeas hazelnut
ball 19 7a4030 kidney
ball 15 93744a lentil lentils
ball 21 8e2f45 cherry cranberry grape blueberry berry berries raspberry strawberry
ball 17 4a4630 olive olives caper raisin prune date currant blackberry
ball 13 b8323e pomegranate
ball 22 7a4a2c chocolate
cube 26 f3ead8 tofu feta mozzarella halloumi paneer
cube 26 efc25a cheese cheddar gouda gruyere parmesan pumpkin
cube 28 c99755 bread croutons toast tempeh baguette pita tortilla pastry dough polenta
grain 13 f5efdf rice couscous oat oats quinoa barley millet bulgur
grain 12 b98a58 buckwheat
strand 60 efd795 pasta spaghetti noodle noodles macaroni penne linguine fusilli tagliatelle sheet
strand 60 e6dcc4 udon sauerkraut
strand 60 b79a7c soba
strand 50 d9693c kimchi
egg 56 fdf9ef egg eggs
fleck 9 f3ecd6 garlic almond walnut cashew coconut nut nuts sesame seed seeds peanut pecan
fleck 9 9fb35c pistachio
fleck 7 4a4440 chia flaxseed breadcrumb
fleck 9 f0c63e corn sweetcorn
""")
_UNSEEN: Final = _names("""
agar allspice anise beer black broth butter buttermilk caraway cardamom cinnamon clove cocoa
coffee cream cumin extract flour fraiche gelatin gelatine ghee gochujang harissa honey
horseradish ice jam juice kefir ketchup lard lemongrass margarine masala mascarpone mayonnaise
milk mirin miso mustard nutmeg oil passata paste pesto powder quark ricotta rum saffron salt
sauce semolina soda spice sriracha starch stock sugar sumac syrup tabasco tahini tamarind tea
turmeric tvorog vanilla vinegar water wine yeast yoghurt yogurt
""")
_PHRASES: Final = {
    "black pepper": None, "white pepper": None, "bay leaf": None, "flour": None,
    "bean sprout": Look("strand", (240, 234, 214), 44),
    "spring onion": _LOOKS["leek"], "red onion": Look("ring", (178, 110, 150), 34),
    "sweet potato": _LOOKS["carrot"], "green bean": _LOOKS["asparagus"],
    "kidney bean": _LOOKS["kidney"], "black bean": Look("ball", (58, 44, 44), 16),
    "white bean": Look("ball", (238, 226, 196), 17),
    "green pepper": Look("ring", (96, 150, 62), 34),
    "yellow pepper": Look("ring", (240, 190, 50), 34),
    "peanut butter": None, "butternut": _LOOKS["pumpkin"],
    "rice noodle": Look("strand", (245, 238, 220), 60),
}  # fmt: skip
_OTHER: Final = (
    Look("slice", (196, 122, 66), 30), Look("cube", (216, 178, 110), 24),
    Look("ball", (158, 84, 58), 20), Look("stick", (120, 134, 72), 38),
)  # fmt: skip
