"""What a photo says besides its pixels never leaves the house: nor files, nor answers, nor logs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import requests

from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.groceries import grocery_photo
from tests.private_photo import FILE_NAME, SECRET, leaks, private_jpeg, private_png

if TYPE_CHECKING:
    from tests.stack import TestStack

SENT: set[str] = set()  # hashes of the photos that became jobs
MAKERS = {"jpeg": private_jpeg, "png": private_png}


def portrait() -> np.ndarray:
    return opened(new_portrait())


def opened(photo: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels[:, :, ::-1].copy()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_is_looked_for_is_found_in_the_photo(make: Callable[[np.ndarray], bytes]) -> None:
    found = " ".join(leaks("photo", make(portrait())))
    assert "text" in found
    assert "UTF-16" in found
    assert "GPS, " in found


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("product", ["figurines", "recipes"])
def test_no_file_answer_or_event_tells_what_the_photo_said(
    stack: TestStack, make: Callable[[np.ndarray], bytes], product: str
) -> None:
    groceries = ("Vegetables/Leek", "Vegetables/Tomato")
    photo = make(portrait() if product == "figurines" else opened(grocery_photo(*groceries)))
    SENT.add(hashlib.sha256(photo).hexdigest())
    answer = requests.post(
        f"{stack.url}/v1/{product}",
        files={"photo": (FILE_NAME, photo, "image/jpeg")},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    with Kiln(stack.url) as kiln:
        job = kiln.wait(answer.json()["id"], timeout_s=120)
    url = f"{stack.url}/v1/jobs/{job['id']}"
    told = {
        "accepted": answer.content,
        "headers": str(answer.headers).encode(),
        "job": requests.get(url, timeout=10).content,
        "events": requests.get(f"{url}/events", timeout=60).content,
        "timeline": requests.get(f"{url}/timeline", timeout=10).content,
    }
    files = {
        one["name"]: requests.get(stack.url + one["url"], timeout=30) for one in job["artifacts"]
    }
    assert all(file.status_code == 200 for file in files.values())
    told |= {name: file.content for name, file in files.items()}
    told |= {f"headers of {name}": str(file.headers).encode() for name, file in files.items()}
    assert [leak for name, data in told.items() for leak in leaks(name, data)] == []
    if product == "figurines":
        assert job["state"] == "succeeded", job["error"]
        assert len(files) == 8


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_direct_calls_of_the_services_keep_it_as_well(
    stack: TestStack, make: Callable[[np.ndarray], bytes]
) -> None:
    settings, photo = stack.settings, make(portrait())
    calls = {
        "portrait": f"http://127.0.0.1:{settings.stylize_port}/v1/portrait",
        "sculpt": f"http://127.0.0.1:{settings.fusion_port}/v1/sculpt",
        "predict": f"{stack.url}/predict",
    }
    for name, url in calls.items():
        answer = requests.post(url, files={"photo": (FILE_NAME, photo)}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert leaks(name, answer.content) == []


def test_a_refused_photo_is_not_quoted(stack: TestStack) -> None:
    whole = private_jpeg(portrait())
    for photo in (whole[: len(whole) // 2], whole[2:], SECRET.encode()):
        answer = requests.post(
            f"{stack.url}/v1/figurines", files={"photo": (FILE_NAME, photo)}, timeout=30
        )
        assert answer.status_code == 422
        assert leaks("problem", answer.content) == []


def test_in_the_store_only_the_photo_itself_has_it(stack: TestStack) -> None:
    """Working files of stages, promises and whatever else lies there: after the tests above."""
    stored = [path for path in (stack.folder / "artifacts").rglob("*") if path.is_file()]
    assert {path.name for path in stored} >= SENT
    others = [path for path in stored if path.name not in SENT]
    assert len(others) > 7
    assert [leak for path in others for leak in leaks(path.name, path.read_bytes())] == []


def test_no_log_has_a_word_of_it(stack: TestStack) -> None:
    """After the tests above, which sent it in every way."""
    logs = list(stack.stack.logs.glob("*.log*"))
    assert logs
    assert [leak for log in logs for leak in leaks(log.name, log.read_bytes())] == []
