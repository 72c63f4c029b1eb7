"""A whole house whose files lie in a bucket; the S3 server is a process that can be killed."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from common.ledger.audit import audit
from common.ledger.redis_ledger import connect
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.servers.s3 import BUCKET, S3Server
from tests.stack import TestStack, require_stack, until

pytestmark = pytest.mark.verify_only  # a house of its own, for minutes

DINNER = ["3 tomatoes", "2 onions", "200 g rice", "eggs", "spinach"]
FROM_HERE = {"Sec-Fetch-Mode": "cors"}  # as our own page asks: not sent on to the bucket
AWAY_S = 6


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture(scope="module")
def house(s3: S3Server) -> Iterator[TestStack]:
    require_stack()
    with TestStack(**s3.settings(), store_presign=True) as running:
        yield running


@pytest.fixture
def kiln(house: TestStack) -> Iterator[Kiln]:
    house.wait_until_ready()
    with Kiln(house.url) as client:
        yield client


@pytest.fixture(autouse=True)
def audited(house: TestStack) -> Iterator[None]:
    """After each test every promise is kept, and nothing half-written lies in the bucket."""
    yield
    house.settle()
    reports: list[Any] = []

    def clean() -> bool:
        with connect(house.settings.ledger_url) as client:
            reports.append(audit(client, house.store(), grace=timedelta(0)))
        return bool(reports[-1].clean)

    try:
        until(clean, 20)
    except AssertionError:
        pytest.fail(str(reports[-1].findings[:5]))
    assert reports[-1].jobs


def _finished(kiln: Kiln) -> dict[str, Any]:
    return kiln.wait(kiln.submit_figurine(new_portrait(), formats="glb")["id"], timeout_s=90)


def _file(job: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in job["artifacts"] if one["name"] == name)


@pytest.mark.parametrize("product", ["figurine", "recipe"])
def test_every_file_of_a_job_comes_out_of_the_bucket_as_it_went_in(
    house: TestStack, s3: S3Server, kiln: Kiln, tmp_path: Path, product: str
) -> None:
    if product == "figurine":
        sent = kiln.submit_figurine(new_portrait())
    else:
        sent = kiln.submit_recipe(ingredients=DINNER, count=2)
    job = kiln.wait(sent["id"], timeout_s=90)
    assert job["state"] == "succeeded", job["error"]
    kiln.download(job, tmp_path)
    whole = requests.get(house.url + job["links"]["zip"], timeout=10).content
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        zipped = {Path(name).name: archive.read(name) for name in archive.namelist()}
    for name, data in zipped.items():
        assert (tmp_path / name).read_bytes() == data, name
    assert {"manifest.json"} <= zipped.keys() <= {one["name"] for one in job["artifacts"]}
    for artifact in job["artifacts"]:
        data = (tmp_path / artifact["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == artifact["sha256"], artifact["name"]
        assert artifact["sha256"] in s3.objects()
    assert "<Upload>" not in s3.objects()
    assert not (house.folder / "artifacts").exists()


def test_a_download_is_sent_on_to_the_bucket_for_a_minute(
    house: TestStack, s3: S3Server, kiln: Kiln
) -> None:
    glb = _file(_finished(kiln), "figurine.glb")
    url = house.url + glb["url"]
    sent_on = requests.get(url, allow_redirects=False, timeout=10)
    assert sent_on.status_code == 303
    there = sent_on.headers["Location"]
    assert there.startswith(f"{s3.root}/{BUCKET}/some/prefix/local/{glb['sha256'][:2]}/")
    assert "X-Amz-Expires=60&" in there
    assert sent_on.headers["Cache-Control"] == "no-store"
    whole = requests.get(url, timeout=10)
    assert whole.url.startswith(s3.root)
    assert hashlib.sha256(whole.content).hexdigest() == glb["sha256"]
    assert whole.headers["Content-Type"] == "model/gltf-binary"
    assert whole.headers["Content-Disposition"] == 'attachment; filename="figurine.glb"'


@pytest.mark.parametrize("headers", [{}, FROM_HERE], ids=["bucket", "gateway"])
def test_a_part_of_a_file_comes_from_either(
    house: TestStack, kiln: Kiln, headers: dict[str, str]
) -> None:
    glb = _file(_finished(kiln), "figurine.glb")
    url = house.url + glb["url"]
    part = requests.get(url, headers={"Range": "bytes=4-11", **headers}, timeout=10)
    whole = requests.get(url, headers=FROM_HERE, timeout=10)
    assert (part.status_code, part.content) == (206, whole.content[4:12])
    assert part.headers["Content-Range"] == f"bytes 4-11/{glb['size']}"
    assert hashlib.sha256(whole.content).hexdigest() == glb["sha256"]


def test_a_job_that_is_erased_is_erased_from_the_bucket(
    house: TestStack, s3: S3Server, kiln: Kiln
) -> None:
    job = _finished(kiln)
    record = house.ledger().job(job["id"])
    assert record is not None
    own = {record.artifacts[name].sha256 for name in ("photo", "figurine.glb", "manifest.json")}
    assert all(sha256 in s3.objects() for sha256 in own)
    kiln.delete(job["id"])
    assert not any(sha256 in s3.objects() for sha256 in own)


def test_a_bucket_that_is_away_for_some_seconds_costs_seconds(
    house: TestStack, s3: S3Server, kiln: Kiln
) -> None:
    jobs = [kiln.submit_figurine(new_portrait())["id"] for _ in range(3)]
    until(lambda: kiln.job(jobs[0])["state"] == "running", 30)
    s3.stop()
    try:
        time.sleep(AWAY_S)
        assert requests.get(f"{house.url}/health", timeout=5).status_code == 200
        assert "store" in requests.get(f"{house.url}/readyz", timeout=5).json()["missing"]
    finally:
        s3.start()
    for job in jobs:
        ended = kiln.wait(job, timeout_s=120)
        assert ended["state"] == "succeeded", ended["error"]


def test_a_bucket_that_stays_away_is_a_storage_error_and_refuses_what_is_new(
    house: TestStack, s3: S3Server, kiln: Kiln
) -> None:
    before = _finished(kiln)
    job = kiln.submit_figurine(new_portrait())["id"]
    until(lambda: kiln.job(job)["state"] == "running", 30)
    s3.stop()
    try:
        refused = requests.post(
            f"{house.url}/v1/figurines", files={"photo": new_portrait()}, timeout=30
        )
        assert (refused.status_code, refused.json()["code"]) == (503, "storage")
        assert int(refused.headers["Retry-After"]) >= 1
        file = house.url + _file(before, "figurine.glb")["url"]
        read = requests.get(file, headers=FROM_HERE, timeout=30)
        assert (read.status_code, read.json()["code"]) == (503, "storage")
        ended = kiln.wait(job, timeout_s=120)
    finally:
        s3.start()
    assert (ended["state"], ended["error"]["code"]) == ("failed", "storage")
    assert ended["error"]["hint"]
    record = house.ledger().job(job)
    assert record is not None
    assert max(node.attempts for node in record.nodes) == 3
    assert job in house.ledger().dead_letters()
    # and with the bucket all is well again
    house.wait_until_ready()
    assert _finished(kiln)["state"] == "succeeded"


def test_many_at_once_find_room_in_the_pool(house: TestStack, s3: S3Server, kiln: Kiln) -> None:
    glb = _file(_finished(kiln), "figurine.glb")

    def fetch(number: int) -> str:
        headers = FROM_HERE if number % 5 else {}
        answer = requests.get(house.url + glb["url"], headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return hashlib.sha256(answer.content).hexdigest()

    def submit(number: int) -> str:
        with Kiln(house.url) as one:
            if number % 3:
                at_hand = [f"{number + 1} tomatoes", *DINNER[1:]]
                return str(one.submit_recipe(ingredients=at_hand, count=1)["id"])
            return str(one.submit_figurine(new_portrait(512), formats="glb")["id"])

    with ThreadPoolExecutor(80) as pool:
        downloads = [pool.submit(fetch, number) for number in range(50)]
        submits = [pool.submit(submit, number) for number in range(30)]
    assert {one.result() for one in downloads} == {glb["sha256"]}
    for job in [one.result() for one in submits]:
        ended = kiln.wait(job, timeout_s=180)
        assert ended["state"] == "succeeded", ended["error"]
    assert s3.seen()["most"] > 5
    for log in house.stack.logs.glob("*.log"):
        assert "pool is full" not in log.read_text(errors="replace"), log
