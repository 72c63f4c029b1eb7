"""``/v1/jobs/{id}/recipe.html``: a recipe as a page that recipe managers import by its address."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from common.contracts.artifacts import ArtifactRef
from common.contracts.recipe import RecipeBook
from common.contracts.stages import RECIPE_PAGES, RECIPES
from common.errors import Gone, NotFound
from common.ledger.records import JobRecord
from gateway.api.reading import job_of, query_of, read_file
from gateway.domain.files import files_by_name
from gateway.domain.plate import draw_plate
from gateway.domain.queries import RecipePageQuery
from gateway.domain.recipe_page import at_address
from gateway.domain.views import moment
from gateway.door.headers import FOR_EVER
from gateway.house import house

blueprint = Blueprint("recipe_pages", __name__)


@blueprint.get("/v1/jobs/<job>/recipe.html")
def read_recipe_page(job: str) -> Response:
    """Show one recipe of a job, with its JSON-LD inside."""
    query = query_of(request, RecipePageQuery)
    record = job_of(request, job)
    ref = _file_of(record, query.number, RECIPE_PAGES[query.number - 1].name)
    page = read_file(house(), record, ref).decode()
    answer = Response(_at_its_address(page, request, record, query.number), mimetype="text/html")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = f'inline; filename="{ref.name}"'
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@blueprint.get("/v1/jobs/<job>/recipe.png")
def read_recipe_picture(job: str) -> Response:
    """Show a plate drawn of what is in the recipe; the same recipe is the same picture."""
    query = query_of(request, RecipePageQuery)
    record = job_of(request, job)
    _file_of(record, query.number, RECIPE_PAGES[query.number - 1].name)
    ref = _file_of(record, query.number, RECIPES.name)
    tag = f"{ref.sha256}-{query.number}"
    answer = Response(status=304)
    if not request.if_none_match.contains_weak(tag):
        book = RecipeBook.model_validate_json(read_file(house(), record, ref))
        recipe = book.recipes[query.number - 1]
        foods = [
            ((line.id or line.name).replace("-", " "), line.grams or 0.0)
            for line in recipe.ingredients
        ]
        answer = Response(draw_plate(recipe.title, recipe.kind, foods), mimetype="image/png")
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = FOR_EVER
    return answer


def _file_of(record: JobRecord, number: int, name: str) -> ArtifactRef:
    """Find a file that belongs to a recipe, or say why there is none."""
    if record.product != "recipe":
        raise NotFound(f"job {record.id} is a {record.product}, not a recipe")
    files = files_by_name(record)
    if name not in files and not record.state.terminal:
        raise NotFound(
            f"job {record.id} has no recipes yet: it is {record.state}",
            f"GET /v1/jobs/{record.id}?wait=60 answers when it has ended or paused.",
        )
    if name not in files:
        there = sum(page.name in files for page in RECIPE_PAGES)
        raise NotFound(f"job {record.id} ({record.state}) has {there} recipes, no number {number}")
    if record.artifacts_expired_ms is not None:
        raise Gone(f"the recipes of job {record.id} have expired")
    return files[name]


def _at_its_address(page: str, asked: Request, record: JobRecord, number: int) -> str:
    made = moment(record.finished_ms or record.created_ms)
    picture = f"{asked.base_url.removesuffix('html')}png?number={number}"
    known = {"image": [picture]} | ({"datePublished": made.date().isoformat()} if made else {})
    return at_address(page, f"{asked.base_url}?number={number}", known)
