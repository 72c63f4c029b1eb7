"""Two things at the same time: both have ended, whatever happens."""

from __future__ import annotations

import threading

import pytest

from common.errors import LedgerUnavailable, StorageError
from gateway.side_by_side import side_by_side


def test_both_are_done_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=5)
    done: list[int] = []

    def second() -> None:
        meeting.wait()
        done.append(2)

    assert side_by_side(lambda: meeting.wait() >= 0, second) is True
    assert done == [2]


@pytest.mark.parametrize("failing", ["first", "second"])
def test_an_error_of_either_comes_out_when_the_other_has_ended(failing: str) -> None:
    ended: list[str] = []

    def run(name: str) -> None:
        if name == failing:
            raise StorageError(f"{name} failed")
        threading.Event().wait(0.05)
        ended.append(name)

    with pytest.raises(StorageError, match=failing):
        side_by_side(lambda: run("first"), lambda: run("second"))
    assert len(ended) == 1


def test_of_two_errors_the_first_is_told() -> None:
    def away() -> None:
        raise LedgerUnavailable("Redis")

    def full() -> None:
        raise StorageError("disk")

    with pytest.raises(LedgerUnavailable):
        side_by_side(away, full)
