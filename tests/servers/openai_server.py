"""An OpenAI-compatible server that does what a script says: well, badly or not at all.

Run it as a process: ``python tests/servers/openai_server.py [--port 0] [--script FILE]``. The
first line it prints is its port. A script is a JSON list of acts; each question takes the next,
the last one is repeated. Without a script it writes passable answers of its own, also obeying
whatever the user's wish says: a model that any prompt injection turns.

An act is an object; all keys are optional:

``text``     the answer: a string, or an object to be sent as JSON; default: one of its own
``after_s``  seconds before the first byte
``every_s``  seconds between pieces, ``size`` characters a piece
``finish``   finish reason (``stop``); null: none, as when a process dies
``drop``     break the connection off after so many characters
``status``   answer with this HTTP status, ``headers`` and ``error`` (message)
``refuse``   parameter names that get a 400: ``["response_format", "temperature"]``, or a form
             of it: ``["json_schema"]``
``hang``     say nothing until the client leaves
``pings``    say nothing but keep-alive comments
``choices``  false: an answer without choices
``whole``    answer in one piece, although a stream was asked for
``html``     a web page with status 200
``broken``   an error in the middle of the stream
``garbage``  lines in the stream that are no JSON

Control: ``PUT /control/script``, ``GET /control/seen`` (requests, most at once, left early).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Theatre:
    """The script, and what has happened so far."""

    def __init__(self, script: list[dict[str, Any]]) -> None:
        self.lock = threading.Lock()
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.now = self.peak = self.left = 0

    def enter(self, request: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            act = self.script[min(len(self.requests), len(self.script) - 1)] if self.script else {}
            self.requests.append(request)
            self.now += 1
            self.peak = max(self.peak, self.now)
            return act

    def leave(self, *, early: bool) -> None:
        with self.lock:
            self.now -= 1
            self.left += early

    def seen(self) -> dict[str, Any]:
        with self.lock:
            return {
                "requests": self.requests,
                "peak": self.peak,
                "now": self.now,
                "left": self.left,
            }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    theatre: Theatre

    def log_message(self, *_: Any) -> None:
        """Silence: the tests ask for what was seen."""

    def do_GET(self) -> None:
        if self.path == "/control/seen":
            self.send(200, self.theatre.seen())
        elif self.path == "/v1/models":
            models = [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]
            self.send(200, {"object": "list", "data": models})
        else:
            self.send(404, {"error": {"message": "no such path"}})

    def do_PUT(self) -> None:
        type(self).theatre = Theatre(self.body())  # whoever still plays belongs to the old one
        self.send(200, {})

    def do_POST(self) -> None:
        request = self.body()
        if self.path != "/v1/chat/completions":
            self.send(404, {"error": {"message": "no such path"}})
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        theatre = self.theatre
        act = theatre.enter({"headers": headers, **request})
        early = False
        try:
            self.play(act, request)
        except OSError:  # the client has gone
            early = self.close_connection = True
        finally:
            theatre.leave(early=early)

    def play(self, act: dict[str, Any], request: dict[str, Any]) -> None:
        time.sleep(act.get("after_s", 0))
        refused = refused_parameter(act.get("refuse", []), request)
        if act.get("hang"):
            self.wait_until_left()
        elif refused:
            self.send(400, {"error": {"message": f"Unsupported parameter: {refused}"}})
        elif "status" in act:
            error = {"message": act.get("error", "scripted"), "code": act.get("code")}
            self.send(act["status"], {"error": error}, act.get("headers", {}))
        elif act.get("html"):
            self.send(200, "<html>Sign in to the guest network</html>", kind="text/html")
        elif act.get("whole"):
            self.send(200, completion(act, answer_text(act, request)))
        else:
            self.stream(act, request)

    def stream(self, act: dict[str, Any], request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while act.get("pings"):
            self.chunk(b": ping\n\n")
            time.sleep(0.05)
        if act.get("garbage"):
            self.chunk(b"data: {lies\n\n")
        if act.get("choices", True):
            self.pieces(act, answer_text(act, request))
        if self.close_connection:
            return
        self.event({"choices": [], "usage": {"total_tokens": 1}})
        self.chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def pieces(self, act: dict[str, Any], text: str) -> None:
        size, drop = act.get("size", 16), act.get("drop")
        for start in range(0, len(text), size):
            if drop is not None and start >= drop:
                self.close_connection = True  # without the last chunk: broken off
                return
            self.event(delta({"content": text[start : start + size]}))
            time.sleep(act.get("every_s", 0))
            if act.get("broken") and start >= size:
                self.event({"error": {"message": "out of memory", "code": 500}})
                return
        self.event(delta({"refusal": act["refusal"]} if "refusal" in act else {}, act))

    def event(self, value: dict[str, Any]) -> None:
        self.chunk(b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n")

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def wait_until_left(self) -> None:
        while self.connection.recv(1):
            pass
        raise ConnectionResetError

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def send(
        self,
        status: int,
        body: Any,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        fixed = {"Content-Type": kind, "Content-Length": str(len(data))}
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def refused_parameter(names: list[str], request: dict[str, Any]) -> str | None:
    form = (request.get("response_format") or {}).get("type")
    return next((name for name in names if name in request or name == form), None)


def delta(content: dict[str, Any], act: dict[str, Any] | None = None) -> dict[str, Any]:
    finish = None if act is None else act.get("finish", "stop")
    choice = {"index": 0, "delta": content, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 0, "choices": [choice]}


def completion(act: dict[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": act.get("finish", "stop")}
    whole = {"id": "1", "object": "chat.completion", "created": 0, "model": "scripted"}
    return {**whole, "choices": [choice] if act.get("choices", True) else []}


def answer_text(act: dict[str, Any], request: dict[str, Any]) -> str:
    text = act["text"] if "text" in act else own_answer(request)
    return text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)


def own_answer(request: dict[str, Any]) -> Any:
    question = next(
        message["content"] for message in request["messages"] if message["role"] == "user"
    )
    if not isinstance(question, str):  # a photo
        names = ["tomato", "onion", "egg", "bell pepper"]
        seen = [{"name": name, "quantity": 2, "unit": "piece", "confidence": 0.9} for name in names]
        return {"ingredients": seen}
    return own_recipe(json.loads(question), request["messages"][0]["content"])


def own_recipe(data: dict[str, Any], rules: str) -> dict[str, Any]:
    names = [line.lstrip("0123456789. ") for line in data["at_hand"]][:4]
    wish = data.get("wish", "")
    if "add " in wish:  # does as it is told
        names.append(wish.split("add ", 1)[1].strip(" .!"))
    listed = [{"name": name, "quantity": 100, "unit": "g", "note": ""} for name in names]
    oven = {"temperature_c": None, "phase": "cook"}
    return {
        "title": f"Pan of {names[0]}",
        "summary": "Everything in one pan, soft within and brown at the edges.",
        "kitchen": "Home",
        "kind": "main",
        "servings": int(rules.split("Servings: ")[1].split(".", maxsplit=1)[0]),
        "ingredients": listed,
        "steps": [
            {**oven, "phase": "prep", "minutes": 5, "text": f"Cut the {', the '.join(names)}."},
            {**oven, "minutes": 10, "text": f"Fry the {' and the '.join(names)} until brown."},
        ],
    }


def end_with_parent(parent: int) -> None:
    """A test run that was killed must leave nothing behind."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--with-parent", action="store_true", help="end when the parent does")
    given = parser.parse_args()
    if given.with_parent:
        threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    Handler.theatre = Theatre(json.loads(given.script.read_text()) if given.script else [])
    ThreadingHTTPServer.request_queue_size = 64
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
