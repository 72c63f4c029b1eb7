"""What is bought or served ready, and what is in it: no food to cook with, but one to notice.

Nobody may list these where a diet is asked for (what else is in the packet?), but a method, a
title or a note may name them, and a guest's allergy hangs on it. Told is what is nearly always
in a product; what is told to hold nothing only sounds like what it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, get_args

from recipe_service.domain.pantry.knowledge import Allergen, Food, Nutrition

# What is in them → their names, in English and as cookbooks borrow them from their neighbours.
_BOUGHT = {
    "": """
cocoa butter, cacao butter, shea butter, apple butter, coconut butter, creamed coconut, lait de
coco, coconut yoghurt, coconut yogurt, rice milk, hemp milk, pea milk, rice cake, potato cake,
corn cake, butter lettuce, cream of tartar, crab apple, milk thistle, flax egg, chia egg,
cauliflower steak, mushroom steak, cabbage steak, celeriac steak, vegetable suet, goose grass,
beurre de cacao, crème de coco, leche de coco, noix de coco, noix de muscade, nuez moscada,
sin carne
""",
    "nuts": """
almond butter, cashew butter, hazelnut butter, pistachio butter, nut butter, nut milk, cashew
milk, hazelnut milk, cashew cream, almond cream, nut cream, almond yoghurt, almond yogurt, cashew
cheese, almond paste, marzipan, orgeat, dukkah, duqqa, romesco, muhammara, turrón, Nuss, Nüsse,
Mandel, Mandeln, Haselnüsse, Walnüsse, noix, noisette, amande, nuez, nueces, almendra, avellana
""",
    "nuts milk": "praline, gianduja, red pesto, frangipane",
    "nuts milk soy": "Nutella, hazelnut spread, chocolate spread",
    "nuts egg": "macaron, amaretti, nougat",
    "nuts gluten": "baklava",
    "peanut": """
satay, saté, peanut sauce, peanut brittle, arachis oil, Erdnuss, Erdnüsse, cacahuète, cacahuete,
maní
""",
    "milk": """
white chocolate, milk chocolate, clotted cream, milk powder, dulce de leche, kulfi, gelato,
milkshake, beurre, beurre blanc, Alfredo, mantequilla, leche, lait, crème, Sahne, Schlagsahne,
Schmand, Milch, kashk, kaymak, ayran, doogh, malai, khoya, caseinate, ranch, ranch dressing,
Horlicks
""",
    "milk cheese": """
mornay, fondue, queso, queso fresco, cotija, manchego, provolone, fontina, asiago, taleggio,
havarti, stracciatella, Käse, Frischkäse, fromage, Tilsiter, Boursin
""",
    "milk egg": """
crème anglaise, crème pâtissière, crème brûlée, crème caramel, hollandaise, béarnaise, lemon curd,
eggnog
""",
    "egg": """
zabaglione, zabaione, sabayon, albumen, Ei, Eier, Eigelb, Eiweiß, oeuf, œuf, huevo, advocaat,
allioli, alioli
""",
    "egg mustard": "tartare sauce, tartar sauce, rémoulade, Thousand Island, Marie Rose, mayonesa",
    "egg fish milk mustard": "caesar dressing",
    "gluten": """
malt, malt extract, Weizen, Mehl, Brot, Brötchen, Nudeln, blé, harina, trigo, triticale, kamut,
einkorn, emmer, durum, wheat germ, wheat bran, matzo, matzah, pretzel, breadstick, grissini,
crispbread, bagel, crumpet, bao bun, wonton wrapper, gyoza wrapper, dumpling wrapper, tonkatsu,
katsu, Weetabix, Marmite, Vegemite, fregola, rusk, oatcake, semolina gnocchi
""",
    "gluten soy": """
ponzu, yakisoba sauce, kecap manis, ketjap manis, unagi sauce, bulgogi sauce, Sojasauce, Sojasoße,
sauce soja, salsa de soja, Maggi
""",
    "gluten egg": """
tortellini, ravioli, agnolotti, spaetzle, spätzle, fresh pasta, wonton, gyoza, sponge finger,
ladyfinger, savoiardi, choux, gnocchi
""",
    "gluten egg milk": """
brioche, croissant, challah, panettone, éclair, profiterole, madeleine, blini, pierogi, doughnut,
donut
""",
    "gluten milk": "naan, garlic naan, garlic bread, digestive biscuit, soda bread, Ovaltine",
    "soy": """
tamari, natto, yuba, soy cream, soya cream, soya lecithin, soy lecithin, lecithin, soy protein,
soja, okara, aburaage, liquid aminos
""",
    "fish": """
