"""The client against a server that misbehaves on purpose."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from gateway.client import ApiError, Kiln, Unreachable, looking, patience

JOB = {"id": "j1", "state": "queued", "artifacts": []}


class Gateway:
    """Answers in the order in which they were put; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.asked: list[dict[str, Any]] = []
        app = Flask("misbehaving")
        app.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST", "DELETE"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def will(self, body: Any = None, status: int = 200, **headers: str) -> None:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Response(text, status, names))

    def will_stream(self, *events: tuple[str, str]) -> None:
        text = "".join(
            f'id: {id_}\nevent: {kind}\ndata: {{"n": "Zoë\u2028"}}\n\n' for id_, kind in events
        )
        self.will(text.encode(), content_type="text/event-stream")

    def _answer(self, path: str) -> Response:
        photo = request.files.get("photo")
        self.asked.append(
            {
                "path": path,
                "key": request.headers.get("Idempotency-Key"),
                "last": request.headers.get("Last-Event-ID"),
                "form": request.form.to_dict(),
                "photo": photo.read() if photo else None,
            }
        )
        return self.answers.pop(0)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.001)
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def kiln(gateway: Gateway) -> Iterator[Kiln]:
    with Kiln(gateway.url) as kiln:
        yield kiln


def test_a_submit_that_is_refused_for_now_is_sent_again_with_the_same_key(
    gateway: Gateway, kiln: Kiln
) -> None:
    gateway.will({"code": "busy"}, 503, Retry_After="0")
    gateway.will({"code": "busy"}, 429)
    gateway.will(JOB, 202)
    assert kiln.submit_figurine(b"photo", style="oil", template=None)["id"] == "j1"
    assert len({asked["key"] for asked in gateway.asked}) == 1
    assert all(asked["photo"] == b"photo" for asked in gateway.asked)
    assert gateway.asked[0]["form"] == {"style": "oil"}


def test_two_submits_have_two_keys(gateway: Gateway, kiln: Kiln) -> None:
    for _ in range(2):
        gateway.will(JOB, 202)
        kiln.submit_figurine(b"photo")
    assert gateway.asked[0]["key"] != gateway.asked[1]["key"]


def test_a_refusal_is_not_repeated(gateway: Gateway, kiln: Kiln) -> None:
    gateway.will({"code": "no_face", "status": 422, "detail": "nobody here"}, 422)
    with pytest.raises(ApiError, match="nobody here") as refused:
        kiln.submit_figurine(b"photo")
    assert refused.value.code == "no_face"
    assert len(gateway.asked) == 1


def test_patience_with_a_busy_gateway_ends(gateway: Gateway, kiln: Kiln) -> None:
    for _ in range(patience.RETRIES + 1):
        gateway.will({"code": "busy", "status": 503, "detail": "full"}, 503)
    with pytest.raises(ApiError, match="full"):
        kiln.job("j1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://"])
def test_no_gateway_is_told_as_such(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.001)
    with Kiln(url) as kiln, pytest.raises(Unreachable, match="no gateway answers at"):
        kiln.job("j1")


def test_a_stream_that_breaks_off_is_resumed_behind_its_last_event(
    gateway: Gateway, kiln: Kiln
) -> None:
    gateway.will_stream(("1-0", "accepted"), ("2-0", "stage"))
    gateway.will({"code": "ledger_unavailable"}, 503)
    gateway.will_stream()  # the server restarts: an empty stream
    gateway.will_stream(("3-0", "succeeded"), ("4-0", "never read"))
    events = list(kiln.stream("j1"))
    assert [event.id for event in events] == ["1-0", "2-0", "3-0"]
    assert {event.data["n"] for event in events} == {"Zoë\u2028"}
    assert [asked["last"] for asked in gateway.asked] == [None, "2-0", "2-0", "2-0"]


def test_a_stream_that_stays_empty_is_given_up(gateway: Gateway, kiln: Kiln) -> None:
    for _ in range(patience.RETRIES + 1):
        gateway.will_stream()
    with pytest.raises(Unreachable, match="lost the event stream of j1"):
        list(kiln.stream("j1"))


def test_a_paused_job_is_followed_on_however_often_its_stream_ends(
    gateway: Gateway, kiln: Kiln, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "BETWEEN_STREAMS_S", 0.001)
    gateway.will_stream(("1-0", "paused"))
    for _ in range(3 * patience.RETRIES):
        gateway.will("retry: 1000\n\n: quiet\n\n", content_type="text/event-stream")
    gateway.will_stream(("2-0", "succeeded"))
    assert [event.id for event in kiln.stream("j1")] == ["1-0", "2-0"]


def test_where_nothing_more_comes_a_stream_ends(gateway: Gateway, kiln: Kiln) -> None:
    gateway.will(b"", 204)
    assert list(kiln.stream("j1", after="9-0")) == []
    assert [asked["last"] for asked in gateway.asked] == ["9-0"]


@pytest.mark.parametrize("body", ['{"status": "error"}', '{"status": null}', "[]"])
def test_a_refusal_of_a_proxy_is_tried_again_like_ours(
    gateway: Gateway, kiln: Kiln, body: str
) -> None:
    gateway.will(body, 502)
    gateway.will(body, 503)
    gateway.will(JOB)
    assert kiln.job("j1")["id"] == "j1"


def test_waiting_ends_with_the_job_whatever_its_end(gateway: Gateway, kiln: Kiln) -> None:
    gateway.will(JOB)
    gateway.will(JOB | {"state": "failed"})
    assert kiln.wait("j1")["state"] == "failed"


def test_waiting_has_an_end_of_its_own(gateway: Gateway, kiln: Kiln) -> None:
    for _ in range(100):
        gateway.will(JOB)
    with pytest.raises(TimeoutError, match="j1"):
        kiln.wait("j1", timeout_s=0.05)


def test_files_are_fetched_into_the_folder_and_nowhere_else(
    gateway: Gateway, kiln: Kiln, tmp_path: Path
) -> None:
    artifacts = [
        {"name": "figurine.stl", "url": "/v1/a"},
        {"name": "../../evil", "url": f"{gateway.url}v1/b"},
    ]
    gateway.will(b"solid")
    gateway.will(b"evil")
    folder = tmp_path / "deep" / "out"
    paths = kiln.download({"artifacts": artifacts}, folder)
    assert paths == [folder / "figurine.stl", folder / "evil"]
    assert [path.read_bytes() for path in paths] == [b"solid", b"evil"]
    assert sorted(path.name for path in folder.iterdir()) == ["evil", "figurine.stl"]


def test_cancel_and_timeline_ask_for_what_they_say(gateway: Gateway, kiln: Kiln) -> None:
    gateway.will(JOB, 202)
    gateway.will({"stages": []})
    kiln.cancel("j1")
    assert kiln.timeline("j1") == {"stages": []}
    gateway.will({"job": "j1", "erased": []})
    assert kiln.delete("j1") == {"job": "j1", "erased": []}
    assert [asked["path"] for asked in gateway.asked] == [
        "v1/jobs/j1/cancel",
        "v1/jobs/j1/timeline",
        "v1/jobs/j1",
    ]
