"""What one part of the load test leaves: a section of the page, and its numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Section:
    """A part of the page; from ``busy`` on it is filled in by who ran it."""

    title: str
    lines: list[str]
    numbers: dict[str, Any] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)  # beside the numbers to beat
    busy: float = 0.0  # load average before it began
    taken: float = 0.0  # share of the cores' time that the host gave to other machines meanwhile
    took_s: float = 0.0
    when: str = ""

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text("utf-8")))

    def text(self) -> list[str]:
        what = (
            f"*{self.when}, in {self.took_s:.0f} s; load average before: {self.busy:.1f}; "
            f"of the cores' time the host took {self.taken:.0%}.*"
        )
        return [f"## {self.title}", "", what, "", *self.lines, ""]
