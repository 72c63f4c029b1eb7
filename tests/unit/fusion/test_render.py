"""The preview: what is in the picture, where, and the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fusion_service.domain.preview import render
from fusion_service.domain.preview.baked_light import BakedLight, bake_light
from fusion_service.domain.preview.cameras import BACK, FRONT, HERO, SIDE, Camera, lay_out
from fusion_service.domain.preview.render import PreviewRenderer, draw_preview
from tests.unit.fusion.sculptures import ball_man, with_parts

if TYPE_CHECKING:
    from fusion_service.domain.preview.cameras import Frame
    from fusion_service.domain.sculpture import Solid

WIDTH = 800
Picture = npt.NDArray[np.int16]  # (500, 800, 3) RGB


@pytest.fixture(scope="module")
def preview(gl: None) -> bytes:
    return draw_preview(ball_man(), WIDTH).to_png()


@pytest.fixture(scope="module")
def picture(preview: bytes) -> Picture:
    decoded = cv2.imdecode(np.frombuffer(preview, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(decoded[:, :, ::-1], np.int16)


def frames() -> list[Frame]:
    return lay_out(ball_man().solid.vertices, WIDTH, WIDTH * 5 // 8)


def cut(picture: Picture, frame: Frame) -> Picture:
    return picture[frame.y : frame.y + frame.height, frame.x : frame.x + frame.width]


def blue_share(view: Picture) -> float:
    """Share of pixels with the colour of the irises; nothing else is so blue."""
    red, green, blue = view.transpose(2, 0, 1)
    return float(((blue > 120) & (blue > red + 70) & (blue > green + 50)).mean())


def test_the_picture_has_the_size_asked_for(picture: Picture) -> None:
    assert picture.shape == (500, 800, 3)


def test_every_view_shows_a_figurine_on_light_paper(picture: Picture) -> None:
    for frame in frames():
        view = cut(picture, frame)
        assert view[:5].min() > 190  # paper above the head
        assert 0.1 < (view.max(axis=2) < 190).mean() < 0.5
        orange = (view[:, :, 0] > 150) & (view[:, :, 2] < 90)
        assert orange.mean() > 0.02  # the shirt


def test_the_hero_shows_the_skin_and_the_eyes(picture: Picture) -> None:
    hero = cut(picture, frames()[0])
    head = hero[60:200, 130:280]
    red, green, blue = head.transpose(2, 0, 1)
    skin = (red > 170) & (red > green) & (green > blue) & (red - blue > 25)
    assert skin.mean() > 0.2
    assert blue_share(hero) > 0.005


def test_front_and_three_quarter_show_the_face_and_the_back_does_not(picture: Picture) -> None:
    _, front, three_quarter, _, back = (cut(picture, frame) for frame in frames())
    assert blue_share(front) > 0.005
    assert blue_share(three_quarter) > 0.003
    assert blue_share(back) == 0


def test_the_viewers_left_is_the_figurines_right(picture: Picture) -> None:
    # seen from the side camera, which stands at the viewer's right, the face looks to the left
    side = cut(picture, frames()[3])
    columns = np.flatnonzero(
        ((side[:, :, 2] > 120) & (side[:, :, 2] > side[:, :, 0] + 70)).any(axis=0)
    )
    assert columns.mean() < side.shape[1] / 2


def test_the_figurine_casts_a_shadow_and_the_paper_is_not_flat(picture: Picture) -> None:
    frame = frames()[0]
    hero = cut(picture, frame)
    ground = int(frame.height * 0.88)
    beside = hero[ground - 40 : ground, frame.width - 70 : frame.width - 40].mean()
    opposite = hero[ground - 40 : ground, 20:50].mean()
    assert beside < opposite - 5  # the key light comes from the upper left
    assert picture[0, 0].sum() < picture[200, 10].sum()


def test_the_same_sculpture_gives_the_same_bytes(preview: bytes) -> None:
    assert draw_preview(ball_man(), WIDTH).to_png() == preview
    draw_preview(ball_man(40.0), 400).to_png()  # another size and sculpture in between
    assert draw_preview(ball_man(), WIDTH).to_png() == preview


def test_parts_without_a_face_are_drawn_too(gl: None, preview: bytes) -> None:
    sculpture = ball_man()
    parts = tuple(replace(part, texture=None) for part in sculpture.parts)
    faceless = draw_preview(with_parts(sculpture, *parts), WIDTH).to_png()
    decoded = cv2.imdecode(np.frombuffer(faceless, np.uint8), cv2.IMREAD_COLOR)
    assert blue_share(np.asarray(decoded[:, :, ::-1], np.int16)) == 0
    assert draw_preview(sculpture, WIDTH).to_png() == preview


def test_light_is_baked_once_for_a_form_whatever_its_paint(
    gl: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    baked: list[int] = []

    def counted(solid: Solid, *rest: Any) -> BakedLight:
        baked.append(id(solid))
        return bake_light(solid, *rest)

    monkeypatch.setattr(render, "bake_light", counted)
    first, other = ball_man(), ball_man(70.0)
    hair = replace(first.coats[4], colour=(190, 30, 30))
    dyed = replace(first, coats=(*first.coats[:4], hair, first.coats[5]))
    drawn, alone = PreviewRenderer(), PreviewRenderer()
    drawn.draw(first, WIDTH)
    again = drawn.draw(dyed, WIDTH).to_png()
    assert baked == [id(first.solid)]
    assert again == alone.draw(dyed, WIDTH).to_png()
    drawn.draw(other, WIDTH)
    faceless = replace(dyed, coats=tuple(replace(coat, texture=None) for coat in dyed.coats))
    drawn.draw(faceless, WIDTH)  # its parts are drawn in another order
    assert baked[2:] == [id(other.solid), id(first.solid)]


def test_another_thread_gets_its_own_context_and_the_same_picture(preview: bytes) -> None:
    drawn: list[bytes] = []
    thread = threading.Thread(target=lambda: drawn.append(draw_preview(ball_man(), WIDTH).to_png()))
    thread.start()
    thread.join(30)
    assert drawn == [preview]


def test_drawing_again_and_again_stops_growing(gl: None) -> None:
    renderer = PreviewRenderer()
    grown = []
    for _ in range(4):  # the pools of the driver and of malloc fill first
        before = _resident_kilobytes()
        for _ in range(8):
            renderer.draw(ball_man(), 400).to_png()
        grown.append(_resident_kilobytes() - before)
    assert min(grown[1:]) < 3_000  # one mesh is 3 MB, so a leak would be 24 MB each time
    assert renderer._window.GetRenderers().GetNumberOfItems() == 0


def test_a_machine_without_opengl_says_so_and_how_to_mend_it() -> None:
    program = (
        "from common.errors import EngineUnavailable\n"
        "from fusion_service.domain.preview.offscreen import open_window\n"
        "try:\n    open_window()\n"
        "except EngineUnavailable as error:\n    print(error.code, '|', error.advice)\n"
    )
    environment = {**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("engine_unavailable | Install libegl1")
    assert done.stderr == ""


def test_the_cameras_see_the_whole_figurine_from_the_right_side() -> None:
    points = ball_man().solid.vertices
    views = lay_out(points, 1600, 1000)
    assert [frame.camera.azimuth for frame in views] == [HERO, FRONT, HERO, SIDE, BACK]
    for frame in views:
        seen = frame.pixels(points)
        assert seen.min() > 0
        assert (seen.max(axis=0) < [frame.width - 1, frame.height - 1]).all()
    nose = np.array([[0.0, 15.0, 60.0], [5.0, 15.0, 60.0]])
    ahead = Camera(FRONT, 0.0, 60.0, 300.0).project(nose)
    assert ahead[0] == pytest.approx([0, 0], abs=1e-9)
    assert ahead[1, 0] < 0  # +x is the viewer's left
    front, again, *others = views[1:]
    assert {frame.camera.distance for frame in others} == {front.camera.distance}
    # the hero shot once more: as large as the others, and on their ground
    assert again.camera == views[0].camera
    assert again.camera.distance / again.zoom == pytest.approx(front.camera.distance, rel=0.01)
    base = np.zeros((1, 3))
    assert again.pixels(base)[0] == pytest.approx(front.pixels(base)[0], abs=0.51)


def test_light_is_blocked_below_the_head_and_in_creases() -> None:
    sculpture = ball_man()
    top = np.float32([[0, -1, 77.5], [0, 6, 45.5]])  # crown, and the fold under the chin
    normals = np.float32([[0, 0, 1], [0, 0.8, -0.6]])
    light = bake_light(sculpture.solid, top, normals, (Camera(FRONT, 8.0, 40.0, 300.0),))
    assert light.ambient[0] > 0.9
    assert light.ambient[1] < 0.6
    assert light.key[0, 0] > 0.9
    assert light.key[1, 0] < 0.5
    assert light.floors[0].max() > 0.9
    assert light.floors[0][0, 0] == pytest.approx(0, abs=1e-3)


def _resident_kilobytes() -> int:
    with open("/proc/self/status") as status:  # noqa: PTH123  a device-like file, read at once
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1])
