"""What the catalogue offers is made: every template, look, colour and way to print."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import requests

from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.portraits import portrait_path

if TYPE_CHECKING:
    from tests.stack import TestStack


@pytest.fixture(scope="module")
def kiln(stack: TestStack) -> Kiln:
    return Kiln(stack.url)


@pytest.fixture(scope="module")
def first(kiln: Kiln) -> dict[str, Any]:
    """A figurine as measured; others are made of the same photo."""
    return _made(kiln, new_portrait())


def _made(kiln: Kiln, photo: bytes | None = None, **wishes: Any) -> dict[str, Any]:
    job = kiln.wait(kiln.submit_figurine(photo, **wishes)["id"], timeout_s=90)
    assert job["state"] == "succeeded", job["error"]
    return job


def _remade(kiln: Kiln, first: dict[str, Any], **wishes: Any) -> set[str]:
    """Make it once more in another way; the files that are not the same."""
    job = _made(kiln, photo_of=first["id"], **wishes)
    before = {one["name"]: one["sha256"] for one in first["artifacts"]}
    after = {one["name"]: one["sha256"] for one in job["artifacts"]}
    assert before.keys() == after.keys()
    return {name for name in after if after[name] != before[name]} - {"manifest.json"}


def _file(kiln: Kiln, job: dict[str, Any], name: str) -> bytes:
    return kiln.fetch(next(one for one in job["artifacts"] if one["name"] == name))


SHAPE = {"figurine.glb", "figurine.stl", "figurine.3mf", "figurine.usdz", "preview.png"}


@pytest.mark.parametrize("template", ["superhero", "casual", "chef", "graduate", "sports"])
def test_every_template_is_another_figurine(
    kiln: Kiln, first: dict[str, Any], template: str
) -> None:
    assert _remade(kiln, first, template=template) >= SHAPE


def test_the_space_suit_too(kiln: Kiln, first: dict[str, Any]) -> None:
    assert _remade(kiln, first, template="astronaut", name="Ad astra") >= SHAPE


def test_two_faces_stand_on_one_base(kiln: Kiln) -> None:
    job = _made(kiln, portrait_path("two_faces.jpg").read_bytes(), template="couple")
    assert job["facts"]["fusion.sculpt"]["template"] == "couple"


def test_one_face_is_no_couple(stack: TestStack) -> None:
    answer = requests.post(
        f"{stack.url}/v1/figurines?template=couple",
        data=new_portrait(),
        headers={"Prefer": "wait=40", "Content-Type": "image/jpeg"},
        timeout=50,
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "no_such_subject"


@pytest.mark.parametrize(
    ("wish", "value"),
    [
        ("hair_type", "bald"),
        ("hair_length", "long"),
        ("headwear", "cap"),
        ("glasses", "square"),
        ("name", "Eileen"),
        ("height_mm", 60),
    ],
)
def test_a_shape_that_is_asked_for_is_made(
    kiln: Kiln, first: dict[str, Any], wish: str, value: object
) -> None:
    assert "figurine.stl" in _remade(kiln, first, **{wish: value})


@pytest.mark.parametrize(
    ("wish", "value"),
    [("skin", "ebony"), ("hair", "#c0622c"), ("shirt", "teal"), ("beard", "full")],
)
def test_a_colour_that_is_asked_for_is_painted(
    kiln: Kiln, first: dict[str, Any], wish: str, value: str
) -> None:
    changed = _remade(kiln, first, **{wish: value})
    assert {"figurine.glb", "preview.png"} <= changed <= SHAPE | {"certificate.json"}


def test_the_photo_itself_can_be_the_face(kiln: Kiln, first: dict[str, Any]) -> None:
    assert "figurine.glb" in _remade(kiln, first, face="portrait")


def test_the_colour_print_uses_the_filaments_at_hand(kiln: Kiln, first: dict[str, Any]) -> None:
    own = ["#e8b08d", "#202020", "#ffffff", "#c03020"]
    job = _made(kiln, photo_of=first["id"], filaments=own)
    made = {stage["id"] for stage in job["stages"] if not stage["cached"]}
    assert made == {"fusion.package", "gateway.finish"}
    with zipfile.ZipFile(io.BytesIO(_file(kiln, job, "figurine.3mf"))) as package:
        text = b"".join(package.read(name) for name in package.namelist()).lower()
    assert any(one.encode() in text for one in own)


def test_the_certificate_is_of_the_process_that_was_asked_for(
    kiln: Kiln, first: dict[str, Any]
) -> None:
    job = _made(kiln, photo_of=first["id"], process="full_colour", height_mm=150)
    certificate = json.loads(_file(kiln, job, "certificate.json"))
    assert (certificate["process"], certificate["passed"]) == ("full_colour", True)
    assert certificate["estimate"]["minutes"] > 0


def test_resin_may_be_hollow_and_lean(kiln: Kiln, first: dict[str, Any]) -> None:
    job = _made(
        kiln, photo_of=first["id"], process="sla", hollow=True, orientation="auto", height_mm=120
    )
    assert job["facts"]["fusion.print"]["estimate"]["minutes"] > 0
    assert job["facts"]["fusion.print"]["printable"]
