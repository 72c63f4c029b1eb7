"""How often a key may ask."""

from __future__ import annotations

import time

import pytest
import redis
from limits.storage import MemoryStorage

from gateway.door import rates
from gateway.door.rates import RateLimiter


def test_a_window_fills_and_tells_when_there_is_room_again() -> None:
    limiter = RateLimiter(MemoryStorage())
    counts = [limiter.count("K1", "3/minute") for _ in range(4)]
    assert all(count is not None for count in counts)
    assert [count.admitted for count in counts if count] == [True, True, True, False]
    assert [count.remaining for count in counts if count] == [2, 1, 0, 0]
    last = counts[-1]
    assert last is not None
    assert (last.limit, last.window_s) == (3, 60)
    assert 58 < last.reset_s <= 60
    other = limiter.count("K2", "3/minute")
    assert other is not None
    assert other.admitted


def test_after_the_time_that_was_told_a_request_is_admitted() -> None:
    limiter = RateLimiter(MemoryStorage())
    for _ in range(3):
        count = limiter.count("K1", "2/second")
    assert count is not None
    assert not count.admitted
    time.sleep(count.reset_s + 0.02)
    again = limiter.count("K1", "2/second")
    assert again is not None
    assert again.admitted


def test_without_redis_nobody_is_refused_and_nobody_waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    class Away(MemoryStorage):
        def acquire_entry(self, key: str, *_: object, **__: object) -> bool:
            asked.append(key)
            raise redis.ConnectionError("redis://gateway:secret@127.0.0.1:1/3 is away")

    limiter = RateLimiter(Away())
    assert limiter.count("K1", "1/minute") is limiter.count("K1", "1/minute") is None
    assert len(asked) == 1  # not asked again at once
    assert "secret" not in caplog.text
    monkeypatch.setattr(rates, "AWAY_S", 0)
    limiter = RateLimiter(Away())
    limiter.count("K1", "1/minute")
    limiter.count("K1", "1/minute")
    assert len(asked) == 3


def test_making_a_limiter_connects_to_nothing() -> None:
    assert RateLimiter(rates.redis_storage("redis://127.0.0.1:1/3"))  # sockets are forbidden here
