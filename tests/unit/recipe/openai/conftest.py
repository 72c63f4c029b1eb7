"""A real model server, scripted, for every test of the engines that talk to one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from recipe_service.engines.openai.breaker import Breaker
from recipe_service.engines.openai.client import ModelServer, ModelSettings
from tests.servers.scripted import ScriptedServer

KEY = "sk-very-secret-4711"

MakeServer = Callable[..., ModelServer]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine: the scripted server is a part of the test."""
    connect = socket.socket.connect

    def refuse_others(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] != "127.0.0.1":
            pytest.fail(f"a unit test connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse_others)


@pytest.fixture(scope="session")
def process() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def scripted(process: ScriptedServer) -> ScriptedServer:
    """The server, with nothing seen and answers of its own."""
    process.script()
    return process


@pytest.fixture
def connected(scripted: ScriptedServer) -> MakeServer:
    """Make a client of the scripted server."""

    def connect(breaker: Breaker | None = None, **settings: Any) -> ModelServer:
        given = {
            "base_url": scripted.base_url,
            "api_key": KEY,
            "vision_model": "eyes",
            "text_model": "cook",
            "timeout_s": 5.0,
            "retries": 1,
            "backoff_s": 0.02,
            **settings,
        }
        return ModelServer(ModelSettings(**given), breaker)

    return connect
