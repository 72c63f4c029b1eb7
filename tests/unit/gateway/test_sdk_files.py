"""Files on their way: checked, resumed, not fetched twice."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from gateway.client import ApiError, Damaged, Kiln, Unreachable, patience

CONTENT = bytes(range(256)) * 2000
ARTIFACT = {
    "name": "figurine.stl",
    "url": "/v1/jobs/j1/artifacts/figurine.stl",
    "size": len(CONTENT),
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
}
JOB: Any = {"id": "j1", "artifacts": [ARTIFACT]}


class Cut(io.BytesIO):
    """A body that breaks off in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 0:
            raise requests.ConnectionError("broken off")
        return super().read(size)


class Store(HTTPAdapter):
    """Answers a file from where it is asked, cut off as often as wanted."""

    def __init__(self, *, cuts: int = 0, content: bytes = CONTENT, ranges: bool = True) -> None:
        super().__init__()
        self.cuts, self.content, self.ranges = cuts, content, ranges
        self.asked: list[str | None] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        wanted = request.headers.get("Range") if self.ranges else None
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        response = requests.Response()
        response.status_code = 206 if wanted else 200
        self.cuts -= 1
        response.raw = (Cut if self.cuts >= 0 else io.BytesIO)(self.content[start:])
        return response


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.001)


def kiln(store: HTTPAdapter) -> Kiln:
    session = requests.Session()
    session.mount("http://", store)
    return Kiln("http://here", session=lambda: session)


def test_a_file_is_streamed_and_told_of(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    with kiln(Store()) as house:
        (path,) = house.download(JOB, tmp_path, progress=lambda *said: told.append(said))
    assert path.read_bytes() == CONTENT
    assert told[-1] == ("figurine.stl", len(CONTENT))
    assert len(told) > 1


def test_a_file_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    store = Store(cuts=1)
    (path,) = kiln(store).download(JOB, tmp_path)
    assert path.read_bytes() == CONTENT
    assert store.asked == [None, f"bytes={1 << 18}-"]


def test_a_server_that_knows_no_ranges_is_understood(tmp_path: Path) -> None:
    (path,) = kiln(Store(cuts=1, ranges=False)).download(JOB, tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_file_that_never_comes_whole_is_given_up(tmp_path: Path) -> None:
    class Never(Store):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().send(*args, **kwargs)
            response.raw = Cut(b"")
            response.raw.seek(1)
            return response

    with pytest.raises(Unreachable, match=r"in the middle of figurine\.stl"):
        kiln(Never()).download(JOB, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_arrives_changed_is_not_kept(tmp_path: Path) -> None:
    changed = Store(content=CONTENT[:-1] + b"!")
    with pytest.raises(Damaged, match=r"figurine\.stl arrived with sha256"):
        kiln(changed).download(JOB, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Damaged):
        kiln(changed).fetch(ARTIFACT)  # type: ignore[arg-type]


def test_what_is_here_already_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "figurine.stl").write_bytes(CONTENT)
    store = Store()
    assert kiln(store).download(JOB, tmp_path) == [tmp_path / "figurine.stl"]
    assert store.asked == []
    (tmp_path / "figurine.stl").write_bytes(CONTENT[::-1])
    kiln(store).download(JOB, tmp_path)
    assert len(store.asked) == 1


def test_only_what_is_wanted_is_fetched(tmp_path: Path) -> None:
    assert kiln(Store()).download(JOB, tmp_path, only=["preview.png"]) == []


class Away(HTTPAdapter):
    """Nobody is there."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    def send(self, *_: Any, **__: Any) -> requests.Response:
        self.tries += 1
        raise requests.ConnectionError


def test_a_person_is_told_soon_that_nobody_is_there() -> None:
    away, session = Away(), requests.Session()
    session.mount("http://", away)
    with pytest.raises(Unreachable):
        Kiln("http://here", session=lambda: session, hello_s=0).job("j1")
    assert away.tries == 1
    with pytest.raises(Unreachable):
        Kiln("http://here", session=lambda: session).job("j1")
    assert away.tries == 2 + patience.RETRIES


class Full(HTTPAdapter):
    """Refuses, and wants to be left alone for a while."""

    def __init__(self, status: int, wait: str) -> None:
        super().__init__()
        self.status, self.wait, self.tries = status, wait, 0

    def send(self, *_: Any, **__: Any) -> requests.Response:
        self.tries += 1
        response = requests.Response()
        response.status_code = self.status
        response.headers["Retry-After"] = self.wait
        response._content = b'{"code": "busy", "status": 503, "detail": "full"}'
        return response


def test_who_is_asked_to_wait_for_an_hour_is_told_so_at_once() -> None:
    full, session = Full(503, "3600"), requests.Session()
    session.mount("http://", full)
    with pytest.raises(ApiError, match="full") as refused:
        Kiln("http://here", session=lambda: session).job("j1")
    assert (full.tries, refused.value.retry_after_s) == (1, 3600)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_be_over_soon_is_tried_again(status: int) -> None:
    full, session = Full(status, "0"), requests.Session()
    session.mount("http://", full)
    with pytest.raises(ApiError):
        Kiln("http://here", session=lambda: session).job("j1")
    assert full.tries == 1 + patience.RETRIES
