import threading
import time

import pytest

from recipe_service.engines.batching import Batcher


class Doubler:
    """Doubles numbers, slowly, and remembers the size of every batch."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.sizes: list[int] = []
        self.seconds = seconds

    def __call__(self, items: list[int]) -> list[int]:
        self.sizes.append(len(items))
        time.sleep(self.seconds)
        return [2 * item for item in items]


def ask(batcher: Batcher[int, int], items: list[int]) -> list[int]:
    batcher.expect()
    return batcher.answers(items)


def ask_all(batcher: Batcher[int, int], calls: int) -> dict[int, list[int]]:
    answers: dict[int, list[int]] = {}

    def call(number: int) -> None:
        answers[number] = ask(batcher, [number, number + 100])

    threads = [threading.Thread(target=call, args=(n,)) for n in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return answers


def test_a_lone_call_does_not_wait_for_company() -> None:
    batcher = Batcher(Doubler(), window=5.0)
    started = time.monotonic()
    assert ask(batcher, [1, 2, 3]) == [2, 4, 6]
    assert time.monotonic() - started < 4  # less than the window


def test_everyone_gets_their_own_answers_in_order() -> None:
    answers = ask_all(Batcher(Doubler(0.001)), 24)
    assert answers == {n: [2 * n, 2 * n + 200] for n in range(24)}


def test_calls_that_arrive_during_a_run_share_the_next() -> None:
    run = Doubler(0.05)
    ask_all(Batcher(run, most=8), 9)
    assert sum(run.sizes) == 18
    assert len(run.sizes) < 9
    assert max(run.sizes) <= 8


def test_an_announced_call_is_waited_for_and_shares_the_run() -> None:
    run = Doubler()
    batcher = Batcher(run, window=5.0)
    batcher.expect()
    late = threading.Timer(0.05, batcher.answers, ([7],))
    late.start()
    assert ask(batcher, [1]) == [2]
    late.join()
    assert run.sizes == [2]


def test_a_call_that_was_given_up_is_not_waited_for() -> None:
    batcher = Batcher(Doubler(), window=5.0)
    batcher.expect()
    batcher.give_up()
    started = time.monotonic()
    ask(batcher, [1])
    assert time.monotonic() - started < 4  # less than the window


def test_a_call_larger_than_a_batch_is_run_alone() -> None:
    run = Doubler()
    assert ask(Batcher(run, most=2), [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert run.sizes == [4]


def test_an_error_reaches_the_caller_and_the_next_call_works() -> None:
    def run(items: list[int]) -> list[int]:
        if 13 in items:
            raise ArithmeticError("13")
        return items

    batcher = Batcher(run)
    with pytest.raises(ArithmeticError):
        ask(batcher, [13])
    assert ask(batcher, [1]) == [1]
