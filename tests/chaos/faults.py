"""Asking for faults inside the processes of a stack; ``inside/sitecustomize.py`` makes them."""

from __future__ import annotations

import json
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
ALWAYS = 1000


class Faults:
    """The folder that the processes look into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, python_path: str = "") -> dict[str, str]:
        """Environment in which Python finds the faults."""
        path = f"{INSIDE}:{python_path}".rstrip(":")
        return {"PYTHONPATH": path, "CHAOS_FAULTS": str(self.folder)}

    def at(
        self, point: str, do: str = "", *, times: int = 1, seconds: float = 0, who: str = ""
    ) -> None:
        """Let something happen at a point, so often; ``who`` is a part of a name.

        A point is ``<job or input hash> <node>``, ``commit``, ``publish``, ``chord part``,
        ``chord body``, ``warm up``, ``no heartbeat`` or ``clock``.
        """
        fault = {"do": do, "times": times, "seconds": seconds, "who": who}
        part = self.folder / "part"
        part.write_text(json.dumps(fault))
        part.replace(self.folder / f"{point}.json")  # nobody reads half of it

    def made(self, point: str) -> int:
        """How often it has happened."""
        return sum(1 for _ in self.folder.glob(f"{point}.used-*"))

    def moments_ms(self) -> list[int]:
        """When anything has happened."""
        return [int(file.stat().st_mtime * 1000) for file in self.folder.glob("*.used-*")]

    def clear(self) -> None:
        """Ask for nothing any more."""
        for file in self.folder.iterdir():
            file.unlink()
