"""The preview picture: a hero shot and four views, drawn off screen by VTK."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from vtkmodules.vtkRenderingCore import vtkRenderer

from common.vision.png import encode_png
from fusion_service.domain.preview.backdrop import compose
from fusion_service.domain.preview.baked_light import BakedLight, bake_light
from fusion_service.domain.preview.cameras import LENS, Frame, lay_out
from fusion_service.domain.preview.head_view import HEAD_ON, PAPER, SIDE, face_place
from fusion_service.domain.preview.offscreen import draw, open_window
from fusion_service.domain.preview.vinyl_actor import VinylActor

if TYPE_CHECKING:
    from common.vision.detector import Detection
    from fusion_service.domain.sculpture import Float, Form, Part, Pixels, Sculpture, Shift

# On Mesa's software rasteriser half the time of 4x multisampling, and the sheen is smooth too.
# Twice as fine looks the same and takes 45 MB more.
SUPERSAMPLING = 1.5
SHADOW_OF_FRAME = (0, 1, 0, 2, 3)  # hero and three-quarter view share the light
MIDDLE = (0.0, 0.0, 0.0)
_own = threading.local()


@dataclass(frozen=True)
class Drawing:
    """What OpenGL drew for a preview, premultiplied RGBA; any thread may go on with it."""

    hero: Pixels  # the left half of the picture
    small: Pixels  # the right one, with room for the hero shot
    frames: list[Frame]
    floors: tuple[Float, ...]  # the shadow on them, one a frame

    def to_png(self) -> bytes:
        """Put everything on paper: hero, front, three-quarter, side and back.

        The same sculpture gives the same bytes with the same OpenGL driver.
        """
        drawn = np.hstack([self.hero, self.small])
        for frame in self.frames[1:]:
            if frame.camera == self.frames[0].camera:
                _show_again(self.hero, drawn, frame)
        return encode_png(compose(drawn, self.frames, self.floors))


@dataclass(frozen=True)
class _Baked:
    """The light on a form, which others keep alive or not, in the order of its meshes."""

    form: weakref.ref[Form]
    meshes: list[int]
    light: BakedLight


def draw_preview(sculpture: Sculpture, width: int = 1600) -> Drawing:
    """Draw the preview with this thread's own ``PreviewRenderer``, made on first use.

    It will be ``width`` x ``0.625 width`` pixels.

    Raises
    ------
    EngineUnavailable
        This machine has no off-screen OpenGL.
    """
    return _own_renderer().draw(sculpture, width)


def render_head(sculpture: Sculpture) -> Pixels:
    """Draw the first head from the front, quickest right after its preview; see ``head_view``."""
    return _own_renderer().render_head(sculpture)


def view_head(sculpture: Sculpture) -> tuple[Pixels, Detection]:
    """Draw the first head, and tell where its face is."""
    return render_head(sculpture), face_place()


def _own_renderer() -> PreviewRenderer:
    if not hasattr(_own, "renderer"):
        _own.renderer = PreviewRenderer()
    renderer: PreviewRenderer = _own.renderer
    return renderer


class PreviewRenderer:
    """Owns one OpenGL context: make it and use it in the same thread, and keep it warm.

    VTK holds the interpreter lock while it draws and ties the context to the thread that made
    it. Mesa's rasteriser starts ``LP_NUM_THREADS`` threads, one a core unless the environment
    of the process says otherwise before the first context is made.
    """

    def __init__(self) -> None:
        self._window = open_window()
        self._plain = VinylActor(textured=False)
        self._heads: list[VinylActor] = []  # one a drawn face
        self._shown: list[VinylActor] = []
        self._lit: Sculpture | None = None  # what the actors show
        self._baked: _Baked | None = None

    def draw(self, sculpture: Sculpture, width: int = 1600) -> Drawing:
        """Draw every view of the preview, which will be ``width`` px wide."""
        width -= width % 4  # the four small views are whole pixels wide
        height = width * 5 // 8 // 2 * 2
        frames = lay_out(sculpture.solid.vertices, width, height)
        light = self._light_and_show(sculpture, frames)
        # one half after the other: a window of half the size takes half the memory
        hero = self._draw(frames[:1], width // 2, height)
        others = [frame for frame in frames if frame.camera != frames[0].camera]
        small = self._draw(others, width // 2, height)
        return Drawing(hero, small, frames, tuple(light.floors[i] for i in SHADOW_OF_FRAME))

    def render_head(self, sculpture: Sculpture) -> Pixels:
        """Draw the first head alone from the front; (320, 320, 3) RGB on plain paper."""
        if self._lit is not sculpture:
            self._light_and_show(sculpture, lay_out(sculpture.solid.vertices, 1600, 1000))
        own = next((part.shift for part in sculpture.parts if part.texture is not None), MIDDLE)
        width, height = (max(round(side / SUPERSAMPLING), SIDE) for side in self._window.GetSize())
        corner = Frame(HEAD_ON, 0, height - SIDE, SIDE, SIDE)
        renderer = self._renderer(corner, width, height, own)
        drawn = draw(self._window, [renderer], (SIDE, SIDE), SUPERSAMPLING, (width, height))
        free = 1 - drawn[..., 3:].astype(np.float32) / np.float32(255)
        return np.asarray(np.rint(drawn[..., :3] + free * np.array(PAPER, np.float32)), np.uint8)

    def _light_and_show(self, sculpture: Sculpture, frames: list[Frame]) -> BakedLight:
        """Bake the light and hand the parts to the actors: one for each face, one for the rest."""
        heads = [part for part in sculpture.parts if part.texture is not None]
        plain = [part for part in sculpture.parts if part.texture is None]
        light = self._bake(sculpture.form, plain + heads, frames)
        self._heads += [VinylActor(textured=True) for _ in range(len(heads) - len(self._heads))]
        groups = [(self._plain, plain), *((self._heads[i], [part]) for i, part in enumerate(heads))]
        self._shown = [actor for actor, _ in groups]
        start = 0
        for actor, parts in groups:
            end = start + sum(len(part.mesh.vertices) for part in parts)
            actor.show(parts, light.ambient[start:end], light.key[start:end])
            start = end
        self._lit = sculpture
        return light

    def _bake(self, form: Form, parts: list[Part], frames: list[Frame]) -> BakedLight:
        """Bake the light at the parts' vertices, unless it is the last form in other paint."""
        meshes = [id(part.mesh) for part in parts]  # of a form that lives: nobody else's
        if self._baked and self._baked.form() is form and self._baked.meshes == meshes:
            return self._baked.light
        points = np.concatenate([part.mesh.vertices for part in parts])
        normals = np.concatenate([part.mesh.normals for part in parts])
        first = [SHADOW_OF_FRAME.index(i) for i in range(max(SHADOW_OF_FRAME) + 1)]
        cameras = tuple(frames[i].camera for i in first)
        light = bake_light(form.solid, points, normals, cameras)
        self._baked = _Baked(weakref.ref(form), meshes, light)
        return light

    def _draw(self, frames: list[Frame], width: int, height: int) -> Pixels:
        """Draw the frames of one half of the picture; (height, width, 4)."""
        renderers = [self._renderer(frame, width, height) for frame in frames]
        return draw(self._window, renderers, (width, height), SUPERSAMPLING)

    def _renderer(
        self, frame: Frame, width: int, height: int, about: Shift = MIDDLE
    ) -> vtkRenderer:
        """Look at the actors as the frame's camera does, moved to whoever stands at ``about``."""
        renderer = vtkRenderer()
        left, bottom = frame.x % width / width, 1 - (frame.y + frame.height) / height
        right, top = left + frame.width / width, bottom + frame.height / height
        renderer.SetViewport(left, bottom, right, top)
        camera = renderer.GetActiveCamera()
        aim = np.array([0, 0, frame.camera.target_z])
        camera.SetFocalPoint(*(aim + about))
        camera.SetPosition(*(frame.camera.position + about))
        camera.SetViewUp(0, 0, 1)
        camera.SetViewAngle(LENS)
        for vinyl in self._shown:
            renderer.AddActor(vinyl.actor)
        renderer.ResetCameraClippingRange()
        return renderer


def _show_again(hero: Pixels, drawn: Pixels, frame: Frame) -> None:
    """Put the hero shot into a smaller frame of the picture."""
    height = round(frame.height * frame.zoom)
    width = frame.width - 2 * round((frame.width - hero.shape[1] * height / hero.shape[0]) / 2)
    again = cv2.resize(hero, (width, height), interpolation=cv2.INTER_AREA)
    top, left = (frame.height - height) // 2 + frame.down, (frame.width - width) // 2
    bottom, right = min(top + height, frame.height), min(left + width, frame.width)
    seen = again[max(0, -top) : bottom - top, max(0, -left) : right - left]
    y, x = frame.y + max(0, top), frame.x + max(0, left)
    drawn[y : y + seen.shape[0], x : x + seen.shape[1]] = seen
