"""Start and stop the scripted model server, and speak with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

SERVER = Path(__file__).with_name("openai_server.py")


class ScriptedServer:
    """A process of its own on a free port, ended by its id."""

    def __init__(self) -> None:
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy on the way to this machine
        self._port = 0
        self.start()

    def start(self) -> None:
        """Come, or come back to the same port."""
        command = [sys.executable, str(SERVER), "--with-parent", "--port", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        self.root = f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def script(self, *acts: dict[str, Any]) -> None:
        """What to do with the next questions; forgets what was seen."""
        self._http.put(f"{self.root}/control/script", json=acts, timeout=5).raise_for_status()

    def seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = self._http.get(f"{self.root}/control/seen", timeout=5).json()
        return seen

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone: nobody listens at the port any more."""
        self._http.close()  # a connection that is kept would be a broken one after a new start
        self._process.kill()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
