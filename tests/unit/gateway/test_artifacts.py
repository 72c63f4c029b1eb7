"""Files by way of the store: where the settings say so, and the store can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.stores import ArtifactStore

if TYPE_CHECKING:
    from common.settings import Settings
    from tests.unit.gateway.conftest import Stack

URL = "https://bucket.example/file?X-Amz-Signature=abc"


@pytest.fixture
def file(stack: Stack, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of a finished job in a house that sends its clients to the store."""
    monkeypatch.setattr(settings, "store_presign", True)
    monkeypatch.setattr(ArtifactStore, "sign", lambda *_: URL)
    job = stack.submit()
    stack.run(job)
    return f"/v1/jobs/{job}/artifacts/figurine.glb"


def test_a_client_is_sent_to_the_store(stack: Stack, file: str) -> None:
    answer = stack.client.get(file, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.headers["Location"]) == (303, URL)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data == b""


def test_a_page_gets_its_pictures_from_here(stack: Stack, file: str) -> None:
    for mode, status in (("cors", 200), ("no-cors", 200), ("navigate", 303)):
        answer = stack.client.get(file, headers={"Sec-Fetch-Mode": mode})
        assert answer.status_code == status, mode


def test_a_head_and_a_known_file_need_no_store(stack: Stack, file: str) -> None:
    head = stack.client.head(file)
    assert (head.status_code, head.headers["Accept-Ranges"]) == (200, "bytes")
    known = stack.client.get(file, headers={"If-None-Match": head.headers["ETag"]})
    assert known.status_code == 304


def test_a_file_that_is_not_there_is_not_signed(stack: Stack, file: str) -> None:
    assert stack.client.get(file.replace("glb", "gif")).status_code == 404


def test_a_store_that_cannot_sign_is_read_through_the_gateway(
    stack: Stack, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArtifactStore, "sign", lambda *_: None)
    answer = stack.client.get(file)
    assert answer.status_code == 200
    assert answer.data


def test_a_house_sends_nobody_away_by_default(
    stack: Stack, settings: Settings, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "store_presign", False)
    assert stack.client.get(file).status_code == 200
