"""What is made when it is first asked for is made once, and not at all where nobody asks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.lazily import Lazily


def test_many_who_ask_at_once_get_the_same() -> None:
    made = []

    def make() -> object:
        time.sleep(0.02)
        made.append(object())
        return made[-1]

    dear = Lazily(make)
    assert made == []
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: dear(), range(8)))
    assert made == [answers[0]]
    assert all(answer is answers[0] for answer in answers)


def test_after_a_failure_it_is_tried_again() -> None:
    tries = iter([OSError("no models yet"), "models"])

    def make() -> str:
        one = next(tries)
        if isinstance(one, OSError):
            raise one
        return one

    dear = Lazily(make)
    with pytest.raises(OSError, match="no models yet"):
        dear()
    assert dear() == "models"
