"""A window that nobody sees: OpenGL through EGL or OSMesa, without an X server."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING

import numpy as np
from vtkmodules import vtkRenderingOpenGL2
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkObject, vtkUnsignedCharArray
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
    if sys.platform != "linux":
        return _started(vtkRenderWindow())
    # VTK crashes instead of failing where the library itself is missing
    for library, window_class in (
        ("libEGL.so.1", vtkRenderingOpenGL2.vtkEGLRenderWindow),
        ("libOSMesa.so.8", vtkRenderingOpenGL2.vtkOSOpenGLRenderWindow),
    ):
        try:
            ctypes.CDLL(library)
        except OSError:
            continue
        window = _started(window_class())
        if window.GetInitialized():
            return window
    raise EngineUnavailable("The preview cannot be drawn: no EGL and no OSMesa here.", HINT)


def draw(window: vtkRenderWindow, renderers: list[vtkRenderer], width: int, height: int) -> Pixels:
    """Draw the renderers in one window; (height, width, 4) RGBA, premultiplied.

    The renderers are taken out of the window again, whatever happens.
    """
    window.SetSize(width, height)
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
    rows = vtk_to_numpy(pixels)  # type: ignore[no-untyped-call]
    return np.ascontiguousarray(rows.reshape(height, width, 4)[::-1], np.uint8)


def _started(window: vtkRenderWindow) -> vtkRenderWindow:
    window.SetOffScreenRendering(1)
    window.SetShowWindow(0)
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()  # the caller reports a missing driver, once
    window.Initialize()
    vtkObject.SetGlobalWarningDisplay(shown)
    return window
