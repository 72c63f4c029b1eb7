"""The cameras of the preview and where their pictures go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float

HERO, FRONT, SIDE, BACK = 28.0, 0.0, 90.0, 180.0  # azimuths in degrees
LENS = 19.0  # vertical view angle in degrees; a longer lens flatters a big head


@dataclass(frozen=True)
class Camera:
    """A perspective camera that looks at the figurine's axis; degrees and design units."""

    azimuth: float  # 0 looks at the face, positive walks to the viewer's right
    elevation: float
    target_z: float
    distance: float

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        """Rows: the camera's right, up and backward directions."""
        azimuth, elevation = np.radians([self.azimuth, self.elevation])
        ahead = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        backward = ahead * np.cos(elevation) + np.array([0.0, 0.0, np.sin(elevation)])
        right = np.array([-ahead[1], ahead[0], 0.0])
        return np.stack([right, np.cross(backward, right), backward])

    @property
    def position(self) -> npt.NDArray[np.float64]:
        """Where the camera stands."""
        position: npt.NDArray[np.float64] = self.distance * self.axes[2]
        position[2] += self.target_z
        return position

    def project(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Image coordinates of (n, 3) points: x right, y down, both 0 in the centre.

        The picture's upper and lower edges are at -0.5 and 0.5.
        """
        seen = self.axes @ (points - self.position).T
        focal = 0.5 / np.tan(np.radians(LENS) / 2)
        projected: npt.NDArray[np.float64] = (np.stack([seen[0], -seen[1]]) / -seen[2] * focal).T
        return projected


@dataclass(frozen=True)
class Frame:
    """One view in the picture: its camera and its place in pixels, from the upper left."""

    camera: Camera
    x: int
    y: int
    width: int
    height: int
    zoom: float = 1.0  # how much smaller the camera's picture is than the frame
    down: int = 0  # pixels by which it is moved

    def pixels(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Where (n, 3) points are seen, in pixels from the frame's upper left one."""
        corner = [(self.width - 1) / 2, (self.height - 1) / 2 + self.down]
        pixels: npt.NDArray[np.float64] = (
            self.camera.project(points) * (self.height * self.zoom) + corner
        )
        return pixels


def lay_out(points: Float, width: int, height: int) -> list[Frame]:
    """Hero shot on the left half; front, three-quarter, side and back on the right.

    ``points`` are the vertices that have to fit. The four small views share one scale and one
    ground line, so that the figurine can be compared between them. The three-quarter view is the
    hero shot once more, made smaller.
    """
    sample = points[:: max(1, len(points) // 4000)]
    hero_width, small_width, small_height = width // 2, width // 4, height // 2
    hero = _fit(sample, Camera(HERO, 9.0, 40.0, 330.0), hero_width / height, filling=0.86)
    aspect = small_width / small_height
    small = [
        _fit(sample, Camera(azimuth, 7.0, 40.0, 330.0), aspect, filling=0.84)
        for azimuth in (FRONT, HERO, SIDE, BACK)
    ]
    distance = max(camera.distance for camera in small)
    target_z = float(np.mean([camera.target_z for camera in small]))
    frames = [Frame(hero, 0, 0, hero_width, height)]
    for place, camera in enumerate(small):
        x, y = hero_width + place % 2 * small_width, place // 2 * small_height
        shared = replace(camera, distance=distance, target_z=target_z)
        frame = Frame(shared, x, y, small_width, small_height)
        frames.append(frame if camera.azimuth != HERO else _smaller(hero, frame))
    return frames


def _smaller(hero: Camera, frame: Frame) -> Frame:
    """Show the hero shot in a frame, in the size and on the ground of the frame's own camera."""
    size = frame.height * hero.distance / frame.camera.distance
    # whole pixels on both sides of the middle
    height = frame.height - 2 * round((frame.height - size) / 2)
    shown = replace(frame, camera=hero, zoom=height / frame.height)
    ground = np.zeros((1, 3))
    down = frame.pixels(ground)[0, 1] - shown.pixels(ground)[0, 1]
    return replace(shown, down=round(down))


def _fit(points: Float, camera: Camera, aspect: float, filling: float) -> Camera:
    """Move the camera until the points fill that share of the height, or nearly the width."""
    for _ in range(4):
        seen = camera.project(points)
        low, high = seen.min(axis=0), seen.max(axis=0)
        excess = max((high[1] - low[1]) / filling, 2 * np.abs(seen[:, 0]).max() / aspect / 0.92)
        off_centre = (high[1] + low[1]) / 2 * camera.distance * 2 * np.tan(np.radians(LENS) / 2)
        camera = replace(
            camera,
            distance=camera.distance * float(excess),
            target_z=camera.target_z - float(off_centre),
        )
    return camera
