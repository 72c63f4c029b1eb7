"""Celery's result backend as a counter of chord parts, and nothing else.

Nobody waits for a Celery result here: the ledger has them. Celery's own backend would
subscribe to every stage that a plan or a chord names, in gateways and in workers alike: four
channels a figurine that are never given back, and a publisher that hangs without Redis.
"""

from __future__ import annotations

from typing import Any

from celery.backends.redis import RedisBackend


class ChordBackend(RedisBackend):  # type: ignore[misc]  # Celery is untyped
    """``RedisBackend`` that never follows results."""

    def on_chord_part_return(self, *args: object, **kwargs: object) -> None:
        """Count a finished part, and publish the body behind the last one.

        Whatever asks the process to leave in here would end only the thread, with its message
        unacknowledged: a worker that lives, is called ready and hears nothing more.
        """
        try:
            super().on_chord_part_return(*args, **kwargs)
        except SystemExit as exc:
            raise RuntimeError("asked to exit while a chord part was counted") from exc

    def on_task_call(self, producer: object, task_id: str) -> None:
        """Do not wait for the result of a message that is about to be sent."""

    def add_pending_result(self, result: Any, **_: object) -> Any:  # noqa: ANN401  Celery is untyped
        """Do not wait for this result."""
        return result

    def remove_pending_result(self, result: Any) -> Any:  # noqa: ANN401  Celery is untyped
        """Nothing was waited for."""
        return result
