"""Asking for recipes: by form, by JSON, by photo; what is refused and why."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from common.errors import LanguageUnavailable, NoIngredients
from common.ledger.records import Claim
from common.settings import Settings
from gateway.app import create_app
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg


def photos(count: int, **fields: Any) -> dict[str, Any]:
    files = [(io.BytesIO(jpeg(64 + n, 48)), f"{n}.jpg") for n in range(count)]
    return {"data": {"photo": files} | fields, "content_type": "multipart/form-data"}


def asked(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    return dict(answer.json["parameters"])


def refused(answer: Any, code: str = "bad_parameter") -> str:
    assert (answer.status_code, answer.json["code"]) == (422, code), answer.text
    assert answer.json["hint"]
    return str(answer.json["detail"])


# -- ways to ask --------------------------------------------------------------------------


def test_a_list_as_json_is_accepted_and_published(stack: Stack) -> None:
    answer = stack.ask("2 onions", "rice", count=2, diet=["vegan"], units="us")
    params = asked(answer)
    assert params["ingredients"] == ["2 onions", "rice"]
    assert (params["count"], params["diet"], params["units"]) == (2, ["vegan"], "us")
    job = answer.json["id"]
    assert [name for name, _ in stack.published] == [job]
    assert answer.headers["Location"] == f"/v1/jobs/{job}"
    assert answer.json["product"] == "recipe"
    assert "photo" not in stack.record(job).artifacts


@pytest.mark.parametrize("how", ["form", "urlencoded", "query", "json without a type"])
def test_a_list_may_come_in_other_ways(stack: Stack, how: str) -> None:
    text = {"ingredients": "2 onions, rice", "servings": "4"}
    sent: dict[str, dict[str, Any]] = {
        "form": {"data": text, "content_type": "multipart/form-data"},
        "urlencoded": {"data": text},
        "query": {"query_string": text},
        "json without a type": {
            "data": json.dumps({"ingredients": ["2 onions", "rice"], "servings": 4}),
            "content_type": "application/x-www-form-urlencoded",
        },
    }
    params = asked(stack.client.post("/v1/recipes", **sent[how]))
    assert (params["ingredients"], params["servings"]) == (["2 onions", "rice"], 4)


@pytest.mark.parametrize("count", range(1, 6))
def test_one_to_five_photos_are_stored_in_their_order(stack: Stack, count: int) -> None:
    answer = stack.client.post("/v1/recipes", **photos(count, ingredients="salt"))
    assert asked(answer)["ingredients"] == ["salt"]
    artifacts = stack.record(answer.json["id"]).artifacts
    assert list(artifacts) == ["photo", "photo-2", "photo-3", "photo-4", "photo-5"][:count]
    for n, ref in enumerate(artifacts.values()):
        assert stack.store.get("local", ref) == jpeg(64 + n, 48)
    assert answer.json["artifacts"] == []


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "application/json", "application/x-www-form-urlencoded", ""]
)
def test_a_photo_as_body_is_one_whatever_its_declared_type(stack: Stack, content_type: str) -> None:
    answer = stack.client.post("/v1/recipes?count=1", data=jpeg(), content_type=content_type)
    assert asked(answer)["count"] == 1
    assert "photo" in stack.record(answer.json["id"]).artifacts


def test_six_photos_are_one_too_many(stack: Stack) -> None:
    assert "at most 5" in refused(stack.client.post("/v1/recipes", **photos(6)))
    assert stack.published == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("2 onions, rice; feta", ["2 onions", "rice", "feta"]),
        ("1,5 kg картофеля, лук \n гречка", ["1,5 kg картофеля", "лук", "гречка"]),
        ("thịt bò, nước mắm", ["thịt bò", "nước mắm"]),
        ("豆腐、白菜\uff0c薑\uff1b醬油", ["豆腐", "白菜", "薑", "醬油"]),
        ("eggs,2 onions", ["eggs", "2 onions"]),
        (" , rice,, ", ["rice"]),
    ],
)
def test_a_list_is_split_as_people_write_it(stack: Stack, text: str, lines: list[str]) -> None:
    by_form = stack.client.post("/v1/recipes", data={"ingredients": text})
    assert asked(by_form)["ingredients"] == lines
    assert asked(stack.ask(text))["ingredients"] == lines
    as_one_text = stack.client.post("/v1/recipes", json={"ingredients": text})
    assert asked(as_one_text)["ingredients"] == lines


@pytest.mark.parametrize("diet", ["vegan, no_pork", ["vegan", "no_pork"], ["no_pork,vegan", ""]])
def test_diets_may_be_a_list_or_one_text(stack: Stack, diet: str | list[str]) -> None:
    assert asked(stack.ask("rice", diet=diet))["diet"] == ["vegan", "no_pork"]


def test_several_fields_are_one_list(stack: Stack) -> None:
    answer = stack.client.post("/v1/recipes", data={"ingredients": ["rice, leek", "feta"]})
    assert asked(answer)["ingredients"] == ["rice", "leek", "feta"]


# -- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize("sent", [{}, {"data": ""}, {"json": {}}, {"json": {"ingredients": []}}])
def test_neither_photo_nor_ingredient_is_refused(stack: Stack, sent: dict[str, Any]) -> None:
    refused(stack.client.post("/v1/recipes", **sent), NoIngredients.code)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"diet": ["vegan", "pescatarian"]}, "pescatarian asks for it: choose one"),
        ({"diet": ["carnivore"]}, "one or more of: vegetarian, vegan"),
        ({"diet": 1}, "diet must be"),
        ({"count": 6}, "a whole number from 1 to 5"),
        ({"count": 0}, "a whole number from 1 to 5"),
        ({"servings": "many"}, "a whole number from 1 to 20"),
        ({"max_minutes": 4}, "a whole number from 5 to 600"),
        ({"language": "de"}, "one of: en, ru, vi, zh"),
        ({"units": "stones"}, "one of: metric, us"),
        ({"hint": "x" * 301}, "text of at most 300 characters"),
        ({"exclude": ["x" * 121]}, "each text of at most 120 characters"),
        ({"ingredients": [{"name": "rice"}]}, "a list of at most 100 entries"),
        ({"ingredients": 7}, "a list of at most 100 entries"),
        ({"ingredients": ["\ud800"]}, "a list of at most 100 entries"),
        ({"pause_after": "portrait"}, "one of: none, ingredients"),
        ({"serving": 2}, "did you mean 'servings'?"),
        ({"webhook": "http://x"}, "did you mean 'webhook_url'?"),
        ({"slot": 1}, "unknown parameter 'slot'"),
        ({"edited": ["x"]}, "unknown parameter 'edited'"),
    ],
)
def test_a_bad_parameter_is_told_with_what_is_allowed(
    stack: Stack, params: dict[str, Any], words: str
) -> None:
    assert words in refused(
        stack.client.post("/v1/recipes", json={"ingredients": ["rice"]} | params)
    )
    assert stack.published == []


def test_a_hundred_ingredients_are_taken_and_one_more_is_not(stack: Stack) -> None:
    asked(stack.ask(*(f"food {n}" for n in range(100))))
    told = refused(stack.ask(*(f"food {n}" for n in range(101))))
    assert told == "ingredients: 101 entries are too many, at most 100 are taken"


@pytest.mark.parametrize(
    "body",
    [b"[]", b'"rice"', b"{", b"{'ingredients': 1}", b"[" * 50_000, b'{"a":' * 20_000, b"\xff"],
)
def test_json_that_is_no_object_is_refused(stack: Stack, body: bytes) -> None:
    answer = stack.client.post("/v1/recipes", data=body, content_type="application/json")
    assert "not a JSON object" in refused(answer)


def test_json_without_end_is_refused_before_it_is_read(stack: Stack) -> None:
    body = b'{"ingredients": ["' + b"x" * 1_000_000 + b'"]}'
    answer = stack.client.post("/v1/recipes", data=body, content_type="application/json")
    assert "at most 1000000" in refused(answer)


def test_a_parameter_in_query_and_json_is_refused(stack: Stack) -> None:
    answer = stack.client.post("/v1/recipes?count=2", json={"ingredients": ["rice"], "count": 3})
    assert "more than once" in refused(answer)
    one_place = stack.client.post("/v1/recipes?count=2", json={"ingredients": ["rice"]})
    assert asked(one_place)["count"] == 2


def test_a_photo_that_is_none_is_refused_with_the_others(stack: Stack) -> None:
    sent = photos(2)
    sent["data"]["photo"].append((io.BytesIO(b"Dear diary"), "x.jpg"))
    refused(stack.client.post("/v1/recipes", **sent), "bad_photo")
    refused(stack.client.post("/v1/recipes", data={"photo": "me.jpg"}), "bad_photo")
    assert stack.published == []


def test_what_needs_a_language_model_is_refused_without_one(
    settings: Settings, stack: Stack
) -> None:
    refused(stack.ask("rice", language="ru"), LanguageUnavailable.code)
    assert "no language model" in refused(stack.ask("rice", engine="openai"), "engine_unavailable")
    helped = settings.model_copy(update={"llm_url": "http://127.0.0.1:1/v1"})
    client = create_app(helped, stack.ledger, stack.store, lambda *_: None).test_client()
    for params in ({"language": "ru"}, {"engine": "openai"}):
        body = {"ingredients": ["rice"]} | params
        assert client.post("/v1/recipes", json=body).status_code == 202
    alone = {"ingredients": ["rice"], "language": "ru", "engine": "builtin"}
    refused(client.post("/v1/recipes", json=alone), LanguageUnavailable.code)


# -- the job ------------------------------------------------------------------------------


def test_a_recipe_job_shows_every_recipe_it_writes(stack: Stack) -> None:
    job = stack.ask("leek", "rice", count=2).json["id"]
    stack.run(job)
    view = stack.client.get(f"/v1/jobs/{job}").json
    assert view["state"] == "succeeded"
    assert view["facts"]["recipe.compose#1"]["title"] == "Dinner 1"
    assert view["warnings"] == ["1 of 2 recipes: no more were found"]
    shown = {artifact["name"]: artifact["purpose"] for artifact in view["artifacts"]}
    assert shown["recipes.json"] == "the recipes and the shopping list"
    assert shown["draft-1.json"]


def test_notes_unknown_lines_and_lost_recipes_become_warnings(stack: Stack) -> None:
    job = stack.ask("leek", count=2).json["id"]
    stack.run_stage(job, "recipe.recognise")
    claim = stack.ledger.claim(job, "recipe.compose#0", "w")
    assert isinstance(claim, Claim)
    stack.ledger.fail(claim, NoIngredients("nothing to write about"))
    stack.run_stage(job, "recipe.compose#1")
    assert stack.client.get(f"/v1/jobs/{job}").json["warnings"] == ["recipe 1 could not be written"]
    nodes = stack.ledger._book.jobs[job].nodes
    for name, facts in (
        ("recipe.recognise", {"unknown": ["plutonium", "xyzzy"]}),
        ("recipe.compose#1", {"note": "the language model did not answer"}),
    ):
        result = nodes[name].result
        assert result is not None
        nodes[name].result = result.model_copy(update={"facts": facts})
    assert stack.client.get(f"/v1/jobs/{job}").json["warnings"] == [
        "not understood: plutonium, xyzzy",
        "recipe 1 could not be written",
        "the language model did not answer",
    ]


def test_the_same_request_again_is_one_job(stack: Stack) -> None:
    def ask(**body: Any) -> Any:
        sent = {"ingredients": ["rice, leek"]} | body
        return stack.client.post("/v1/recipes", json=sent, headers={"Idempotency-Key": "k"})

    first, again = ask(), ask(ingredients=["rice", "leek"], count=3)
    assert first.json["id"] == again.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(stack.published) == 1
    refused(ask(servings=3), "idempotency_conflict")


def test_photos_in_another_order_are_another_request(stack: Stack) -> None:
    two = photos(2)
    two["headers"] = {"Idempotency-Key": "k"}
    assert stack.client.post("/v1/recipes", **two).status_code == 202
    other = photos(2)
    other["data"]["photo"].reverse()
    other["headers"] = {"Idempotency-Key": "k"}
    refused(stack.client.post("/v1/recipes", **other), "idempotency_conflict")


def test_a_known_list_is_cooked_at_once(stack: Stack) -> None:
    stack.run(stack.ask("leek", count=2).json["id"])
    stack.published.clear()
    again = stack.ask("leek", count=2)
    assert again.json["state"] == "succeeded"
    assert stack.published == []


def test_a_memory_never_skips_a_pause(stack: Stack) -> None:
    stack.run(stack.ask("leek", count=2).json["id"])
    again = stack.ask("leek", count=2, pause_after="ingredients")
    assert again.json["state"] == "queued"
    assert len(stack.published) == 2


def test_nothing_edible_is_the_answer_to_who_waits(stack: Stack) -> None:
    job = stack.ask("plutonium", pause_after="ingredients").json["id"]
    claim = stack.ledger.claim(job, "recipe.recognise", "w")
    assert isinstance(claim, Claim)
    stack.ledger.fail(claim, NoIngredients("nothing edible was found"))
    view = stack.client.get(f"/v1/jobs/{job}?wait=5").json
    assert (view["state"], view["error"]["code"]) == ("failed", "no_ingredients")
