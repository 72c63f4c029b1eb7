"""Who writes a recipe: a language model where one is configured, else the built-in composer."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from common.contracts.recipe import ComposeRequest, IngredientList, Recipe, RecipeEngine
from common.errors import BadParameter, NoRecipe
from recipe_service.domain.check import check_recipe, served_ready
from recipe_service.domain.cook.choose import Menu, Wish
from recipe_service.domain.cook.dishes import Dish
from recipe_service.domain.cook.match import Casting
from recipe_service.domain.cook.write import title_of, write
from recipe_service.domain.pantry.exclude import exclude
from recipe_service.domain.pantry.identify import identified
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.knowledge import Knowledge
from recipe_service.engines.openai.brief import Brief
from recipe_service.engines.openai.unavailable import ModelUnavailable
from recipe_service.engines.openai.writer import write_recipe

if TYPE_CHECKING:  # its library is loaded only where there is a server
    from recipe_service.engines.openai.client import ModelServer

KEPT_MENUS: Final = 32

log = logging.getLogger(__name__)


class Menus:
    """Menus of the last wishes: the slots of a job have the same wish at nearly the same time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Wish, Menu] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def open(self, dishes: tuple[Dish, ...], wish: Wish, knowledge: Knowledge) -> Iterator[Menu]:
        """Hand out the menu of a wish, to one thread at a time."""
        with self._lock:
            if wish not in self._kept:
                self._kept[wish] = Menu(dishes, wish, knowledge)
            self._kept.move_to_end(wish)
            while len(self._kept) > KEPT_MENUS:
                self._kept.popitem(last=False)
            yield self._kept[wish]


@dataclass(frozen=True)
class Cooks:
    """The engines that write recipes, and the choice between them."""

    knowledge: Knowledge
    dishes: tuple[Dish, ...]
    names: NameIndex
    server: ModelServer | None = None  # with a text model
    menus: Menus = field(default_factory=Menus, compare=False, repr=False)

    def cook(
        self,
        at_hand: IngredientList,
        wanted: ComposeRequest,
        on_text: Callable[[str], None] = lambda _: None,
        stop: Callable[[], None] = lambda: None,
    ) -> Recipe:
        """Write the recipe of one slot.

        Raises
        ------
        NoRecipe
            No dish is left for this slot.
        BadParameter
            An exclusion is not understood.
        """
        wish = self._wish(at_hand, wanted)
        casting, relaxed = self._casting(wish, wanted.slot)
        if self._asks_a_model(wanted):
            try:
                return self._by_model(at_hand, wanted, wish, casting, on_text, stop)
            except ModelUnavailable as exc:
                log.warning("slot %d goes to the composer: %s", wanted.slot, exc)
                relaxed = f"By the built-in composer, because {exc}. {relaxed}".strip()
        recipe = self._by_composer(wish, casting, wanted)
        return recipe.model_copy(update={"note": relaxed})

    def stood_in(self, recipe: Recipe, wanted: ComposeRequest) -> bool:
        """Tell whether the composer wrote what a language model should have written."""
        return recipe.engine == "builtin" and self._asks_a_model(wanted)

    def excluded(self, lines: Sequence[str]) -> frozenset[str]:
        """Find every food that may be meant.

        Raises
        ------
        BadParameter
            A line is not understood: what is to be left out must never be guessed.
        """
        found = exclude(lines, self.names)
        if found.unknown:
            raise BadParameter(
                f"exclude: nobody here knows {', '.join(found.questions)}",
                "Name an ingredient, an allergen, or a kind such as meat, dairy or nuts.",
            )
        return found.ids

    def _asks_a_model(self, wanted: ComposeRequest) -> bool:
        able = self.server is not None and bool(self.server.settings.text_model)
        return able and wanted.engine is not RecipeEngine.BUILTIN

    def _wish(self, at_hand: IngredientList, wanted: ComposeRequest) -> Wish:
        return Wish(
            at_hand=tuple(one.id for one in at_hand.ingredients if one.id),
            diets=wanted.diet,
            excluded=self.excluded(wanted.exclude),
            servings=wanted.servings,
            max_minutes=wanted.max_minutes,
            hint=wanted.hint,
        )

    def _casting(self, wish: Wish, slot: int) -> tuple[Casting | None, str]:
        """Cast the dish of this slot; also tells what was relaxed for it, not for those before."""
        with self.menus.open(self.dishes, wish, self.knowledge) as menu:
            choice, before = menu.first(slot + 1), menu.first(slot)
        if slot >= len(choice.castings):
            return None, ""
        relaxed = " ".join(note for note in choice.notes if note not in before.notes)
        return choice.castings[slot], relaxed

    def _by_composer(self, wish: Wish, casting: Casting | None, wanted: ComposeRequest) -> Recipe:
        if casting is None:
            raise NoRecipe(f"no dish of the cookbook is left for recipe {wanted.slot + 1}")
        return write(casting, self.knowledge, wish.at_hand, wanted.servings, wanted.units)

    def _by_model(  # noqa: PLR0913, PLR0917
        self,
        at_hand: IngredientList,
        wanted: ComposeRequest,
        wish: Wish,
        casting: Casting | None,
        on_text: Callable[[str], None],
        stop: Callable[[], None],
    ) -> Recipe:
        assert self.server is not None  # noqa: S101  see _asks_a_model
        brief = Brief(
            at_hand=at_hand.ingredients,
            diets=wanted.diet,
            never=wanted.exclude,
            servings=wanted.servings,
            max_minutes=wanted.max_minutes,
            language=wanted.language,
            units=wanted.units,
            idea=title_of(casting, self.knowledge) if casting else "",
            hint=wanted.hint,
        )

        def check(recipe: Recipe) -> list[str]:
            return [str(problem) for problem in check_recipe(recipe, self.knowledge, wanted)]

        recipe = write_recipe(self.server, brief, check, on_text, stop)
        served = served_ready(recipe, self.names)
        return identified(recipe, wish.at_hand, self.names, self.knowledge, served)
