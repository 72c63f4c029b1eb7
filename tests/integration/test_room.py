"""A disk that runs full: a small one in memory, mounted for these tests."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import requests

from common.ledger.audit import audit
from common.ledger.redis_ledger import connect
from common.stores import free_bytes
from gateway.client import Kiln
from gateway.door.room import PERIOD_S
from tests.bench.photos import new_portrait
from tests.stack import SMALL, TestStack, require_stack, until

if TYPE_CHECKING:
    from requests import Response

MB = 1_000_000
DISK_MB, LEAST_MB = 150, 30
A_LOOK_S = PERIOD_S + 0.2  # after it each gateway process has looked at the disk again


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kiln-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB * MB}", "none", folder]
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def house(disk: Path) -> Iterator[TestStack]:
    require_stack()
    settings = {"min_free_mb": LEAST_MB, "max_upload_mb": 60}
    with TestStack(store_url=(disk / "artifacts").as_uri(), **SMALL, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def audited(house: TestStack, disk: Path) -> Iterator[None]:
    """Room again after each test; every promise was kept."""
    yield
    (disk / "filling").unlink(missing_ok=True)
    house.settle()

    def clean() -> bool:
        with connect(house.settings.ledger_url) as client:
            return audit(client, house.store(), grace=timedelta(0)).clean

    until(clean, 20)


def _fill(disk: Path, left: int) -> None:
    with (disk / "filling").open("wb") as file:
        file.write(bytes(free_bytes(disk) - left))


def _large_photo() -> bytes:
    """A picture of 41 MB."""
    noise = np.random.default_rng(1).integers(0, 256, (3700, 3700, 3), np.uint8)
    return bytes(cv2.imencode(".png", noise, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1])


def _submit(house: TestStack, photo: bytes) -> Response:
    return requests.post(f"{house.url}/v1/figurines", files={"photo": photo}, timeout=30)


def test_below_the_limit_nothing_new_is_taken_in_and_what_was_accepted_succeeds(
    house: TestStack, disk: Path
) -> None:
    with Kiln(house.url) as kiln:
        job = kiln.submit_figurine(new_portrait())["id"]
        _fill(disk, (LEAST_MB - 1) * MB)
        time.sleep(A_LOOK_S)
        refused = _submit(house, new_portrait())
        assert (refused.status_code, refused.json()["code"]) == (507, "no_room"), refused.text
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert kiln.wait(job, timeout_s=90)["state"] == "succeeded"
        (disk / "filling").unlink()
        time.sleep(A_LOOK_S)
        job = kiln.submit_figurine(new_portrait())["id"]
        assert kiln.wait(job, timeout_s=90)["state"] == "succeeded"


def test_a_photo_for_which_the_disk_is_too_small_is_refused_and_leaves_nothing(
    house: TestStack, disk: Path
) -> None:
    before = {path for path, _ in house.store().files()}
    _fill(disk, (LEAST_MB + 1) * MB)
    refused = _submit(house, _large_photo())
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room"), refused.text
    assert {path for path, _ in house.store().files()} <= before
    assert free_bytes(disk) > LEAST_MB * MB
