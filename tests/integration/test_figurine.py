"""One photo through the whole house: real Redis, real worker processes, real files."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
import requests
import trimesh
from PIL import Image

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Node, Plan
from common.contracts.stages import FORM
from common.ledger.records import Limits, NewJob
from common.vision.decode import decode_photo
from common.vision.faces import FaceModels
from fusion_service.domain.archive import form_to_bytes
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import measure_people
from fusion_service.domain.sculpt import sculpt
from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait
from tests.portraits import astronaut, portrait_path
from tests.unit.fusion.sculptures import ball_man

if TYPE_CHECKING:
    from tests.stack import TestStack

FILES = {
    "portrait.png",
    "figurine.glb",
    "figurine.stl",
    "figurine.3mf",
    "figurine.usdz",
    "preview.png",
    "certificate.json",
    "manifest.json",
}


@pytest.fixture(scope="module")
def kiln(stack: TestStack) -> Kiln:
    return Kiln(stack.url)


@pytest.fixture(scope="module")
def done(kiln: Kiln) -> dict[str, Any]:
    job = kiln.submit_figurine(new_portrait(), template="casual", height_mm=80, name="Ada")
    return kiln.wait(job["id"], timeout_s=60)


def _file(stack: TestStack, job: dict[str, Any], name: str) -> bytes:
    url = next(a["url"] for a in job["artifacts"] if a["name"] == name)
    response = requests.get(stack.url + url, timeout=10)
    assert response.status_code == 200
    return response.content


def test_a_photo_becomes_every_file(done: dict[str, Any]) -> None:
    assert done["state"] == "succeeded"
    assert {a["name"] for a in done["artifacts"]} == FILES
    assert done["progress"] == 100
    assert {s["engine"] for s in done["stages"]} == {"builtin"}


def test_the_stl_is_one_watertight_body_on_the_bed(stack: TestStack, done: dict[str, Any]) -> None:
    stl = _file(stack, done, "figurine.stl")
    mesh = trimesh.load(io.BytesIO(stl), file_type="stl", force="mesh")
    assert mesh.is_watertight
    assert mesh.is_volume
    assert mesh.body_count == 1
    assert mesh.bounds[0][2] == 0
    assert mesh.extents[2] == pytest.approx(80, abs=0.01)


def test_the_manifest_lists_what_is_there(stack: TestStack, done: dict[str, Any]) -> None:
    manifest = json.loads(_file(stack, done, "manifest.json"))
    listed = {entry["name"]: entry["sha256"] for entry in manifest["artifacts"]}
    assert listed == {
        a["name"]: a["sha256"] for a in done["artifacts"] if a["name"] != "manifest.json"
    }
    assert (manifest["parameters"]["template"], manifest["parameters"]["name"]) == ("casual", "Ada")
    assert "plan" not in manifest["parameters"]


def test_the_certificate_names_every_gate(stack: TestStack, done: dict[str, Any]) -> None:
    certificate = json.loads(_file(stack, done, "certificate.json"))
    names = {gate["name"] for gate in certificate["gates"]}
    assert len(names) >= 8
    assert certificate["height_mm"] == 80


def test_independent_stages_ran_in_parallel(kiln: Kiln, done: dict[str, Any]) -> None:
    spans = {
        stage["id"]: (stage["begin_ms"], stage["end_ms"])
        for stage in kiln.timeline(done["id"])["stages"]
    }
    portrait, begun, painted = (
        spans["stylize.portrait"],
        spans["fusion.measure"][0],
        spans["fusion.paint"][1],
    )
    assert max(begun, portrait[0]) < min(painted, portrait[1])  # beside the body


def test_the_same_photo_again_is_remembered(kiln: Kiln) -> None:
    photo = new_portrait()
    first = kiln.wait(kiln.submit_figurine(photo)["id"])
    second = kiln.submit_figurine(photo)
    assert second["state"] == "succeeded"  # in the answer to the POST itself
    assert all(stage["cached"] for stage in second["stages"])
    assert {a["sha256"] for a in second["artifacts"]} == {a["sha256"] for a in first["artifacts"]}


def test_another_template_reuses_the_measured_face_and_the_portrait(kiln: Kiln) -> None:
    photo = new_portrait()
    kiln.wait(kiln.submit_figurine(photo)["id"])
    again = kiln.wait(kiln.submit_figurine(photo, template="superhero")["id"])
    cached = {stage["id"] for stage in again["stages"] if stage["cached"]}
    assert cached == {"fusion.measure", "stylize.portrait"}


def test_the_files_are_the_bytes_that_the_bare_functions_give(stack: TestStack, kiln: Kiln) -> None:
    photo = new_portrait()
    job = kiln.wait(kiln.submit_figurine(photo)["id"])
    faces = FaceModels.load(stack.settings.models)
    people = measure_people(faces, decode_photo(photo), "largest", 1).people
    form = sculpt(people, "default", 100.0)
    assert _file(stack, job, "figurine.stl") == to_stl(form)
    assert _file(stack, job, "figurine.glb") == to_glb(paint(form, people))


def test_what_cannot_be_printed_fails_by_its_gate_and_is_made_if_accepted(
    stack: TestStack, kiln: Kiln
) -> None:
    failed = _print_too_small(stack, kiln)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "unprintable")
    assert "wall" in failed["error"]["detail"].lower()
    certificate = json.loads(_file(stack, failed, "certificate.json"))
    assert "wall" in [gate["name"] for gate in certificate["gates"] if not gate["passed"]]
    accepted = _print_too_small(stack, kiln, accept="unprintable")
    assert accepted["state"] == "succeeded"
    assert accepted["facts"]["fusion.print"]["printable"] is False


def _print_too_small(stack: TestStack, kiln: Kiln, **wanted: str) -> dict[str, Any]:
    """Let a worker print what no wish makes any more: a figurine of nine millimetres."""
    form = form_to_bytes(replace(ball_man().form, height_mm=9.0))
    job = uuid4().hex
    put = stack.store().put("local", FORM.name, FORM.media_type, form, internal=True)
    plan = Plan(nodes=(Node(id="fusion.print", stage="fusion.print", queue="fusion"),))
    params = {"process": "full_colour", **wanted}
    ledger = stack.ledger()
    ledger.accept(NewJob(job, "local", "figurine", params, plan, (put,)), Limits(1000))
    canvas.publish_plan(make_app(stack.settings), job, plan)
    return kiln.wait(job, timeout_s=60)


def test_two_people_stand_on_one_base(stack: TestStack, kiln: Kiln) -> None:
    face = astronaut()
    data = io.BytesIO()
    Image.fromarray(np.hstack([face, face[:, ::-1]])).save(data, "PNG")
    job = kiln.submit_figurine(data.getvalue(), template="couple", hair="black")
    job = kiln.wait(job["id"], timeout_s=60)
    assert job["state"] == "succeeded", job["error"]
    names = {node["name"] for node in _glb_nodes(_file(stack, job, "figurine.glb"))}
    assert {"head", "head 2", "hair", "hair 2"} <= names
    solid = trimesh.load(io.BytesIO(_file(stack, job, "figurine.stl")), file_type="stl")
    assert solid.is_watertight
    assert solid.body_count == 1


def _glb_nodes(glb: bytes) -> list[dict[str, Any]]:
    length = int.from_bytes(glb[12:16], "little")
    nodes: list[dict[str, Any]] = json.loads(glb[20 : 20 + length])["nodes"]
    return nodes


def test_a_format_nobody_asked_for_is_not_made(kiln: Kiln) -> None:
    job = kiln.wait(kiln.submit_figurine(new_portrait(), formats="glb")["id"])
    names = {a["name"] for a in job["artifacts"]}
    assert names == {"portrait.png", "figurine.glb", "preview.png", "manifest.json"}


def _jpeg(pixels: np.ndarray, exif: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_is_turned_back(kiln: Kiln, turns: int) -> None:
    job = kiln.wait(kiln.submit_figurine(_jpeg(np.rot90(astronaut(), turns).copy()))["id"])
    assert job["state"] == "succeeded"


def test_a_phone_photo_with_exif_orientation_is_turned_back(kiln: Kiln) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.rot90(astronaut(), 1).copy()
    job = kiln.wait(kiln.submit_figurine(_jpeg(lying, exif.tobytes()))["id"])
    assert job["state"] == "succeeded"


@pytest.mark.parametrize(
    ("pixels", "code"),
    [
        (np.full((512, 512, 3), 128, np.uint8), "no_face"),
        (astronaut()[:, 225:], "face_cut_off"),
        (astronaut()[::4, ::4], "face_too_small"),
    ],
)
def test_a_photo_without_a_good_face_gets_a_clear_problem(
    stack: TestStack, pixels: np.ndarray, code: str
) -> None:
    response = requests.post(
        f"{stack.url}/v1/figurines",
        files={"photo": ("me.jpg", _jpeg(np.ascontiguousarray(pixels)))},
        headers={"Prefer": "wait=30"},
        timeout=40,
    )
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert response.json()["hint"]


def test_several_faces_take_the_largest_or_the_subject(kiln: Kiln) -> None:
    photo = portrait_path("two_faces.jpg").read_bytes()
    largest = kiln.wait(kiln.submit_figurine(photo)["id"])
    other = kiln.wait(kiln.submit_figurine(photo, subject="1")["id"])
    stl = [
        next(a["sha256"] for a in job["artifacts"] if a["name"] == "figurine.stl")
        for job in (largest, other)
    ]
    assert stl[0] != stl[1]
    missing = kiln.wait(kiln.submit_figurine(photo, subject="7")["id"])
    assert missing["error"]["code"] == "no_such_subject"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"style": "cubist"}, "bad_parameter"),
        ({"template": "wizard"}, "bad_parameter"),
        ({"height_mm": 5}, "bad_parameter"),
        ({"colour": "red"}, "bad_parameter"),
        ({"hair": "puce2"}, "bad_parameter"),
        ({"name": "Ada\x07"}, "bad_parameter"),
        ({"pause_after": "body"}, "bad_parameter"),
    ],
)
def test_a_wrong_parameter_is_refused_at_once(
    kiln: Kiln, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(ApiError) as refused:
        kiln.submit_figurine(new_portrait(), **parameters)
    assert refused.value.status == 422
    assert refused.value.code == code
    assert next(iter(parameters)) in refused.value.problem["detail"]
