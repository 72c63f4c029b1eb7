"""What people really send: odd but good photos work, bad ones get a clear answer at once."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pillow_heif
import pytest
import requests
from PIL import Image

from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.portraits import astronaut

if TYPE_CHECKING:
    from tests.stack import TestStack


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _png(width: int, height: int, bits: int, rows: bytes) -> bytes:
    """A truecolour PNG (PNG specification, sections 5 and 11) around any rows."""
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _sixteen_bit_png() -> bytes:
    """The astronaut with 16 bits a channel, which Pillow cannot write."""
    pixels = astronaut().astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return _png(pixels.shape[1], pixels.shape[0], 16, rows)


def _heic() -> bytes:
    out = io.BytesIO()
    heif = pillow_heif.from_bytes("RGB", (512, 512), astronaut().tobytes())
    heif.save(out, quality=90)
    return out.getvalue()


def _good(name: str) -> bytes:
    photo = Image.fromarray(astronaut())
    blank = Image.fromarray(np.zeros_like(astronaut()))
    makers = {
        "cmyk.jpg": lambda: _saved(photo.convert("CMYK"), "JPEG"),
        "grey.jpg": lambda: _saved(photo.convert("L"), "JPEG"),
        "sixteen-bit.png": _sixteen_bit_png,
        "alpha.png": lambda: _saved(photo.convert("RGBA"), "PNG"),
        "palette.gif": lambda: _saved(photo.convert("P"), "GIF"),
        "animated.gif": lambda: _saved(photo, "GIF", save_all=True, append_images=[blank]),
        "animated.webp": lambda: _saved(photo, "WEBP", save_all=True, append_images=[blank]),
        "phone.heic": _heic,
    }
    return makers[name]()


@pytest.mark.parametrize(
    "name",
    [
        "cmyk.jpg",
        "grey.jpg",
        "sixteen-bit.png",
        "alpha.png",
        "palette.gif",
        "animated.gif",
        "animated.webp",
        "phone.heic",
    ],
)
def test_an_odd_but_good_photo_becomes_a_figurine(stack: TestStack, name: str) -> None:
    with Kiln(stack.url) as kiln:
        done = kiln.wait(kiln.submit_figurine(_good(name), formats="glb")["id"], timeout_s=60)
    assert done["state"] == "succeeded", done["error"]


def test_the_raw_image_may_be_the_body_with_parameters_in_the_query(stack: TestStack) -> None:
    answer = requests.post(
        f"{stack.url}/v1/figurines?template=casual", data=new_portrait(), timeout=10
    )
    assert answer.status_code == 202
    assert answer.json()["parameters"]["template"] == "casual"
    assert answer.headers["Location"].endswith(answer.json()["id"])


@pytest.mark.parametrize("kind", ["image/jpeg", "multipart/form-data"])
def test_hey_sends_a_raw_photo_and_a_second_time_it_is_known(stack: TestStack, kind: str) -> None:
    photo, url = new_portrait(), f"{stack.url}/api/upload?formats=glb"
    sent = {"data": photo, "headers": {"Content-Type": kind}}  # a form without a boundary, too
    accepted = requests.post(url, timeout=10, **sent)
    assert accepted.status_code == 202
    assert accepted.json().keys() >= {"job_id", "task_id", "status_url"}
    ended = requests.get(f"{stack.url}{accepted.json()['status_url']}?wait=50", timeout=60).json()
    known = requests.post(url, timeout=10, **sent)
    assert (ended["status"], known.status_code, known.json()["status"]) == ("done", 200, "done")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "bad_photo"),
        (b"This is my holiday diary.\n" * 50, 422, "bad_photo"),
        (new_portrait()[:-5000], 422, "corrupt_photo"),
        (_png(50_000, 50_000, 8, bytes(100_000)), 422, "too_many_pixels"),
        (bytes(60_000_000), 413, "photo_too_large"),
    ],
    ids=["empty", "text", "truncated", "bomb", "60 MB"],
)
def test_a_bad_upload_is_refused_at_once(
    stack: TestStack, content: bytes, status: int, code: str
) -> None:
    answer = requests.post(
        f"{stack.url}/v1/figurines", files={"photo": ("me.jpg", content)}, timeout=20
    )
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["hint"]


def test_pixels_that_only_decoding_finds_broken_fail_the_job_with_that_code(
    stack: TestStack,
) -> None:
    photo = bytearray(new_portrait())
    middle = len(photo) // 2
    photo[middle : middle + 3000] = bytes(3000)  # header and end stay as they were
    answer = requests.post(
        f"{stack.url}/v1/figurines",
        files={"photo": ("me.jpg", bytes(photo))},
        headers={"Prefer": "wait=30"},
        timeout=40,
    )
    # a JPEG decoder may bridge such a gap; what it must not do is answer 500
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert answer.json()["code"] in {"corrupt_photo", "no_face"}


def test_an_artifact_comes_in_ranges_and_is_not_sent_twice(stack: TestStack) -> None:
    with Kiln(stack.url) as kiln:
        job = kiln.wait(kiln.submit_figurine(new_portrait(), formats="glb")["id"])
    glb = next(a for a in job["artifacts"] if a["name"] == "figurine.glb")
    url = stack.url + glb["url"]
    whole = requests.get(url, timeout=10)
    assert whole.headers["ETag"] == f'"{glb["sha256"]}"'
    assert len(whole.content) == glb["size"]
    part = requests.get(url, headers={"Range": "bytes=4-11"}, timeout=10)
    assert (part.status_code, part.content) == (206, whole.content[4:12])
    same = requests.get(url, headers={"If-None-Match": whole.headers["ETag"]}, timeout=10)
    assert same.status_code == 304
    beyond = requests.get(url, headers={"Range": f"bytes={glb['size']}-"}, timeout=10)
    assert beyond.status_code == 416
