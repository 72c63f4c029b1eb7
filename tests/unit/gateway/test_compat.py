"""The calls of older load tests, and what a careless client may do to them."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from common.errors import NoFace, NoIngredients
from common.ledger.records import Claim
from gateway import neighbours
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg, png_bomb


def form(photos: int = 1, name: str = "photo", **fields: Any) -> dict[str, Any]:
    files = [(io.BytesIO(jpeg()), f"{n}.jpg") for n in range(photos)]
    return {"data": {name: files} | fields, "content_type": "multipart/form-data"}


def seen(stack: Stack) -> str:
    """A task whose photo was recognised."""
    task = str(stack.client.post("/test-vlm", **form()).json["task_id"])
    stack.run_stage(task, "recipe.recognise")
    return task


def fail(stack: Stack, task: str, node: str, error: NoFace | NoIngredients) -> None:
    claim = stack.ledger.claim(task, node, "w")
    assert isinstance(claim, Claim)
    stack.ledger.fail(claim, error)


def cook_soon(stack: Stack, task: str) -> None:
    def work() -> None:
        while not stack.again:
            pass
        stack.run(task)

    threading.Thread(target=work).start()


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


# -- /api/upload --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["photo", "file", "body", "form without a boundary"])
def test_an_upload_is_a_figurine_with_a_task(stack: Stack, how: str) -> None:
    kind = "multipart/form-data" if how.startswith("form") else "image/jpeg"
    raw = {"data": jpeg(), "content_type": kind}
    sent = form(name=how) if how in {"photo", "file"} else raw
    answer = stack.client.post("/api/upload?style=oil", **sent)
    assert answer.status_code == 202
    task = answer.json["task_id"]
    assert answer.json == {
        "task_id": task,
        "job_id": task,
        "status": "processing",
        "status_url": f"/task-result/{task}",
    }
    assert stack.record(task).params["style"] == "oil"
    stack.run(task)
    done = stack.client.get(answer.json["status_url"]).json
    assert done["status"] == "done"
    assert "figurine.glb" in [artifact["name"] for artifact in done["artifacts"]]


def test_an_upload_that_waits_is_answered_with_the_result(stack: Stack) -> None:
    def work() -> None:
        while not stack.published:
            pass
        stack.run(stack.published[0][0])

    threading.Thread(target=work).start()
    answer = stack.client.post("/api/upload?wait=20", **form())
    assert (answer.status_code, answer.json["status"]) == (200, "done")


def test_a_gateway_too_busy_to_wait_still_answers_with_the_task(stack: Stack) -> None:
    job = stack.submit()
    hub = stack.app.extensions["kiln"].hub
    with hub.place(), hub.place():
        assert stack.client.post("/api/upload?wait=30", **form()).status_code == 202
        assert stack.client.get(f"/task-result/{job}?wait=30").status_code == 503
        assert stack.client.get(f"/task-result/{job}").status_code == 200


@pytest.mark.parametrize("wait", ["abc", "-1", "61", "nan", "inf", "1e9", ""])
@pytest.mark.parametrize("path", ["/api/upload", "/task-result/x"])
def test_a_wait_that_is_none_is_refused(stack: Stack, path: str, wait: str) -> None:
    method = "POST" if "upload" in path else "GET"
    answer = stack.client.open(f"{path}?wait={wait}", method=method, data=jpeg())
    assert code_of(answer) == (422, "bad_parameter")
    assert stack.published == []


@pytest.mark.parametrize("path", ["/api/upload", "/test-vlm", "/predict", "/predict/async"])
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "bad_photo"),
        ({"data": {"photo": "me.jpg"}, "content_type": "multipart/form-data"}, "bad_photo"),
        ({"data": {"photo": "me.jpg"}}, "bad_photo"),
        ({"data": b"Dear diary", "content_type": "text/plain"}, "bad_photo"),
        ({"json": {"ingredients": ["rice"]}}, "bad_photo"),
        ({"data": jpeg()[:300]}, "corrupt_photo"),
        ({"data": png_bomb()}, "too_many_pixels"),
        ({"data": b"--x\r\n", "content_type": "multipart/form-data; boundary=x"}, "bad_photo"),
        ({"data": b"no form", "content_type": "multipart/form-data"}, "bad_photo"),
    ],
)
def test_what_is_no_photo_is_refused_at_once(
    stack: Stack, path: str, sent: dict[str, Any], code: str
) -> None:
    assert code_of(stack.client.post(path, **sent)) == (422, code)
    assert stack.published == []


@pytest.mark.parametrize("path", ["/api/upload", "/test-vlm", "/predict", "/predict/async"])
def test_what_is_too_much_or_unknown_is_refused_at_once(stack: Stack, path: str) -> None:
    for sent in (form(name="picture"), form(nonsense="1"), form(6)):
        assert code_of(stack.client.post(path, **sent)) == (422, "bad_parameter")
    assert stack.published == []


# -- /test-vlm, /task-result, /cook-from-image ----------------------------------------------


@pytest.mark.parametrize("path", ["/test-vlm", "/predict/async"])
def test_a_photo_of_food_becomes_a_task_that_waits_to_be_cooked(stack: Stack, path: str) -> None:
    answer = stack.client.post(path, **form(2, count="2"))
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    task = answer.json["task_id"]
    assert stack.client.get(f"/task-result/{task}").json.keys() == answer.json.keys()
    stack.run_stage(task, "recipe.recognise")
    told = stack.client.get(f"/task-result/{task}?wait=30").json
    assert told["status"] == "done"
    assert told["detections"] == [
        {
            "name": "rice",
            "id": None,
            "coarse": None,
            "confidence": 0.9,
            "bbox": [0.1, 0.2, 0.3, 0.4],
        },
        {"name": "leek", "id": "leek", "coarse": "Leek", "confidence": 0.7, "bbox": None},
    ]
    assert [one["name"] for one in told["ingredients"]] == ["leek", "rice"]
    assert "recipes" not in told
    assert "error" not in told


def test_a_task_that_takes_long_is_processing(stack: Stack) -> None:
    task = stack.client.post("/test-vlm", **form()).json["task_id"]
    answer = stack.client.get(f"/task-result/{task}?wait=0.1")
    assert (answer.status_code, answer.json["status"]) == (200, "processing")


@pytest.mark.parametrize("sent", [{}, {"json": {}}, {"json": {"ingredients": ["leek", "feta"]}}])
def test_a_recognised_photo_is_cooked(stack: Stack, sent: dict[str, Any]) -> None:
    task = seen(stack)
    cook_soon(stack, task)
    answer = stack.client.post(f"/cook-from-image/{task}", **sent)
    assert (answer.status_code, answer.json["status"]) == (200, "done")
    assert [one["title"] for one in answer.json["recipes"]] == ["Leek rice"]
    edited = sent.get("json", {}).get("ingredients", ["leek", "rice"])
    assert [one["name"] for one in answer.json["ingredients"]] == edited
    again = stack.client.post(f"/cook-from-image/{task}")
    assert again.json == answer.json == stack.client.get(f"/task-result/{task}").json


def test_a_list_by_form_is_cooked_from_too(stack: Stack) -> None:
    task = seen(stack)
    cook_soon(stack, task)
    answer = stack.client.post(f"/cook-from-image/{task}", data={"ingredients": "leek, feta"})
    assert [one["name"] for one in answer.json["ingredients"]] == ["leek", "feta"]


def test_recipes_that_take_long_are_a_202(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.domain.queries.LONGEST_WAIT_S", 0.1)
    answer = stack.client.post(f"/cook-from-image/{seen(stack)}")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")


def test_what_was_cooked_cannot_be_cooked_from_another_list(stack: Stack) -> None:
    task = seen(stack)
    cook_soon(stack, task)
    stack.client.post(f"/cook-from-image/{task}")
    answer = stack.client.post(f"/cook-from-image/{task}", json={"ingredients": ["feta"]})
    assert code_of(answer) == (409, "job_not_paused")


def test_a_photo_that_is_not_recognised_yet_cannot_be_cooked(stack: Stack) -> None:
    task = stack.client.post("/test-vlm", **form()).json["task_id"]
    assert code_of(stack.client.post(f"/cook-from-image/{task}")) == (409, "job_not_paused")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"data": b"[1]", "content_type": "application/json"}, "bad_parameter"),
        ({"data": b"leek", "content_type": "text/plain"}, "bad_parameter"),
        ({"json": {"count": 1}}, "bad_parameter"),
        ({"json": {"food": ["leek"]}}, "bad_parameter"),
        ({"json": {"ingredients": []}}, "no_ingredients"),
        ({"json": {"language": "zh"}}, "language_unavailable"),
    ],
)
def test_a_bad_correction_is_refused_and_the_task_still_waits(
    stack: Stack, sent: dict[str, Any], code: str
) -> None:
    task = seen(stack)
    assert code_of(stack.client.post(f"/cook-from-image/{task}", **sent)) == (422, code)
    assert stack.record(task).state == "paused"


def test_a_figurine_cannot_be_cooked(stack: Stack) -> None:
    assert code_of(stack.client.post(f"/cook-from-image/{stack.submit()}")) == (404, "not_found")


@pytest.mark.parametrize("task", ["nope", "0" * 32, "%00", "x" * 500])
def test_an_unknown_task_is_a_404(stack: Stack, task: str) -> None:
    assert code_of(stack.client.get(f"/task-result/{task}")) == (404, "not_found")
    assert code_of(stack.client.post(f"/cook-from-image/{task}")) == (404, "not_found")


def test_somebody_elses_task_does_not_exist(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    task = seen(stack)
    monkeypatch.setattr("gateway.api.reading.owner_of", lambda _: "eve")
    assert stack.client.get(f"/task-result/{task}").status_code == 404
    assert stack.client.post(f"/cook-from-image/{task}").status_code == 404


def test_a_failed_task_says_why(stack: Stack) -> None:
    task = stack.client.post("/api/upload", **form()).json["task_id"]
    fail(stack, task, "fusion.measure", NoFace("nobody there"))
    answer = stack.client.get(f"/task-result/{task}")
    assert (answer.status_code, answer.json["status"]) == (200, "failed")
    assert answer.json["error"]["code"] == "no_face"
    assert answer.json["error"]["hint"]


def test_a_cancelled_task_has_failed(stack: Stack) -> None:
    task = stack.client.post("/test-vlm", **form()).json["task_id"]
    stack.client.post(f"/v1/jobs/{task}/cancel")
    told = stack.client.get(f"/task-result/{task}").json
    assert (told["status"], told["error"]["code"]) == ("failed", "cancelled")
    assert code_of(stack.client.post(f"/cook-from-image/{task}")) == (409, "job_not_paused")


def test_nothing_edible_is_a_result_without_detections(stack: Stack) -> None:
    task = stack.client.post("/test-vlm", **form()).json["task_id"]
    fail(stack, task, "recipe.recognise", NoIngredients("nothing edible was seen"))
    told = stack.client.get(f"/task-result/{task}").json
    assert (told["status"], told["detections"]) == ("done", [])
    assert told["error"]["code"] == "no_ingredients"
    assert code_of(stack.client.post(f"/cook-from-image/{task}")) == (422, "no_ingredients")


def test_what_has_expired_is_gone(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    task = stack.ask("leek").json["id"]
    stack.run(task)
    later = stack.ledger._now() + 31 * 24 * 3_600_000
    monkeypatch.setattr(stack.ledger, "_now", lambda: later)
    monkeypatch.setattr(stack.ledger._book, "now", lambda: later)
    stack.ledger.expire()
    assert code_of(stack.client.get(f"/task-result/{task}")) == (410, "gone")


# -- /predict -----------------------------------------------------------------------------


class Recogniser(HTTPAdapter):
    """Stands for the recipe service at the end of the line."""

    says: tuple[int, bytes] = (200, b"{}")
    hangs_up = 0

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, int]] = []

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        assert isinstance(request.body, bytes)
        self.heard.append((str(request.path_url), request.body.count(b'name="photo"')))
        if self.hangs_up:
            self.hangs_up -= 1
            raise requests.ConnectionError
        response = Response()
        response.status_code, response._content = self.says
        return response


LEEK = b'{"name":"leek","id":"leek","coarse":"Leek","confidence":0.9,"bbox":null,"new":1}'


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Recogniser:
    adapter, session = Recogniser(), requests.Session()
    session.mount("http://", adapter)
    monkeypatch.setattr(neighbours, "_session", lambda: session)
    return adapter


@pytest.mark.parametrize(("query", "asked"), [("", "all=0"), ("?all=1", "all=1")])
def test_a_photo_is_recognised_at_once(
    stack: Stack, recogniser: Recogniser, query: str, asked: str
) -> None:
    recogniser.says = 200, b'{"detections": [%s]}' % LEEK
    answer = stack.client.post(f"/predict{query}", data=jpeg())
    assert answer.status_code == 200
    assert answer.json == {
        "detections": [
            {"name": "leek", "id": "leek", "coarse": "Leek", "confidence": 0.9, "bbox": None}
        ]
    }
    assert recogniser.heard == [(f"/predict?{asked}", 1)]


def test_many_photos_are_recognised_by_one_call(stack: Stack, recogniser: Recogniser) -> None:
    recogniser.says = 200, b'{"results": [{"detections": []}, {"detections": [%s]}]}' % LEEK
    answer = stack.client.post("/predict/batch", **form(32))
    assert [len(one["detections"]) for one in answer.json["results"]] == [0, 1]
    assert recogniser.heard == [("/predict/batch?all=0", 32)]


@pytest.mark.parametrize(
    ("path", "photos", "words"),
    [
        ("/predict", 2, "one photo is taken"),
        ("/predict/batch", 33, "at most 32 photos"),
        ("/predict?all=perhaps", 1, "true or false"),
        ("/predict?top=3", 1, "unknown parameter 'top'"),
    ],
)
def test_what_cannot_be_recognised_never_reaches_the_service(
    stack: Stack, recogniser: Recogniser, path: str, photos: int, words: str
) -> None:
    answer = stack.client.post(path, **form(photos))
    assert code_of(answer) == (422, "bad_parameter")
    assert words in answer.json["detail"]
    assert recogniser.heard == []


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (
            422,
            b'{"code": "corrupt_photo", "detail": "d"}',
            (422, "corrupt_photo"),
        ),
        (422, b'{"code": "of_tomorrow"}', (422, "bad_parameter")),
        (413, b'{"code": "photo_too_large", "detail": "d"}', (413, "photo_too_large")),
        (500, b'{"code": "internal"}', (503, "service_unavailable")),
        (503, b"[]", (503, "service_unavailable")),
        (404, b'{"code": "not_found"}', (503, "service_unavailable")),
        (502, b"<html>Bad Gateway", (503, "service_unavailable")),
        (200, b"[]", (503, "service_unavailable")),
        (200, b'{"detections": [{"name": 1}]}', (503, "service_unavailable")),
    ],
)
def test_what_the_service_refuses_is_told_and_what_it_breaks_is_a_503(
    stack: Stack, recogniser: Recogniser, status: int, said: bytes, code: tuple[int, str]
) -> None:
    recogniser.says = status, said
    answer = stack.client.post("/predict", data=jpeg())
    assert code_of(answer) == code
    assert ("Retry-After" in answer.headers) == (code[0] == 503)


def test_a_service_that_hangs_up_once_is_asked_again(stack: Stack, recogniser: Recogniser) -> None:
    recogniser.says, recogniser.hangs_up = (200, b'{"detections": []}'), 1
    assert stack.client.post("/predict", data=jpeg()).status_code == 200
    recogniser.hangs_up = 2
    assert code_of(stack.client.post("/predict", data=jpeg())) == (503, "service_unavailable")


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_without_the_service_it_is_a_503_with_retry_after(
    stack: Stack, recogniser: Recogniser, path: str
) -> None:
    recogniser.hangs_up = 9
    answer = stack.client.post(path, data=jpeg())
    assert code_of(answer) == (503, "service_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
