"""The cartoon alone: a product of its own, by API, client and command."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests
from PIL import Image

from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait

if TYPE_CHECKING:
    from tests.stack import TestStack

STYLES = ("cel", "pencil", "watercolor", "oil", "pop", "pixel")


@pytest.fixture(scope="module")
def kiln(stack: TestStack) -> Kiln:
    return Kiln(stack.url)


def _picture(kiln: Kiln, job: dict[str, Any]) -> Image.Image:
    (drawn,) = [one for one in job["artifacts"] if one["name"] == "portrait.png"]
    return Image.open(io.BytesIO(kiln.fetch(drawn)))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_comes_cut_out_at_full_size(kiln: Kiln, style: str) -> None:
    job = kiln.submit_portrait(new_portrait(), style=style, size_px=2048, background="transparent")
    job = kiln.wait(job["id"], timeout_s=60)
    assert job["state"] == "succeeded", job["error"]
    assert {one["name"] for one in job["artifacts"]} == {"portrait.png", "manifest.json"}
    picture = _picture(kiln, job)
    assert (picture.size, picture.mode) == ((2048, 2048), "RGBA")
    alpha = np.asarray(picture)[..., 3]
    assert 0.3 < (alpha > 128).mean() < 0.8
    assert job["facts"]["stylize.portrait"]["size_px"] == 2048


def test_a_portrait_is_half_of_a_figurine_and_remembered(kiln: Kiln) -> None:
    photo = new_portrait()
    alone = kiln.wait(kiln.submit_portrait(photo, style="pop")["id"])
    whole = kiln.wait(kiln.submit_figurine(photo, style="pop", formats="glb")["id"], timeout_s=60)
    cached = {stage["id"] for stage in whole["stages"] if stage["cached"]}
    assert cached == {"stylize.portrait"}
    other = kiln.wait(kiln.submit_portrait(photo_of=whole["id"], style="oil")["id"])
    assert other["state"] == "succeeded"
    again = kiln.submit_portrait(photo_of=alone["id"], style="pop")
    assert all(stage["cached"] for stage in again["stages"][:1])


def test_who_waits_gets_the_portrait_in_the_answer(stack: TestStack) -> None:
    answer = requests.post(
        f"{stack.url}/v1/portraits?style=pixel&size_px=128",
        data=new_portrait(512),
        headers={"Prefer": "wait=30", "Content-Type": "image/jpeg"},
        timeout=40,
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")


def test_an_engine_that_is_not_here_is_refused_at_once_with_the_way_to_get_it(
    stack: TestStack, kiln: Kiln
) -> None:
    with pytest.raises(ApiError) as refused:
        kiln.submit_portrait(new_portrait(512), engine="neural")
    assert (refused.value.status, refused.value.code) == (422, "engine_unavailable")
    assert "kiln models add" in str(refused.value)
    listed = requests.get(f"{stack.url}/v1/catalog", timeout=10).json()["engines"]
    assert [one["name"] for one in listed if one["available"]] == ["auto", "builtin"]


def test_the_command_makes_a_sticker(stack: TestStack, tmp_path: Path) -> None:
    (tmp_path / "me.jpg").write_bytes(new_portrait())
    kiln = str(Path(sys.executable).parent / "kiln")
    command = [kiln, "portrait", "me.jpg", "--style", "cel", "--size", "512", "--transparent"]
    done = subprocess.run(
        [*command, "--url", stack.url, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["product"] == "portrait"
    with Image.open(tmp_path / "out" / "portrait.png") as picture:
        assert (picture.size, picture.mode) == ((512, 512), "RGBA")
