"""A window that nobody sees: OpenGL through EGL or OSMesa, without an X server."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
from vtkmodules import vtkRenderingOpenGL2
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkLogger, vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

from common.errors import EngineUnavailable

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Pixels

HINT = "Install libegl1 with a Mesa driver (Debian: libegl1 libgl1-mesa-dri) on the render worker."


def open_window() -> vtkRenderWindow:
    """Make an OpenGL context for the calling thread; only this thread may draw with it.

    Raises
    ------
    EngineUnavailable
        Neither EGL nor OSMesa gives a context.
    """
    shown = vtkLogger.GetCurrentVerbosityCutoff()
    vtkLogger.SetStderrVerbosity(
        vtkLogger.VERBOSITY_OFF
    )  # a missing driver is reported once, by the error below
    try:
        for library, window_class in _candidates():
            window = _started(window_class) if _is_installed(library) else None
            if window is not None and window.GetInitialized():
                return window
    finally:
        vtkLogger.SetStderrVerbosity(vtkLogger.ConvertToVerbosity(shown))
    raise EngineUnavailable("The preview cannot be drawn: no EGL and no OSMesa here.", HINT)


def draw(
    window: vtkRenderWindow,
    renderers: list[vtkRenderer],
    size: tuple[int, int],
    finer: float,
    whole: tuple[int, int] | None = None,
) -> Pixels:
    """Draw the renderers in one window of ``size`` = (width, height), ``finer`` times larger.

    The renderers, whose views must not overlap, are taken out of the window again, whatever
    happens. Returns the picture averaged down to ``size``: (height, width, 4) RGBA, premultiplied.
    With ``whole`` the window has that size and the picture is its lower left corner: a window
    costs most when it changes its size.
    """
    width, height = (round(side * finer) for side in size)
    window.SetSize(*(round(side * finer) for side in whole or size))
    clean = vtkRenderer()  # all at once costs less than every view by itself
    clean.SetViewport(0, 0, *(part / side for part, side in zip(size, whole or size, strict=True)))
    clean.SetBackground(0, 0, 0)
    clean.SetBackgroundAlpha(0)  # the paper is put behind afterwards
    for renderer in renderers:
        renderer.PreserveColorBufferOn()
        renderer.PreserveDepthBufferOn()
    renderers = [clean, *renderers]
    for renderer in renderers:
        window.AddRenderer(renderer)
    try:
        window.Render()
        pixels = vtkUnsignedCharArray()
        read = window.GetRGBACharPixelData
        read(0, 0, width - 1, height - 1, 0, pixels)  # type: ignore[call-overload]
    finally:
        for renderer in renderers:
            renderer.RemoveAllViewProps()
            window.RemoveRenderer(renderer)
    from_below = vtk_to_numpy(pixels).reshape(height, width, 4)  # type: ignore[no-untyped-call]
    # of 1.5 pixels the nearer counts three times instead of twice, in a fifth of the time
    averaged = cv2.resize(from_below, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(averaged[::-1], np.uint8)


def _candidates() -> list[tuple[str, type[vtkRenderWindow]]]:
    """Shared library and window class, the best first."""
    if sys.platform != "linux":
        return [("", vtkRenderWindow)]
    return [
        ("libEGL.so.1", vtkRenderingOpenGL2.vtkEGLRenderWindow),
        ("libOSMesa.so.8", vtkRenderingOpenGL2.vtkOSOpenGLRenderWindow),
    ]


def _is_installed(library: str) -> bool:
    """Tell whether a library can be loaded; VTK crashes where it is missing."""
    try:
        ctypes.CDLL(library or None)
    except OSError:
        return False
    return True


def _started(window_class: type[vtkRenderWindow]) -> vtkRenderWindow:
    window = window_class()
    window.SetOffScreenRendering(1)
    window.SetShowWindow(False)  # noqa: FBT003
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)
    window.Initialize()
    return window
