"""A server of the tests in a process of its own: started, stopped, and started again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import requests


class ChildServer:
    """A script that prints the port it listens on; ended by its process id."""

    def __init__(self, script: Path, *arguments: str) -> None:
        self._command = [sys.executable, str(script), *arguments]
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy on the way to this machine
        self._port = 0
        self.start()

    def start(self) -> None:
        """Come, or come back to the same port."""
        command = [*self._command, "--port", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        self.root = f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Be gone at once: nobody listens at the port any more."""
        self._http.close()  # a connection that is kept would be a broken one after a new start
        self._process.kill()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
