"""Behind a proxy an early refusal arrives: the rest of the body is read before the end."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.unit.gateway.conftest import Stack

BODY = b"\xff\xd8" + bytes(3_000_000)
REFUSED = (("/docs", 405), ("/v1/nothing", 404), ("/v1/recipes", 413))


def left_of(stack: Stack, path: str, status: int, headers: dict[str, str]) -> int:
    """Bytes that nobody has read when the answer is ready."""
    body = io.BytesIO(BODY)
    sent: dict[str, Any] = {"input_stream": body, "content_length": len(BODY), "headers": headers}
    with stack.client.post(path, content_type="image/gif", **sent) as answer:
        assert answer.status_code == status
        return len(BODY) - body.tell()


@pytest.mark.parametrize(("path", "status"), REFUSED)
def test_a_proxy_has_sent_everything_when_it_is_answered(
    stack: Stack, path: str, status: int
) -> None:
    assert left_of(stack, path, status, {"X-Forwarded-For": "192.0.2.1"}) == 0


def test_who_comes_directly_is_refused_at_once(stack: Stack) -> None:
    assert left_of(stack, "/v1/nothing", 404, {}) == len(BODY)


def test_a_proxy_that_sends_slowly_is_not_waited_for(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.door.rest.MOST_S", 0.0)
    assert left_of(stack, "/v1/nothing", 404, {"Via": "1.1 proxy"}) == len(BODY)
