"""Uploads in hand at once are bounded; a folder of temporary files that is full is no bug."""

from __future__ import annotations

import errno
import io
import tempfile
from typing import Any

import pytest
from flask import request

from common.errors import Busy
from gateway.api.reading import LONGEST_TEXT
from gateway.api.uploads import read_upload
from gateway.door.inflow import Inflow
from gateway.house import EXTENSION
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

MB = 1_000_000
CALLS = ("/v1/figurines", "/v1/portraits", "/v1/recipes", "/api/upload", "/test-vlm", "/predict")


@pytest.fixture
def inflow(stack: Stack) -> Inflow:
    found: Inflow = stack.app.extensions[EXTENSION].inflow
    return found


def form(*photos: bytes) -> dict[str, Any]:
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
    parts = b"".join(head + photo + b"\r\n" for photo in photos or (jpeg(),))
    return {"data": parts + b"--x--\r\n", "content_type": "multipart/form-data; boundary=x"}


def refused(answer: Any) -> bool:
    assert (answer.status_code, answer.json["code"]) == (503, "busy"), answer.text
    return int(answer.headers["Retry-After"]) > 0


# -- the count ------------------------------------------------------------------------------------
def test_no_more_is_let_in_than_fits() -> None:
    inflow = Inflow(100)
    inflow.take(60)
    with pytest.raises(Busy):
        inflow.take(41)
    inflow.take(40)
    inflow.take(0)
    inflow.give_back(60)
    inflow.take(41)


def test_who_is_alone_always_fits() -> None:
    inflow = Inflow(100)
    inflow.take(101)
    with pytest.raises(Busy):
        inflow.take(1)
    inflow.give_back(101)
    inflow.take(201)


# -- at the door ----------------------------------------------------------------------------------
@pytest.mark.parametrize("path", CALLS)
def test_what_does_not_fit_is_refused_unread(stack: Stack, inflow: Inflow, path: str) -> None:
    inflow.take(250 * MB - 10_000)
    body, size = io.BytesIO(bytes(20_000)), 20_000
    sent: dict[str, Any] = {"input_stream": body, "content_length": size}
    for kind in ("multipart/form-data; boundary=x", "image/jpeg"):
        assert refused(stack.client.post(path, content_type=kind, **sent))
    assert body.tell() == 0
    assert stack.published == []


def test_there_is_room_again_when_the_others_are_done(stack: Stack, inflow: Inflow) -> None:
    inflow.take(250 * MB)
    assert refused(stack.client.post("/v1/figurines", **form()))
    inflow.give_back(250 * MB)
    assert stack.client.post("/v1/figurines", **form()).status_code == 202


def test_every_end_of_a_request_gives_its_place_back(stack: Stack, inflow: Inflow) -> None:
    ends = [
        stack.client.post("/v1/figurines", **form()),
        stack.client.post("/v1/figurines", **form(b"no photo")),
        stack.client.post("/v1/figurines", **form(bytes(22 * MB))),
        stack.client.post("/v1/recipes", json={"ingredients": ["rice"]}),
        stack.client.post("/v1/recipes", json={"ingredients": 7}),
        stack.client.get("/health"),
    ]
    assert [end.status_code for end in ends] == [202, 422, 413, 202, 422, 200]
    assert inflow._taken == 0


def test_a_body_is_counted_once_and_a_chunked_one_as_what_it_may_be(
    stack: Stack, inflow: Inflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(inflow, "take", taken.append)
    monkeypatch.setattr(inflow, "give_back", lambda _: None)
    photo = jpeg()
    stack.client.post("/v1/figurines", data=photo)
    chunked = {"Transfer-Encoding": "chunked"}
    ends: dict[str, Any] = {"environ_overrides": {"wsgi.input_terminated": True}}
    stack.client.post(
        "/v1/figurines",
        input_stream=io.BytesIO(photo),
        content_length=None,
        headers=chunked,
        **ends,
    )
    largest = stack.app.extensions[EXTENSION].settings.max_upload_mb * MB
    assert taken == [len(photo), largest + LONGEST_TEXT]


# -- a full folder --------------------------------------------------------------------------------
@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 503), (errno.EIO, 500)])
def test_a_full_folder_of_temporary_files_sends_clients_away_for_a_moment(
    stack: Stack, inflow: Inflow, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    def full(file: Any) -> None:
        file.close()
        raise OSError(number, "as the kernel says it")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", full)
    answer: Any = stack.client.post("/v1/recipes", **form(bytes(MB)))
    assert answer.status_code == status
    assert status == 500 or refused(answer)
    assert inflow._taken == 0


def test_a_photo_that_was_read_leaves_the_folder_of_temporary_files(stack: Stack) -> None:
    photos = bytes(MB), bytes(2 * MB)  # such files are on a disk
    with stack.app.test_request_context("/v1/recipes", method="POST", **form(*photos)):
        assert read_upload(request, 5)[0] == photos
        assert [file.stream.closed for file in request.files.getlist("photo")] == [True, True]
