"""What a job is said to take."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import curves
from tests.bench.curves_page import Cost


def test_the_photo_is_told_apart_from_what_was_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    used = SimpleNamespace(groups={"redis": SimpleNamespace(seconds=0.5)})
    monkeypatch.setattr(curves, "Accountant", lambda _: SimpleNamespace(account=lambda: used))
    stored, records = iter([7.0, 10.0]), iter([100.0, 180.0])  # MB and kB, before and after
    monkeypatch.setattr(curves, "_stored", lambda _: next(stored))
    monkeypatch.setattr(curves, "_records", lambda _: next(records))
    into: dict[str, Cost] = {}
    stack: Any = None
    with curves._taken(stack, [bytes(400_000), bytes(600_000)], into, "recipe"):
        pass
    assert into == {"recipe": Cost({"redis": 250.0}, photo_mb=0.5, results_mb=1.0, redis_kb=40.0)}
