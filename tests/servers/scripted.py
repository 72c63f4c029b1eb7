"""Start and stop the scripted model server, and speak with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.servers.child import ChildServer

SERVER = Path(__file__).with_name("openai_server.py")


class ScriptedServer(ChildServer):
    """A process of its own on a free port."""

    def __init__(self) -> None:
        super().__init__(SERVER, "--with-parent")

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def script(self, *acts: dict[str, Any]) -> None:
        """What to do with the next questions; forgets what was seen."""
        self._http.put(f"{self.root}/control/script", json=acts, timeout=5).raise_for_status()

    def seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = self._http.get(f"{self.root}/control/seen", timeout=5).json()
        return seen
