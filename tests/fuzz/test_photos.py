"""Damaged photos: the decoder gives a picture or a refusal, the front door too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from common.errors import InputError
from common.vision.decode import decode_photo
from gateway.domain.upload import check_photo
from tests.fuzz import tally
from tests.fuzz.conftest import examples
from tests.fuzz.mutants import KINDS, files, mutants
from tests.fuzz.watch import watched

EXAMPLES = {"jpeg": 600, "png": 600, "webp": 450, "gif": 350, "heic": 250}


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the input of a crash would be found."""
    return tmp_path_factory.mktemp("last") / "photo"


@pytest.mark.parametrize("kind", KINDS)
def test_every_seed_is_accepted(kind: str) -> None:
    for data in files()[kind]:
        assert sorted(decode_photo(data).shape) == [3, 40, 48]  # some lie on their side
        assert check_photo(data, 1_000_000).width in {48, 64}  # HEIC is coded in blocks


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_photo_is_a_picture_or_a_refusal(kind: str, last: Path) -> None:
    @examples(EXAMPLES[kind])
    @given(mutants(kind))
    def run(data: bytes) -> None:
        with watched(data, last):
            tally.count(f"decoder, {kind}", _decoded(data))

    run()


@pytest.mark.parametrize("kind", KINDS)
def test_the_front_door_reads_any_header(kind: str, last: Path) -> None:
    @examples(EXAMPLES[kind] // 2)
    @given(mutants(kind))
    def run(data: bytes) -> None:
        with watched(data, last):
            tally.count(f"front door, {kind}", _checked(data))

    run()


def _decoded(data: bytes) -> str:
    try:
        pixels = decode_photo(data, 256)
    except InputError as refusal:
        return _told(refusal)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert 1 <= max(pixels.shape[:2]) <= 256
    return "decoded"


def _checked(data: bytes) -> str:
    try:
        header = check_photo(data, 20_000_000)
    except InputError as refusal:
        return _told(refusal)
    assert header.width * header.height <= 200_000_000
    return "accepted"


def _told(refusal: InputError) -> str:
    assert refusal.detail
    assert refusal.advice
    return refusal.code
