"""A disk that runs full: a small one in memory, mounted for these tests."""

from __future__ import annotations

import subprocess
import tempfile
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
from tests.bench.photos import new_portrait
from tests.stack import TestStack, require_stack, until

if TYPE_CHECKING:
    from requests import Response

MB = 1_000_000
DISK_MB, LEAST_MB = 100, 20


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
    settings = {"min_free_mb": LEAST_MB, "max_upload_mb": 40, "fusion_workers": 1}
    with TestStack(store_url=(disk / "artifacts").as_uri(), **settings) as running:
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
    """A picture of 25 MB."""
    noise = np.random.default_rng(1).integers(0, 256, (2900, 2900, 3), np.uint8)
    return bytes(cv2.imencode(".png", noise, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1])


def _submit(house: TestStack, photo: bytes) -> Response:
    return requests.post(f"{house.url}/v1/figurines", files={"photo": photo}, timeout=30)


def test_below_the_limit_nothing_new_is_taken_in_and_what_was_accepted_succeeds(
    house: TestStack, disk: Path
) -> None:
    with Kiln(house.url) as kiln:
        kiln.submit_figurine(new_portrait())
        _fill(disk, (LEAST_MB - 1) * MB)
        refused = _first(house, 507)
        assert refused.json()["code"] == "no_room"
        assert refused.headers["Content-Type"] == "application/problem+json"
        _all_succeed(house, kiln)
        (disk / "filling").unlink()
        _first(house, 202)
        _all_succeed(house, kiln)


def _first(house: TestStack, status: int) -> Response:
    """Submit until the answer is this one: each gateway process looks at the disk once a second."""
    answers: list[Response] = []

    def come() -> bool:
        answers.append(_submit(house, new_portrait(512)))
        return answers[-1].status_code == status

    until(come, 10)
    return answers[-1]


def _all_succeed(house: TestStack, kiln: Kiln) -> None:
    for job in requests.get(f"{house.url}/v1/jobs", timeout=10).json()["jobs"]:
        assert kiln.wait(job["id"], timeout_s=90)["state"] == "succeeded"


def test_a_photo_for_which_the_disk_is_too_small_is_refused_and_leaves_nothing(
    house: TestStack, disk: Path
) -> None:
    before = {path for path, _ in house.store().files()}
    _fill(disk, (LEAST_MB + 1) * MB)
    refused = _submit(house, _large_photo())
    assert (refused.status_code, refused.json()["code"]) == (507, "no_room"), refused.text
    assert {path for path, _ in house.store().files()} == before
    assert free_bytes(disk) > LEAST_MB * MB
