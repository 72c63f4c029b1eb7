from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from common.ledger.memory import MemoryLedger
from common.settings import Settings
from common.vision.faces import FaceModels
from stylize_service.app import create_app
from stylize_service.domain.styles import STYLES
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


def _picture(data: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_a_photo_comes_back_as_a_portrait(client: FlaskClient, photo: bytes) -> None:
    response = client.post("/v1/portrait?style=pop", data=photo, content_type="image/jpeg")
    assert response.status_code == 200
    assert response.mimetype == "image/png"
    picture = _picture(response.data)
    assert picture.shape == (1024, 1024, 3)
    assert picture.std() > 20  # not one colour


def test_a_form_gives_the_same_bytes_as_the_raw_body(client: FlaskClient, photo: bytes) -> None:
    form = {"style": "pixel", "photo": (io.BytesIO(photo), "me.jpg")}
    by_form = client.post("/v1/portrait", data=form)
    by_body = client.post("/v1/portrait?style=pixel", data=photo)
    assert by_form.data == by_body.data


def test_a_photo_without_a_face_is_told_as_such(client: FlaskClient) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 200), (128, 128, 128)).save(buffer, "PNG")
    response = client.post("/v1/portrait", data=buffer.getvalue())
    assert (response.status_code, response.json["code"]) == (422, "no_face")  # type: ignore[index]


@pytest.mark.parametrize(
    ("query", "data", "status", "code"),
    [
        ("style=crayon", b"x", 422, "bad_parameter"),
        ("stile=cel", b"x", 422, "bad_parameter"),
        ("", b"", 422, "bad_photo"),
        ("", b"this is text", 422, "bad_photo"),
        ("", b"x" * 1_000_001, 413, "photo_too_large"),
    ],
    ids=["style", "parameter", "empty", "text", "large"],
)
def test_what_cannot_be_drawn_gets_a_clear_problem(
    client: FlaskClient, query: str, data: bytes, status: int, code: str
) -> None:
    response = client.post(f"/v1/portrait?{query}", data=data)
    assert (response.status_code, response.json["code"]) == (status, code)  # type: ignore[index]
    assert response.json["hint"]  # type: ignore[index]


def test_the_catalogue_lists_every_style(client: FlaskClient) -> None:
    catalog = client.get("/v1/catalog").json
    assert catalog is not None
    assert [style["name"] for style in catalog["styles"]] == [s.name for s in STYLES.values()]
    builtin, *others = catalog["engines"]
    assert builtin == {"name": "builtin", "available": True}
    for engine in others:
        assert not engine["available"]
        assert f"kiln models add NAME URL|PATH --kind {engine['name']}" in engine["why"]


@pytest.mark.parametrize("engine", ["neural", "diffusion"])
def test_an_engine_that_is_not_here_says_what_to_do(
    client: FlaskClient, photo: bytes, engine: str
) -> None:
    response = client.post(f"/v1/portrait?engine={engine}", data=photo)
    answer = response.json
    assert answer is not None
    assert (response.status_code, answer["code"]) == (422, "engine_unavailable")
    assert f"--kind {engine}" in answer["detail"]


def test_the_answer_says_which_engine_drew(client: FlaskClient, photo: bytes) -> None:
    query = "engine=auto&size_px=200&background=transparent"
    response = client.post(f"/v1/portrait?{query}", data=photo)
    assert response.headers["X-Kiln-Engine"] == "builtin"
    picture = cv2.imdecode(np.frombuffer(response.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (200, 200, 4)
    assert picture[5, 5, 3] == 0
    assert picture[100, 100, 3] == 255


def test_readiness_asks_for_a_warm_worker(client: FlaskClient, ledger: MemoryLedger) -> None:
    assert "worker stylize" in client.get("/readyz").json["missing"]  # type: ignore[index]
    ledger.worker_up("stylize", "s1")
    assert client.get("/readyz").status_code == 200
    assert client.get("/health").status_code == 200
