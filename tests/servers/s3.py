"""Start and stop the S3 server of the tests, and say how a house gets there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.servers.child import ChildServer

SERVER = Path(__file__).with_name("s3_server.py")
BUCKET = "kiln-tests"


class S3Server(ChildServer):
    """A process of its own with one bucket; what is stored survives ``stop`` and ``start``."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kiln-s3-")
        super().__init__(SERVER, str(Path(self._folder.name) / "journal"))
        self._http.put(f"{self.root}/{BUCKET}", timeout=10).raise_for_status()

    def settings(self, prefix: str = "some/prefix") -> dict[str, str]:
        """Settings of a house that keeps its artifacts here."""
        return {
            "store_url": f"s3://{BUCKET}/{prefix}",
            "s3_endpoint": self.root,
            "s3_region": "us-east-1",
            "s3_access_key_id": "tests",
            "s3_secret_access_key": "not-secret",
        }

    def refuse(self, count: int) -> None:
        """Answer so many requests with 503."""
        url = f"{self.root}/control/refuse"
        self._http.put(url, data=str(count), timeout=10).raise_for_status()

    def seen(self) -> dict[str, int]:
        """Tell how many requests came so far, and the ``most`` at once."""
        seen: dict[str, int] = self._http.get(f"{self.root}/control/seen", timeout=10).json()
        return seen

    def objects(self) -> str:
        """List the whole bucket, uploads in parts included, as XML."""
        asked: list[dict[str, Any]] = [{"list-type": "2"}, {"uploads": ""}]
        url = f"{self.root}/{BUCKET}"
        return "".join(self._http.get(url, params=one, timeout=10).text for one in asked)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._folder.cleanup()