dashi, hondashi, katsuobushi, garum, colatura, nuoc cham, nam prik, fumet, taramasalata,
bouillabaisse, gentleman's relish, plaice, Dover sole, lemon sole, bass, sturgeon, whitebait,
brandade, fish cake, fishcake, rollmops, Bombay duck, isinglass, bagna cauda, Fisch, Lachs,
Thunfisch, Sardellen, poisson, saumon, anchois, cabillaud, pescado, atún, anchoa, bacalao,
salmón, merluza
""",
    "fish crustaceans": "XO sauce",
    "crustaceans": """
belacan, shrimp paste, terasi, krupuk, prawn cracker, scampi, gambas, crevette, Garnelen, Hummer,
homard, langouste, langostino, camarón, camarones, krill
""",
    "molluscs": """
winkle, escargot, vongole, moules, huîtres, Tintenfisch, pulpo, mejillones, almejas, squid ink,
cuttlefish ink
""",
    "sesame": """
hummus, houmous, humus, halva, furikake, gomasio, gomashio, za'atar, zaatar, sésamo, ajonjolí,
sésame, Sesam
""",
    "mustard": "piccalilli, honey mustard, mostarda, Senf, moutarde, mostaza",
    "celery": "celery salt, Old Bay, mirepoix, Sellerie, céleri, apio, Aromat",
    "gelatin": "marshmallow, aspic, jello, Jell-O",
    "meat": """
jus, demi-glace, bone marrow, pastrami, biltong, rennet, Fleisch, Rindfleisch, boeuf, bœuf,
viande, carne, ternera, agneau, cordero
""",
    "pork": """
Speck, jamón, jambon, Schinken, lardo, coppa, mortadella, Schweinefleisch, porc, cerdo, tocino,
saucisse, Wurst, morcilla, black pudding, chicharrón, andouille, char siu
""",
    "poultry": "schmaltz, Hähnchen, Huhn, poulet, pollo, pavo",
    "alcohol": """
kirsch, Marsala, grappa, pastis, Pernod, ouzo, schnapps, Cointreau, Grand Marnier, triple sec,
Kahlúa, Baileys, Campari, Aperol, mead, absinthe, arak, raki, crème de cassis, liqueur, cachaça,
mezcal, pisco, sangria, vino, vin, Wein, rosé wine, Cava, Chianti
""",
    "honey": "miel, Honig, honeycomb, royal jelly",
}
# What a recipe may well make itself of what it lists: only told where it is served beside.
_MADE = {
    "milk": """
ice cream, caramel, caramel sauce, butterscotch, toffee, fudge, ganache, lassi, cheesecake, panna
cotta, rice pudding, cream sauce, white sauce, tzatziki, raita
""",
    "milk egg": "custard, flan, chocolate mousse",
    "egg": "coleslaw, potato salad, omelette, frittata, pavlova",
    "egg fish milk mustard": "caesar salad",
    "nuts celery": "Waldorf salad",
    "gluten": """
dumpling, biscuit, cookie, muesli, granola, pizza, pastry, stuffing, wafer, tempura, bruschetta,
crostini, tabbouleh, batter
""",
    "gluten meat": "gravy",
    "gluten egg milk": "cake, pancake, waffle, muffin, crêpe, brownie, quiche, Yorkshire pudding",
    "gluten milk": "béchamel, scone, shortbread, pie",
    "crustaceans": "bisque",
}
_ANIMALS = frozenset({"meat", "pork", "poultry", "gelatin", "honey"})
_NOTHING: Final = Nutrition(0, 0, 0, 0, 0, 0, 0, 0)


@lru_cache(maxsize=1)
def products() -> tuple[Food, ...]:
    """Return what is bought or made, as foods of which only the contents are known."""
    return (*_foods(_BOUGHT), *_foods(_MADE))


@lru_cache(maxsize=1)
def made_at_home() -> frozenset[str]:
    """Return the ids of what a recipe may well make of what it lists."""
    return frozenset(food.id for food in _foods(_MADE))


def _foods(table: dict[str, str]) -> Iterator[Food]:
    for contents, names in table.items():
        held = frozenset(contents.split())
        for name in (" ".join(one.split()) for one in names.split(",")):
            yield Food(
                id=f"ready: {name}",
                names={"en": (name,)},
                plural=None,
                group="cheese" if "cheese" in held else "",
                units={},
                density=None,
                portion_g=0,
                nutrition=_NOTHING,
                source="",
                allergens=held.intersection(get_args(Allergen)),
                animal=next(iter(held & _ANIMALS), ""),
                alcohol="alcohol" in held,
                season=(),
                substitutes=(),
            )
