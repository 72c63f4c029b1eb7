"""A real gunicorn before the gateway: who falls silent keeps no thread, who waits keeps his."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.stack import ROOT, free_ports

SILENCE_S, STUCK_S = 1, 2  # instead of half a minute and a minute
THREADS = 8
CONF = f"""
from pathlib import Path
from gateway import sockets
sockets.SILENCE_S, sockets.STUCK_S = {SILENCE_S}, {STUCK_S}
conf = Path({str(ROOT / "gateway" / "gunicorn.conf.py")!r})
exec(compile(conf.read_text("utf-8"), str(conf), "exec"))
timeout = 5  # a process whose thread that accepts is held up so long is replaced
"""
APP = """
import time
from flask import Response
from common.ledger.memory import MemoryLedger
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.app import create_app
ledger = MemoryLedger(lambda: time.time_ns() // 10**6)
ledger.declare_whole()
quiet = lambda *_: None
application = create_app(Settings(), ledger, ArtifactStore("memory:///"), quiet, quiet)
application.add_url_rule("/health/large", view_func=lambda: Response(b"x" * 200_000_000))
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("silence") / "log"


@pytest.fixture(scope="module")
def address(log: Path) -> Iterator[tuple[str, int]]:
    folder, port = log.parent, free_ports()["gateway_port"]
    (folder / "conf.py").write_text(CONF, "utf-8")
    (folder / "silent_app.py").write_text(APP, "utf-8")
    told = {
        "KILN_DATA_DIR": str(folder),
        "KILN_GATEWAY_PORT": str(port),
        "KILN_GATEWAY_PROCESSES": "1",
        "KILN_GATEWAY_THREADS": str(THREADS),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KILN_")}
    kept.pop("PROMETHEUS_MULTIPROC_DIR", None)
    command = [sys.executable, "-m", "gunicorn", "-c", str(folder / "conf.py"), "silent_app"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=folder, env=kept | told, stdout=out, stderr=out) as served,
    ):
        try:
            _until_healthy(f"http://127.0.0.1:{port}")
            yield "127.0.0.1", port
        finally:
            served.terminate()
            served.wait(20)


def _until_healthy(url: str) -> None:
    for _ in range(300):
        try:
            requests.get(f"{url}/health", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("gunicorn does not answer")


def said(address: tuple[str, int], *pieces: bytes) -> socket.socket:
    client = socket.create_connection(address, timeout=20)
    for piece in pieces:
        client.sendall(piece)
    return client


def heard(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(1_000_000), b""))


POST = b"POST /v1/recipes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        b'Content-Length: 99\r\n\r\n{"ingr',
        b'Transfer-Encoding: chunked\r\n\r\n6\r\n{"ingr\r\n',
        b'Transfer-Encoding: chunked\r\n\r\n20\r\n{"ingr',
    ],
)
def test_a_body_that_stops_half_way_is_a_408(address: tuple[str, int], framing: bytes) -> None:
    began = time.monotonic()
    with said(address, POST, framing) as client:
        answer = heard(client)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer
    assert SILENCE_S * 0.9 <= time.monotonic() - began < 15


def test_a_form_that_stops_half_way_is_a_408(address: tuple[str, int]) -> None:
    head = b"POST /v1/figurines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n"
    form = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\nJPEG'
    kind = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    with said(address, head, kind, form) as client:
        assert heard(client).startswith(b"HTTP/1.1 408 ")


def test_who_falls_silent_keeps_no_thread_and_stops_nobody(
    address: tuple[str, int], log: Path
) -> None:
    heads = (b"GET / HT", POST, POST + b"Content-Length: 99\r\n\r\n{")
    silent = [said(address, heads[n % 3]) for n in range(4 * THREADS)]
    try:
        answer = requests.get(f"http://127.0.0.1:{address[1]}/health", timeout=60)
        assert answer.status_code == 200
        for client in silent:
            client.settimeout(60)
            heard(client)
        text = log.read_text("utf-8")
        assert "WORKER TIMEOUT" not in text
        assert "Traceback" not in text
    finally:
        for client in silent:
            client.close()


def test_an_answer_of_which_nothing_is_taken_is_given_up_and_a_slow_one_is_not(
    address: tuple[str, int],
) -> None:
    get = b"GET /health/large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with said(address, get) as dead, said(address, get) as slow:
        ends = time.monotonic() + 6 * STUCK_S
        taken = 0
        while time.monotonic() < ends:
            taken += len(slow.recv(1_000_000))
            time.sleep(0.1)
        assert taken + len(heard(slow)) > 200_000_000
        assert len(heard(dead)) < 200_000_000


def test_who_waits_is_not_silent(address: tuple[str, int]) -> None:
    url = f"http://127.0.0.1:{address[1]}"
    with requests.Session() as kept:
        job = kept.post(f"{url}/v1/recipes", json={"ingredients": ["rice"]}, timeout=20).json()
        began = time.monotonic()
        waited = kept.get(f"{url}/v1/jobs/{job['id']}?wait={3 * SILENCE_S}", timeout=20)
        assert time.monotonic() - began >= 3 * SILENCE_S * 0.9
        assert (waited.status_code, waited.json()["state"]) == (200, "queued")
        time.sleep(2 * SILENCE_S)  # between two requests nothing is awaited
        connection = next(iter(kept.get_adapter(url).poolmanager.pools._container.values()))
        assert kept.get(f"{url}/health", timeout=20).status_code == 200
        assert connection.num_connections == 1
    events = requests.get(f"{url}/v1/jobs/{job['id']}/events", stream=True, timeout=20)
    with events:
        began, told = time.monotonic(), 0
        for line in events.iter_lines():
            told += bool(line)
            if time.monotonic() - began > 6 * SILENCE_S:
                break
        assert time.monotonic() - began > 6 * SILENCE_S
        assert told
