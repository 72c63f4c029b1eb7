"""The chord counter of a worker."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from celery.backends.redis import RedisBackend

from common.chords import ChordBackend


def test_nothing_in_the_chord_ends_the_thread_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*_: Any, **__: Any) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(RedisBackend, "on_chord_part_return", leave)
    app = Celery("test", backend="redis://127.0.0.1:1/0", set_as_current=False)
    backend = ChordBackend(app=app, url="redis://127.0.0.1:1/0")
    with pytest.raises(RuntimeError, match="asked to exit"):
        backend.on_chord_part_return(None, "SUCCESS", None)
