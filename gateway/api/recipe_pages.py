"""``/v1/jobs/{id}/recipe.html``: a recipe as a page that recipe managers import by its address."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from common.contracts.artifacts import ArtifactRef
from common.contracts.stages import RECIPE_PAGES
from common.errors import Gone, NotFound
from common.ledger.records import JobRecord
from gateway.api.reading import job_of, query_of
from gateway.domain.queries import RecipePageQuery
from gateway.domain.recipe_page import at_address
from gateway.domain.views import moment
from gateway.house import house

blueprint = Blueprint("recipe_pages", __name__)


@blueprint.get("/v1/jobs/<job>/recipe.html")
def read_recipe_page(job: str) -> Response:
    """Show one recipe of a job, with its JSON-LD inside."""
    query = query_of(request, RecipePageQuery)
    record = job_of(request, job)
    ref = _page_of(record, query.number)
    page = house().store.get(record.owner, ref).decode()
    answer = Response(_at_its_address(page, request, record, query.number), mimetype="text/html")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = f'inline; filename="{ref.name}"'
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _page_of(record: JobRecord, number: int) -> ArtifactRef:
    """Find the page of a recipe, or say why there is none."""
    if record.product != "recipe":
        raise NotFound(f"job {record.id} is a {record.product}, not a recipe")
    pages = {ref.name: ref for ref in record.artifacts.values() if not ref.internal}
    ref = pages.get(RECIPE_PAGES[number - 1].name)
    if ref is None and not record.state.terminal:
        raise NotFound(
            f"job {record.id} has no recipes yet: it is {record.state}",
            f"GET /v1/jobs/{record.id}?wait=60 answers when it has ended or paused.",
        )
    if ref is None:
        there = sum(page.name in pages for page in RECIPE_PAGES)
        raise NotFound(f"job {record.id} ({record.state}) has {there} recipes, no number {number}")
    if record.artifacts_expired_ms is not None:
        raise Gone(f"the recipes of job {record.id} have expired")
    return ref


def _at_its_address(page: str, asked: Request, record: JobRecord, number: int) -> str:
    made = moment(record.finished_ms or record.created_ms)
    known = {"datePublished": made.date().isoformat()} if made else {}
    return at_address(page, f"{asked.base_url}?number={number}", known)
