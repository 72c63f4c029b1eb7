"""Micro-batches: shared forward passes, each caller with its own answer, error and cancel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import pytest

from common.errors import StageHung
from stylize_service.engines.batching import Batcher


class Device:
    """Doubles numbers; can be held, and hates 13."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.go = threading.Event()
        self.begun = threading.Event()
        self.go.set()

    def run(self, key: str, items: list[int]) -> list[int]:
        self.batches.append((key, list(items)))
        self.begun.set()
        assert self.go.wait(10)
        if 13 in items:
            raise ValueError("13 brings bad luck")
        return [2 * item for item in items]

    def hold(self) -> None:
        self.go.clear()
        self.begun.clear()


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def made(device: Device) -> Iterator[list[Batcher[str, int, int]]]:
    batchers: list[Batcher[str, int, int]] = []
    yield batchers
    device.go.set()
    for batcher in batchers:
        batcher.close()


def batcher(
    device: Device, made: list[Batcher[str, int, int]], **options: Any
) -> Batcher[str, int, int]:
    made.append(Batcher(device.run, **{"most": 4, "window_s": 0.005} | options))
    return made[-1]


def busy(device: Device, one: Batcher[str, int, int]) -> Any:
    """Occupy the device, so that what comes now piles up."""
    device.hold()
    future = one.submit("busy", 0)
    assert device.begun.wait(10)
    return future


def test_calls_that_pile_up_share_a_pass_and_get_their_own_answers(
    device: Device, made: list[Batcher[str, int, int]]
) -> None:
    one = batcher(device, made)
    busy(device, one)
    futures = [one.submit("a", number) for number in range(6)]
    device.go.set()
    assert [future.result(10) for future in futures] == [0, 2, 4, 6, 8, 10]
    assert device.batches[1:] == [("a", [0, 1, 2, 3]), ("a", [4, 5])]


def test_models_do_not_mix_and_the_oldest_call_goes_first(
    device: Device, made: list[Batcher[str, int, int]]
) -> None:
    one = batcher(device, made)
    busy(device, one)
    futures = [one.submit(key, number) for number, key in enumerate("abab")]
    device.go.set()
    assert [future.result(10) for future in futures] == [0, 2, 4, 6]
    assert device.batches[1:] == [("a", [0, 2]), ("b", [1, 3])]


def test_the_first_of_a_batch_waits_for_others_no_longer_than_the_window(
    device: Device, made: list[Batcher[str, int, int]]
) -> None:
    one = batcher(device, made, window_s=0.3)
    started = time.monotonic()
    assert one.answer("a", 1) == 2
    assert 0.3 <= time.monotonic() - started < 3
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: one.answer("a", number), range(4)))
    assert answers == [0, 2, 4, 6]
    assert [len(items) for _, items in device.batches] == [1, 4]
    assert time.monotonic() - started < 0.3  # a full batch waits for nobody


def test_a_bad_item_spoils_nobody_elses(device: Device, made: list[Batcher[str, int, int]]) -> None:
    sizes: list[int] = []
    one = batcher(device, made, ran=lambda _, size: sizes.append(size))
    busy(device, one)
    futures = [one.submit("a", number) for number in (1, 13, 2)]
    device.go.set()
    assert (futures[0].result(10), futures[2].result(10)) == (2, 4)
    with pytest.raises(ValueError, match="bad luck"):
        futures[1].result(10)
    assert one.answer("a", 5) == 10  # and the device goes on
    assert sizes == [1, 1, 1, 1]  # only passes that ended well are counted


def test_a_call_that_was_given_up_is_left_out(
    device: Device, made: list[Batcher[str, int, int]]
) -> None:
    one = batcher(device, made)
    busy(device, one)
    kept, dropped = one.submit("a", 1), one.submit("a", 2)
    assert dropped.cancel()
    device.go.set()
    assert kept.result(10) == 2
    assert device.batches[1:] == [("a", [1])]


def test_who_waits_can_stop_in_time(device: Device, made: list[Batcher[str, int, int]]) -> None:
    one = batcher(device, made)
    busy(device, one)

    def stop() -> None:
        raise StageHung("enough")

    started = time.monotonic()
    with pytest.raises(StageHung):
        one.answer("a", 1, stop)
    assert time.monotonic() - started < 2
    device.go.set()
    assert one.answer("a", 3) == 6
    assert ("a", [1]) not in device.batches


def test_an_answer_too_few_is_an_error_not_a_mix_up(made: list[Batcher[str, int, int]]) -> None:
    one: Batcher[str, int, int] = Batcher(lambda _, __: [])
    made.append(one)
    with pytest.raises(ValueError, match="zip"):
        one.answer("a", 1)


def test_closing_cancels_what_waits_and_refuses_what_comes(
    device: Device, made: list[Batcher[str, int, int]]
) -> None:
    one = batcher(device, made)
    running = busy(device, one)
    waiting = one.submit("a", 1)
    closer = threading.Thread(target=one.close)
    closer.start()
    with pytest.raises(CancelledError):
        waiting.result(10)
    device.go.set()
    closer.join(10)
    assert not closer.is_alive()
    assert running.result(1) == 0
    with pytest.raises(RuntimeError, match="closed"):
        one.submit("a", 2)


def test_making_one_starts_no_thread() -> None:
    before = threading.active_count()
    Batcher(lambda _, items: items)
    assert threading.active_count() == before
