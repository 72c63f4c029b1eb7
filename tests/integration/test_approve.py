"""Look at the portrait, change something, and only what the change concerns is made."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from PIL import Image

from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait

if TYPE_CHECKING:
    from tests.stack import TestStack

SEEN = {"stylize.portrait", "fusion.measure"}


@pytest.fixture(scope="module")
def kiln(stack: TestStack) -> Kiln:
    return Kiln(stack.url)


def _paused(kiln: Kiln, photo: bytes, **wishes: Any) -> dict[str, Any]:
    job = kiln.submit_figurine(photo, pause_after="portrait", **wishes)
    job = kiln.wait(job["id"], timeout_s=60)
    assert job["state"] == "paused", job["error"]
    return job


def _runs(stack: TestStack, job: str) -> dict[str, list[str]]:
    """What ended in which way, stage by stage, in the whole life of a job."""
    found: dict[str, list[str]] = {}
    for event in stack.ledger().events(job):
        if event.type == "stage" and event.data["state"] in {"done", "failed"}:
            how = "remembered" if event.data.get("cached") else event.data["state"]
            found.setdefault(event.data["stage"], []).append(how)
    return found


def _sha(job: dict[str, Any], name: str) -> str:
    return str(next(one["sha256"] for one in job["artifacts"] if one["name"] == name))


def test_the_portrait_is_there_to_look_at_before_any_body(stack: TestStack, kiln: Kiln) -> None:
    job = _paused(kiln, new_portrait())
    (drawn,) = job["artifacts"]
    assert Image.open(io.BytesIO(kiln.fetch(drawn))).size == (1024, 1024)
    assert _runs(stack, job["id"]).keys() == SEEN
    assert job["facts"]["fusion.measure"]["seen"]
    kiln.cancel(job["id"])


def test_template_and_colour_are_changed_without_drawing_or_measuring_again(
    stack: TestStack, kiln: Kiln
) -> None:
    job = _paused(kiln, new_portrait())
    portrait = _sha(job, "portrait.png")
    kiln.resume(job["id"], template="chef", hair="ginger", name="Ada")
    done = kiln.wait(job["id"], timeout_s=60)
    assert done["state"] == "succeeded", done["error"]
    runs = _runs(stack, job["id"])
    assert all(ends == ["done"] for ends in runs.values()), runs
    assert _sha(done, "portrait.png") == portrait
    assert done["parameters"]["template"] == "chef"
    assert done["facts"]["fusion.paint"]["colours"]["hair"] == "#c0622c"
    assert {"figurine.glb", "figurine.stl", "figurine.3mf", "figurine.usdz"} <= {
        one["name"] for one in done["artifacts"]
    }


def test_another_colour_of_the_same_photo_prints_nothing_anew(kiln: Kiln) -> None:
    first = kiln.wait(kiln.submit_figurine(new_portrait())["id"], timeout_s=60)
    other = kiln.submit_figurine(photo_of=first["id"], hair="#c0622c", shirt="teal")
    other = kiln.wait(other["id"], timeout_s=60)
    assert other["state"] == "succeeded", other["error"]
    made = {stage["id"] for stage in other["stages"] if not stage["cached"]}
    assert made == {
        *("fusion.paint", "fusion.render", "fusion.package", "fusion.ar", "gateway.finish")
    }
    assert _sha(other, "figurine.stl") == _sha(first, "figurine.stl")
    assert _sha(other, "figurine.glb") != _sha(first, "figurine.glb")
    colours = other["facts"]["fusion.paint"]["colours"]
    assert colours["hair"] == "#c0622c"


def test_a_changed_style_is_drawn_again_and_can_be_looked_at_again(
    stack: TestStack, kiln: Kiln
) -> None:
    job = _paused(kiln, new_portrait(), formats="glb")
    kiln.resume(job["id"], style="pop", pause_after="portrait")
    again = kiln.wait(job["id"], timeout_s=60)
    assert again["state"] == "paused"
    assert _sha(again, "portrait.png") != _sha(job, "portrait.png")
    kiln.resume(job["id"])
    done = kiln.wait(job["id"], timeout_s=60)
    assert done["state"] == "succeeded", done["error"]
    runs = _runs(stack, job["id"])
    assert runs.pop("stylize.portrait") == ["done", "done"]
    assert all(ends == ["done"] for ends in runs.values()), runs


def test_who_waits_is_answered_at_the_pause(stack: TestStack, kiln: Kiln) -> None:
    answer = requests.post(
        f"{stack.url}/v1/figurines?pause_after=portrait&formats=glb",
        data=new_portrait(),
        headers={"Prefer": "wait=30", "Content-Type": "image/jpeg"},
        timeout=40,
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "paused")
    with pytest.raises(ApiError) as refused:
        kiln.resume(answer.json()["id"], formats="stl")
    assert (refused.value.status, refused.value.code) == (422, "bad_parameter")
    kiln.cancel(answer.json()["id"])


def test_the_command_shows_the_portrait_and_takes_changes(stack: TestStack, tmp_path: Path) -> None:
    (tmp_path / "me.jpg").write_bytes(new_portrait())
    command = [str(Path(sys.executable).parent / "kiln"), "figurine", "me.jpg", "--approve"]
    done = subprocess.run(
        [*command, "--formats", "glb", "--url", stack.url, "--json"],
        cwd=tmp_path,
        input="hair=puce2\nstyle=oil\ntemplate=sports shirt=teal\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "hair must be a colour" in done.stderr
    assert done.stderr.count("The portrait: out/portrait.png") == 2
    parameters = json.loads(done.stdout)["parameters"]
    assert (parameters["style"], parameters["template"]) == ("oil", "sports")
    assert parameters["shirt"] == "#008080"
    assert (tmp_path / "out" / "figurine.glb").is_file()


def test_a_name_that_does_not_fit_is_refused_with_the_limit(stack: TestStack) -> None:
    answer = requests.post(
        f"{stack.url}/v1/figurines",
        params={"name": "Wolfeschlegelsteinhausenbergerdorff", "height_mm": "40"},
        data=new_portrait(),
        headers={"Prefer": "wait=40", "Content-Type": "image/jpeg"},
        timeout=50,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "name_does_not_fit")
    assert "the base holds about" in answer.json()["detail"]
    assert answer.json()["hint"]
