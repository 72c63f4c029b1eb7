"""What is dear to make and seldom asked for: made once, when somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazily(Generic[T]):
    """Calls a function when it is first called itself, and remembers the answer. Thread-safe.

    Who asks while it is made waits for it; where making it fails, the next one tries again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = threading.Lock()

    def __call__(self) -> T:
        """Answer what was made."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
