"""What all tests share: marks by folder, a clean environment, no network for unit tests."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
# where the models are; how thorough to be
KEPT = {"KILN_MODELS_DIR", "KILN_TEST_FULL", "KILN_TEST_SEED"}
KEPT |= {"KILN_TEST_CHAOS_RESULTS", "KILN_TEST_SHOTS"}


def pytest_configure() -> None:
    """Forget the settings of the person who runs the tests, and when told to stop, stop all.

    By itself Python would end at once, and leave the stacks of the tests running.
    """
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("told to stop", returncode=143))
    for name in [name for name in os.environ if name.startswith("KILN_") and name not in KEPT]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        item.add_marker(getattr(pytest.mark, folder))


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that opens a connection depends on the machine: it fails instead."""
    if request.node.get_closest_marker("unit") is None:
        return
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            pytest.fail(f"a unit test connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
