import pytest

from tests.machine import processor


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (
            "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\nflags\t: a\n",
            "Intel Xeon Processor",
        ),
        ("model name\t: AMD EPYC 9B45 128-Core Processor\nmodel name\t: other\n", "AMD EPYC 9B45"),
        ("model name\t: Intel(R) Core(TM) i7-9700 CPU @ 3.00GHz\n", "Intel Core i7-9700"),
        ("processor\t: 0\nBogoMIPS\t: 48.00\n", ""),  # as on many ARM machines
        ("", ""),
    ],
)
def test_a_processor_is_named_without_marks(told: str, name: str) -> None:
    assert processor(told) == name
