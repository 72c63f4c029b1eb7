"""An S3 server: moto's, with a journal, so that what was stored survives its death.

Run it as a process: ``python tests/servers/s3_server.py JOURNAL [--host 127.0.0.1] [--port 0]``.
The first line it prints is its port. The journal is replayed at the start; the body of a request
is in it before the client is answered, as with any store that keeps what it has confirmed.

Control: ``PUT /control/refuse`` with a number: so many requests are answered with 503 Slow Down;
``GET /control/seen``: how many requests came, and the most at once.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Journalled:
    """A WSGI application around moto's."""

    def __init__(self, moto: Application, journal: Path) -> None:
        self._moto = moto
        self._lock = threading.Lock()
        self._refuse = 0
        self._now = 0
        self._seen = {"requests": 0, "most": 0}
        self._replay(journal)
        self._journal = journal.open("ab")

    def _replay(self, journal: Path) -> None:
        if not journal.exists():
            return
        with journal.open("rb") as file:
            while True:
                try:
                    environ, body = pickle.load(file)  # noqa: S301  our own
                except (EOFError, pickle.UnpicklingError):  # the last one: the server was killed
                    return
                run_wsgi_app(self._moto, _with_body(environ, body))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["PATH_INFO"].startswith("/control/"):
            return self._control(environ["PATH_INFO"], body, start_response)
        with self._lock:
            self._now += 1
            self._seen["requests"] += 1
            self._seen["most"] = max(self._seen["most"], self._now)
            refused = self._refuse > 0
            self._refuse -= refused
        try:
            if refused:
                start_response("503 Slow Down", [("Content-Length", "0")])
                return [b""]
            return self._answer(environ, body, start_response)
        finally:
            with self._lock:
                self._now -= 1

    def _answer(
        self, environ: Environ, body: bytes, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        kept = {name: value for name, value in environ.items() if isinstance(value, str)}
        chunks, status, headers = run_wsgi_app(self._moto, _with_body(environ, body), buffered=True)
        if environ["REQUEST_METHOD"] in {"PUT", "POST", "DELETE"} and status.startswith("2"):
            with self._lock:
                pickle.dump((kept, body), self._journal)
                self._journal.flush()
        start_response(status, list(headers))
        return chunks

    def _control(
        self, path: str, body: bytes, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if path == "/control/refuse":
            with self._lock:
                self._refuse = int(body)
        answer = json.dumps(self._seen).encode()
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]


def _with_body(environ: Environ, body: bytes) -> Environ:
    return {
        **environ,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


class Handler(MotoRequestHandler):
    """Keeps connections open, as S3 does."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("journal", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    application = Journalled(DomainDispatcherApplication(create_backend_app), asked.journal)
    server = make_server(
        asked.host, asked.port, application, threaded=True, request_handler=Handler
    )
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
