from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask, Request, request

from common.contracts.figurine import PortraitRequest, Style
from common.direct import read_parameters, read_photo
from common.errors import BadParameter, BadPhoto

JPEG = b"\xff\xd8\xff\xe0&=%zz\0photo"


Send = Callable[..., Request]


@pytest.fixture
def send() -> Iterator[Send]:
    """Make requests, open until the test has ended."""
    with ExitStack() as open_requests:

        def send(query: str = "", **post: Any) -> Request:
            context = Flask("house").test_request_context(f"/?{query}", method="POST", **post)
            open_requests.enter_context(context)
            return request._get_current_object()  # type: ignore[attr-defined,no-any-return]

        yield send


def _form(**fields: Any) -> dict[str, Any]:
    return {"data": fields, "content_type": "multipart/form-data"}


def test_parameters_come_from_query_and_form(send: Send) -> None:
    post = _form(seed="7", photo=(io.BytesIO(JPEG), "me.jpg"))
    wanted = read_parameters(PortraitRequest, send("style=oil", **post))
    assert wanted == PortraitRequest(style=Style.OIL, seed=7)


def test_without_parameters_the_defaults_count(send: Send) -> None:
    assert read_parameters(PortraitRequest, send(data=JPEG)) == PortraitRequest()


def test_an_unknown_parameter_is_refused_with_a_guess(send: Send) -> None:
    with pytest.raises(BadParameter, match=r"unknown parameter 'stile'; did you mean 'style'\?"):
        read_parameters(PortraitRequest, send("stile=oil"))


def test_an_unknown_parameter_that_resembles_none_is_refused(send: Send) -> None:
    with pytest.raises(BadParameter, match=r"unknown parameter 'qqqq'$"):
        read_parameters(PortraitRequest, send("qqqq=1"))


def test_a_value_out_of_range_names_its_parameter(send: Send) -> None:
    with pytest.raises(BadParameter, match=r"^seed: "):
        read_parameters(PortraitRequest, send("seed=-1"))


@pytest.mark.parametrize("field", ["photo", "file"])
def test_a_photo_may_be_a_field_of_a_form(send: Send, field: str) -> None:
    assert read_photo(send(**_form(**{field: (io.BytesIO(JPEG), "me.jpg")}))) == JPEG


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded"]
)
def test_a_photo_may_be_the_body_whatever_the_client_calls_it(
    send: Send, content_type: str
) -> None:
    # curl --data-binary sends a photo as an url-encoded form
    sent = send("style=oil", data=JPEG, content_type=content_type)
    assert read_parameters(PortraitRequest, sent).style is Style.OIL
    assert read_photo(sent) == JPEG


@pytest.mark.parametrize("post", [{}, _form(style="oil"), _form(photo=(io.BytesIO(), "me.jpg"))])
def test_a_request_without_a_photo_is_told_where_to_put_it(
    send: Send, post: dict[str, Any]
) -> None:
    with pytest.raises(BadPhoto, match="carries no photo") as refused:
        read_photo(send(**post))
    assert "`photo`" in refused.value.advice
