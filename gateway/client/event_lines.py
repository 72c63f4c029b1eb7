"""Server-sent events as a client reads them (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JobEvent:
    """One event of a job's stream."""

    id: str
    type: str
    data: dict[str, Any]


def parse_events(lines: Iterable[str]) -> Iterator[JobEvent]:
    """Read events from text lines."""
    last_id, kind, data = "", "", list[str]()
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            last_id = value
        elif not line:
            if data:
                yield JobEvent(last_id, kind or "message", json.loads("\n".join(data)))
            kind, data = "", []
