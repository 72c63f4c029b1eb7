"""The client that is generated from a running house's own description does a whole job there."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
import requests

from tests.bench.photos import new_portrait
from tests.generated.making import FLOW, generator, make_client, run
from tests.stack import TestStack
from tests.venvs import NotHereError


def test_a_generated_client_makes_a_figurine_with_a_pause_and_a_change(
    stack: TestStack, tmp_path: Path
) -> None:
    try:
        python = generator()
    except NotHereError as reason:
        pytest.fail(str(reason)) if os.environ.get("CI") else pytest.skip(str(reason))
    make_client(requests.get(f"{stack.url}/openapi.json", timeout=10).json(), tmp_path)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(new_portrait())
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    told = json.loads(run(python, FLOW, stack.url, photo, tmp_path, env=environment))
    assert told["styles"][0] == "cel"
    assert told["glb"] == "glTF"
    # the change counts, and what was not sent with it has stayed as it was
    assert told["parameters"]["shirt"] == "#1f7a7d"
    assert told["parameters"]["template"] == "chef"
    assert {"photo", "figurine.glb", "figurine.stl"} <= {*told["erased"]}
    assert told["missing"] == [410, "erased"]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        names = {Path(name).name for name in archive.namelist()}
    assert {"portrait.png", "figurine.glb", "figurine.stl", "certificate.json"} <= names
