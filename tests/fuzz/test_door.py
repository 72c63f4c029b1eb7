"""Requests that no client would write: the front door answers each, and none with a fault."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from common.ledger.memory import MemoryLedger
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.app import create_app
from tests.fuzz import tally
from tests.fuzz.conftest import examples
from tests.fuzz.messages import Message, messages
from tests.fuzz.raw import FRAMINGS, exchange, wire
from tests.fuzz.watch import watched
from tests.stack import TestStack

FAULTS_ALLOWED = {503, 507}
# werkzeug leaves a file of a form that it gives up to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # it wants to show a request of a megabyte
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("house"), max_upload_mb=1)
    ledger = MemoryLedger(lambda: time.time_ns() // 1_000_000)
    ledger.declare_whole()  # a job that nobody knows is a 404
    app = create_app(settings, ledger, ArtifactStore("memory:///"), lambda *_: None, lambda _: None)
    return app.test_client()


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("last") / "body"


def test_the_door_answers_whatever_is_sent(client: FlaskClient, last: Path) -> None:
    @examples(750)
    @given(messages(), st.sampled_from([None, 0, -7, 7]))
    def run(message: Message, off: int | None) -> None:
        with watched(message.body, last):
            status, code = _sent(client, message, off)
        assert status < 500 or status in FAULTS_ALLOWED
        tally.count("door", f"{status} {code}".strip())

    run()


def test_the_server_answers_whatever_comes_over_the_wire(stack: TestStack, last: Path) -> None:
    """A real gunicorn before a real house: framing, lengths and encodings as well."""
    where = urlsplit(stack.url)
    address = (str(where.hostname), int(where.port or 80))

    @examples(125)
    @given(messages(), st.sampled_from(FRAMINGS))
    def run(message: Message, framing: str) -> None:
        data = wire(message, framing, where.netloc)
        with watched(data, last):
            status = exchange(address, data)
        # 501 is the answer to an unknown transfer coding (RFC 9112, 6.1)
        assert status is None or status < 500 or status in {*FAULTS_ALLOWED, 501}
        tally.count(f"wire, {framing}", str(status or "hung up"))

    run()
    assert requests.get(f"{stack.url}/readyz", timeout=10).status_code == 200


def _sent(client: FlaskClient, message: Message, off: int | None) -> tuple[int, str]:
    """Send a message; ``off`` is by how much its Content-Length is wrong (None: there is none)."""
    length = {} if off is None else {"CONTENT_LENGTH": str(max(0, len(message.body) + off))}
    answer = client.open(
        message.path,
        method="POST",
        query_string=message.query.decode("latin-1"),
        content_type=message.content_type,
        headers=list(message.headers),
        input_stream=io.BytesIO(message.body),
        environ_overrides={"wsgi.input_terminated": off is None, **length},
    )
    assert answer.headers["X-Request-ID"]
    return int(answer.status_code), str((answer.get_json(silent=True) or {}).get("code", ""))
