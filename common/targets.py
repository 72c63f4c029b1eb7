"""How the Prometheus of a stack finds processes whose ports are not settings.

Each writes a file into a folder that Prometheus watches (its ``file_sd_configs``). The file stays
when the process goes: one that is missing shall be missed. Without that folder nobody looks.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from common.hosts import in_url
from common.metrics import Process
from common.private_files import write_private
from common.settings import Settings

log = logging.getLogger(__name__)


def targets_folder(settings: Settings) -> Path:
    """Folder with a folder for each kind of process."""
    return settings.data_dir / "run" / "targets"


@dataclass(frozen=True)
class Place:
    """Where one process tells its metrics, and told them in its former lives."""

    folder: Path
    name: str
    host: str

    @classmethod
    def of(cls, settings: Settings, process: Process, worker: str = "") -> Place:
        """Place of a process; ``worker`` is the name of a Celery worker, with its host."""
        name = worker.partition("@")[0] or str(process)
        return cls(targets_folder(settings) / process, name, in_url(settings.inner_host))

    def ports(self, candidates: range) -> Iterator[int]:
        """Ports to try: the one it had before, then those that no other process has had.

        A port that changed hands would make a dead process look alive.
        """
        known = dict(self._known())
        yield from (port for name, port in known.items() if name == self._key)
        yield from (port for port in candidates if port not in known.values())

    def tell(self, port: int) -> None:
        """Let Prometheus find this process, if there is one that looks."""
        if not self.folder.is_dir():
            return
        target = {"targets": [f"{self.host}:{port}"], "labels": {"instance": self.name}}
        try:
            write_private(self.folder / f"{self.name}.json", json.dumps([target]))
        except OSError as exc:
            log.warning("Prometheus will not find this process: %s", exc)

    @property
    def _key(self) -> str:
        return f"{self.folder.name}/{self.name}"

    def _known(self) -> Iterator[tuple[str, int]]:
        """Port of every process that has told one."""
        for file in sorted(self.folder.parent.glob("*/*.json")):
            with suppress(OSError, ValueError, LookupError, TypeError):
                (target,) = json.loads(file.read_text("utf-8"))
                port = int(target["targets"][0].rpartition(":")[2])
                yield f"{file.parent.name}/{file.stem}", port
