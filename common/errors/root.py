"""What all errors have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class KilnError(Exception):
    """Root of the tree: ``code`` is stable API, ``detail`` and ``hint`` are for people."""

    code: ClassVar[str] = "internal"
    hint: ClassVar[str] = ""
    retryable: ClassVar[bool] = False
    pauses_ms: ClassVar[tuple[int, ...]] = (2_000, 2_000)  # before a second and a third attempt

    def __init__(
        self, detail: str, hint: str | None = None, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.advice = type(self).hint if hint is None else hint
        self.retry_after_s = retry_after_s  # where it is known when it is worth trying again

    def pause_ms(self, attempt: int) -> int:
        """How long a stage rests after this attempt (from 1) has met a retryable error."""
        return self.pauses_ms[min(attempt, len(self.pauses_ms)) - 1]


def tree(root: type[KilnError]) -> Iterator[type[KilnError]]:
    """Walk an error class and everything below it."""
    yield root
    for child in root.__subclasses__():
        yield from tree(child)
