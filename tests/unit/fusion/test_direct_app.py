from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import trimesh
from flask.testing import FlaskClient
from PIL import Image

from common.contracts.figurine import TemplateName
from common.ledger.memory import MemoryLedger
from common.settings import Settings
from common.vision.faces import FaceModels
from fusion_service.app import create_app
from tests.portraits import astronaut

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def ledger() -> MemoryLedger:
    return MemoryLedger(lambda: 1_000)


@pytest.fixture(scope="module")
def client(face_models: FaceModels, ledger: MemoryLedger) -> FlaskClient:
    # ``face_models`` skips the test where the files are missing
    models = Path(os.environ.get("KILN_MODELS_DIR", ROOT / "data" / "models"))
    return create_app(Settings(models_dir=models, max_upload_mb=1), ledger).test_client()


@pytest.fixture(scope="module")
def photo() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _height_m(glb: bytes) -> float:
    scene = trimesh.load(io.BytesIO(glb), file_type="glb")
    return float(scene.extents[1])


def test_a_photo_comes_back_as_a_figurine_of_the_height_asked_for(
    client: FlaskClient, photo: bytes
) -> None:
    response = client.post("/v1/sculpt?template=superhero&height_mm=80", data=photo)
    assert response.status_code == 200
    assert response.mimetype == "model/gltf-binary"
    assert _height_m(response.data) == pytest.approx(0.08, rel=0.02)


def test_a_form_gives_the_same_bytes_as_the_raw_body(client: FlaskClient, photo: bytes) -> None:
    form = {"template": "casual", "file": (io.BytesIO(photo), "me.jpg")}
    by_form = client.post("/v1/sculpt", data=form)
    by_body = client.post("/v1/sculpt?template=casual", data=photo)
    assert by_form.status_code == 200
    assert by_form.data == by_body.data


@pytest.mark.parametrize(
    ("query", "data", "status", "code"),
    [
        ("height_mm=5", b"x", 422, "bad_parameter"),
        ("height=80", b"x", 422, "bad_parameter"),
        ("template=giant", b"x", 422, "bad_parameter"),
        ("", b"", 422, "bad_photo"),
        ("", b"this is text", 422, "bad_photo"),
        ("", b"x" * 1_000_001, 413, "photo_too_large"),
    ],
    ids=["height", "parameter", "template", "empty", "text", "large"],
)
def test_what_cannot_be_sculpted_gets_a_clear_problem(
    client: FlaskClient, query: str, data: bytes, status: int, code: str
) -> None:
    response = client.post(f"/v1/sculpt?{query}", data=data)
    assert (response.status_code, response.json["code"]) == (status, code)  # type: ignore[index]
    assert response.json["hint"]  # type: ignore[index]


def test_a_face_that_is_not_in_the_photo_is_told_as_such(client: FlaskClient, photo: bytes) -> None:
    response = client.post("/v1/sculpt?subject=7", data=photo)
    assert (response.status_code, response.json["code"]) == (422, "no_such_subject")  # type: ignore[index]


def test_the_catalogue_lists_every_template(client: FlaskClient) -> None:
    catalog = client.get("/v1/catalog").json
    assert catalog is not None
    assert {template["name"] for template in catalog["templates"]} == set(TemplateName)
    assert all(template["description"] for template in catalog["templates"])


def test_readiness_asks_for_a_warm_worker(client: FlaskClient, ledger: MemoryLedger) -> None:
    assert "worker fusion" in client.get("/readyz").json["missing"]  # type: ignore[index]
    ledger.worker_up("fusion", "f1")
    assert client.get("/readyz").status_code == 200


def test_what_somebody_wishes_is_on_the_figurine(client: FlaskClient, photo: bytes) -> None:
    wish = "glasses=sunglasses&headwear=cap&hair_tied=ponytail&hair=%23a02020"
    response = client.post(f"/v1/sculpt?{wish}", data=photo)
    assert response.status_code == 200
    scene = trimesh.load(io.BytesIO(response.data), file_type="glb")
    assert isinstance(scene, trimesh.Scene)
    assert set(scene.geometry) >= {"head", "hair", "glasses", "lenses", "headwear"}


def test_the_photograph_itself_can_be_the_face(client: FlaskClient, photo: bytes) -> None:
    drawn = client.post("/v1/sculpt", data=photo)
    photographed = client.post("/v1/sculpt?face=portrait", data=photo)
    assert photographed.status_code == 200
    assert photographed.data != drawn.data
    assert _height_m(photographed.data) == pytest.approx(_height_m(drawn.data), rel=0.01)


@pytest.mark.parametrize("wish", ["beard=full", "expression=laugh", "eyes=teal"])
def test_what_a_photographed_face_cannot_show_is_refused(
    client: FlaskClient, photo: bytes, wish: str
) -> None:
    response = client.post(f"/v1/sculpt?face=portrait&{wish}", data=photo)
    assert response.status_code == 422
    assert "send face=drawn" in response.json["detail"]  # type: ignore[index]
