"""The Celery side of the recipe service: each task reads, calls an engine, writes."""

from __future__ import annotations

from common.contracts import recipe as r
from common.contracts import stages as s
from common.stage import StageContext, stage
from recipe_service.domain.pantry.at_hand import corrected, gather
from recipe_service.domain.rank import rank as rank_recipes
from recipe_service.domain.render import cooklang, markdown, page
from recipe_service.kitchen import Kitchen


@stage("recipe.recognise")
def recognise(
    context: StageContext, request: r.RecogniseRequest, kitchen: Kitchen
) -> r.RecogniseFacts:
    """See what is on the photos and read what the user wrote."""
    photos = [context.read(name) for name in s.PHOTOS if context.has(name)]
    sight = kitchen.eyes.look(photos, request.engine, context.checkpoint)
    context.engine = sight.engine
    context.stands_in = bool(sight.notes)
    if sight.raw:
        context.write(s.SEEN, sight.raw.encode())
    found = gather(sight, request.ingredients, kitchen.names)
    context.write(s.INGREDIENTS, found.model_dump_json(indent=2).encode())
    return r.RecogniseFacts(
        ingredients=[one.name for one in found.ingredients],
        unsure=[one.name for one in found.unsure],
        unknown=list(found.unknown),
    )


@stage("recipe.compose")
def compose(context: StageContext, request: r.ComposeRequest, kitchen: Kitchen) -> r.ComposeFacts:
    """Write one of the recipes; followers read it as it grows."""
    at_hand = corrected(_found(context), request.edited, kitchen.names)
    recipe = kitchen.cooks.cook(
        at_hand, request, lambda text: context.report(text=text), context.checkpoint
    )
    context.engine = recipe.engine
    context.stands_in = kitchen.cooks.stood_in(recipe, request)
    context.write(s.DRAFTS[request.slot], recipe.model_dump_json(indent=2).encode())
    return r.ComposeFacts(title=recipe.title, minutes=recipe.total_minutes, note=recipe.note)


@stage("recipe.rank")
def rank(context: StageContext, request: r.RankRequest, kitchen: Kitchen) -> r.RankFacts:
    """Choose and order the recipes, and write them in every form."""
    drafts = [context.read(draft.name) for draft in s.DRAFTS if context.has(draft.name)]
    recipes = [r.Recipe.model_validate_json(draft) for draft in drafts]
    at_hand = corrected(_found(context), request.edited, kitchen.names)
    excluded = kitchen.cooks.excluded(request.exclude)
    book = rank_recipes(recipes, at_hand, request, excluded, kitchen.knowledge)
    context.write_all(_files_of(book))
    return r.RankFacts(
        titles=[recipe.title for recipe in book.recipes],
        missing=[item.name for item in book.shopping],
    )


def _found(context: StageContext) -> r.IngredientList:
    return r.IngredientList.model_validate_json(context.read(s.INGREDIENTS.name))


def _files_of(book: r.RecipeBook) -> dict[s.Output, bytes]:
    files = {s.RECIPES: book.model_dump_json(indent=2), s.RECIPES_TEXT: markdown.book(book)}
    for recipe, html, cook in zip(book.recipes, s.RECIPE_PAGES, s.RECIPE_COOKS, strict=False):
        files |= {html: page.recipe_page(recipe), cook: cooklang.to_cooklang(recipe)}
    return {output: text.encode() for output, text in files.items()}


TASKS = (recognise, compose, rank)
