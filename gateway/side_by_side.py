"""Two things that mostly wait, at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


def side_by_side(first: Callable[[], Value], second: Callable[[], object]) -> Value:
    """Do both, and return what the first gives. Both have ended when this returns or raises."""
    with ThreadPoolExecutor(1) as other:
        running = other.submit(second)
        value = first()
        running.result()
    return value
