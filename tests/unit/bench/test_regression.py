"""What counts as slower, and what is noise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import parts
from tests.bench.regression import compare, read, slower, write
from tests.bench.yardstick import Spread, in_yardsticks


def spread(median: float, width: float = 0.01) -> Spread:
    return Spread(median - width, median, median + width)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (spread(1.0), spread(1.2), "slower"),
        (spread(1.0), spread(1.05), "same"),  # within the tolerance
        (spread(1.0, 0.2), spread(1.3, 0.2), "same"),  # within the noise
        (spread(1.0), spread(0.8), "faster"),
        (spread(1.0, 0.2), spread(0.8, 0.2), "same"),
    ],
)
def test_slower_is_more_than_the_tolerance_and_more_than_the_noise(
    before: Spread, after: Spread, verdict: str
) -> None:
    (change,) = compare({"function: a": before}, {"function: a": after}, 0.10)
    assert change.verdict == verdict


def test_a_new_measure_and_one_that_is_gone_are_told() -> None:
    changes = compare({"function: a": spread(1)}, {"function: b": spread(1)})
    assert {(one.name, one.verdict) for one in changes} == {
        ("function: a", "gone"),
        ("function: b", "new"),
    }


def test_a_part_that_was_not_run_is_passed_over() -> None:
    (change,) = compare({"function: a": spread(1), "job: b": spread(1)}, {"function: a": spread(1)})
    assert change.verdict == "same"


def test_whole_systems_are_allowed_twice_as_much() -> None:
    before, after = {"crowd: a": spread(1.0)}, {"crowd: a": spread(1.15)}
    assert [one.verdict for one in compare(before, after, 0.10)] == ["same"]
    assert [one.verdict for one in compare(before, after, 0.07)] == ["slower"]


def test_small_functions_are_allowed_twice_as_much() -> None:
    before, after = {"function: a": spread(0.2, 0.001)}, {"function: a": spread(0.23, 0.001)}
    assert [one.verdict for one in compare(before, after, 0.10)] == ["same"]


def test_the_worst_comes_first() -> None:
    before = {name: spread(1) for name in ("x: a", "x: b", "x: c")}
    after = {"x: a": spread(1.5), "x: b": spread(3), "x: c": spread(1)}
    assert [one.name for one in slower(compare(before, after))] == ["x: b", "x: a"]


def test_a_baseline_keeps_what_was_not_measured_this_time(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert read(path) == {}
    write({"x: a": Spread(1, 2, 3), "y: b": Spread(4, 5, 6)}, {"on": "today"}, path)
    write({"x: a": Spread(7, 8, 9)}, {"on": "tomorrow"}, path)
    assert read(path) == {"x: a": Spread(7, 8, 9), "y: b": Spread(4, 5, 6)}


def test_quartiles_are_the_middle_half() -> None:
    assert Spread.of([1, 2, 3, 4, 5]) == Spread(2, 3, 4)
    assert Spread.of([7.0]) == Spread(7, 7, 7)


def test_work_is_measured_between_two_yardsticks() -> None:
    """A machine that becomes twice as slow from one repeat to the next does not show."""
    now, slowness = [0.0], [1.0]

    def takes(seconds: float) -> None:
        now[0] += seconds * slowness[0]

    def yardstick() -> float:
        started = now[0]
        takes(0.02)
        return now[0] - started

    def work() -> None:
        takes(0.06)

    assert in_yardsticks(work, 3, lambda: now[0], yardstick) == pytest.approx([3, 3, 3])
    slowness[0] = 2.0
    assert in_yardsticks(work, 3, lambda: now[0], yardstick) == pytest.approx([3, 3, 3])


def test_quick_work_is_repeated_until_the_clock_can_tell() -> None:
    now, calls = [0.0], [0]

    def work() -> None:
        calls[0] += 1
        now[0] += 0.001

    assert in_yardsticks(work, 1, lambda: now[0], lambda: 0.01) == pytest.approx([0.1])
    assert calls[0] == 1 + 50


def test_what_is_slower_only_once_was_a_neighbours_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def again(repeats: int, only: list[str]) -> dict[str, Spread]:
        asked.append(only)
        return {"function: a": spread(1.0), "function: b": spread(1.6)}

    monkeypatch.setattr(parts, "measure_functions", again)
    first = {name: spread(1.5) for name in ("function: a", "function: b", "function: c")}
    outcome = parts.Outcome({}, functions=dict(first))
    parts.look_again(outcome, ["function: a", "function: b", "job: d"], 5)
    assert asked == [["function: a", "function: b"]]
    assert {name: one.median for name, one in outcome.functions.items()} == {
        "function: a": 1.0,
        "function: b": 1.5,
        "function: c": 1.5,
    }
