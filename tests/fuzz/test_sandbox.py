"""The sandbox answers as the decoder itself, whatever the photo is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given

from common.errors import InputError
from common.vision import sandbox as module
from common.vision.decode import decode_photo
from common.vision.network import RGB
from common.vision.sandbox import Sandbox
from tests.fuzz import tally
from tests.fuzz.conftest import examples
from tests.fuzz.mutants import KINDS, mutants

pytestmark = pytest.mark.skipif(not module.AVAILABLE, reason="needs Linux")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    made = Sandbox(1)
    yield made
    made.end()


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_photo_is_the_same_inside_and_outside(box: Sandbox, kind: str) -> None:
    box.warm_up()
    box.warm_up()
    before = box.pids()

    @examples(75)
    @given(mutants(kind))
    def run(data: bytes) -> None:
        outside, inside = answer(decode_photo, data), answer(box.decode, data)
        assert inside[0] == outside[0]
        assert np.array_equal(inside[1], outside[1])
        tally.count("sandbox", outside[0])

    run()
    assert box.pids() == before  # nothing has killed it


def answer(decode: Callable[[bytes, int], RGB], data: bytes) -> tuple[str, RGB]:
    """Code of the refusal, or "decoded", and the pixels."""
    try:
        return "decoded", decode(data, 256)
    except InputError as refusal:
        return refusal.code, np.zeros((0, 0, 3), np.uint8)
