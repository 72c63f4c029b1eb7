"""Draw the eyes and the brows: large as on a toy, but with the person's own shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.face.canvas import ellipse, ribbon, spline

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.face.canvas import Canvas, Curve, Lab
    from fusion_service.domain.palette import Palette

FACE_WIDTH = 25.5  # mm that one face width becomes, before FEATURE_SCALE
WHITE, PUPIL, LID_SHADE = (98.5, 0.0, 1.0), (5.0, 1.0, 0.0), (74.0, 1.0, -9.0)
# upper and lower edge of the brows, outer to inner end; right is the person's right
RIGHT_BROW = (70, 63, 105, 66, 107), (46, 53, 52, 65, 55)
LEFT_BROW = (300, 293, 334, 296, 336), (276, 283, 282, 295, 285)
RIGHT_EYE, LEFT_EYE = (33, 133, 159, 145), (263, 362, 386, 374)
MEAN_SLOPE = -0.075  # of a brow, v over u, outer end to the left
MEAN_BROW_V = -3.05  # mm above the eye
CHILD_DROP = 1.8  # mm by which a child's features lie lower: the forehead is half the face


def drop_of(attributes: Attributes) -> float:
    """Return by how many mm the features lie lower than on an adult."""
    return CHILD_DROP * attributes.child


class EyeShape:
    """Measures of both eyes in mm."""

    def __init__(self, attributes: Attributes) -> None:
        opening = float(np.clip(attributes.eye_open / 0.32, 0.74, 1.18))
        smile = float(np.clip(attributes.smile / 0.05, 0, 1))
        self.u = 6.3 * float(np.clip(1 + 2 * (attributes.eye_distance - 0.255), 0.9, 1.1))
        large = 1 + 0.15 * attributes.child
        self.half_width = 2.95 * large * float(np.clip(attributes.eye_width / 0.2, 0.92, 1.08))
        self.upper = 3.3 * large * opening
        # smiling cheeks lift the lower lid
        self.lower = 2.9 * large * opening**0.6 * (1 - 0.14 * smile)
        self.iris = 2.2 * large, 2.6 * large * opening**0.5
        self.tilt = float(np.radians(1.2 * np.clip(attributes.eye_tilt, -4, 7)))

    def lids(self) -> tuple[Curve, Curve]:
        """Upper lid from outer to inner corner, lower lid back; around the origin."""
        angle = np.linspace(0, np.pi, 40)
        cosine, sine = self.half_width * np.cos(angle), np.sin(angle)
        upper = np.stack([-cosine, -self.upper * sine**0.75], axis=1)
        lower = np.stack([cosine, self.lower * sine**0.8], axis=1)
        return upper, lower

    def place(self, curve: Curve, side: int) -> Curve:
        """Move a curve drawn for the left of the picture into the face."""
        cosine, sine = np.cos(self.tilt), np.sin(self.tilt)
        turned = curve @ np.array([[cosine, sine], [-sine, cosine]]).T
        return np.asarray((turned - np.array([self.u, 0.0])) * np.array([-side, 1]))


def paint_eyes(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    """Draw both eyes: layers from the white to the lashes."""
    eyes = EyeShape(attributes)
    for side in (-1, 1):  # -1 is the left of the picture
        _paint_eyeball(canvas, eyes, side, palette.iris)
        _paint_lids(canvas, eyes, side, palette, attributes.lipstick)


def paint_brows(canvas: Canvas, attributes: Attributes, palette: Palette) -> None:
    """Draw the person's own brows, calmed so that nobody looks angry."""
    eyes = EyeShape(attributes)
    features = np.array(attributes.frontal)[:, :2] * FACE_WIDTH
    right, left = _own_brow(features, -1), _own_brow(features, 1)
    for side, own, other in ((-1, right, left), (1, left, right)):
        upper, lower = (0.6 * a + 0.4 * b for a, b in zip(own, other, strict=True))
        line, width = _brow_line(upper, lower, eyes.upper)
        width = width * (1 - 0.2 * attributes.child)
        patch = canvas.stroke((line - np.array([eyes.u, 0])) * [-side, 1], width, palette.brow)
        canvas.emboss_to(patch, 0.5)


def _paint_eyeball(canvas: Canvas, eyes: EyeShape, side: int, iris: Lab) -> None:
    upper, lower = eyes.lids()
    opening = canvas.cover(eyes.place(np.concatenate([upper, lower]), side))
    canvas.emboss(opening, 0.35, soften=0.15)
    if not canvas.coloured:
        return
    canvas.paint(opening, WHITE)

    def disc(outline: Curve, colour: Lab, alpha: float = 1, blur: float = 0) -> None:
        canvas.paint(canvas.cover(eyes.place(outline, side), blur).within(opening), colour, alpha)

    ru, rv = eyes.iris
    u = 0.22  # a little towards the nose: eyes that meet look friendly
    disc(ellipse(0, -eyes.upper, 1.1 * eyes.half_width, 1.5), LID_SHADE, 0.75, 0.5)
    disc(ellipse(u, 0.05, ru, rv), (0.45 * iris[0], 0.9 * iris[1], 0.9 * iris[2]))
    disc(ellipse(u, 0.15, 0.87 * ru, 0.89 * rv), (0.9 * iris[0], iris[1], iris[2]))
    bright = (min(1.65 * iris[0] + 8, 80.0), 1.2 * iris[1], 1.2 * iris[2])
    disc(ellipse(u, 1.3, 0.64 * ru, 0.44 * rv), bright, 0.9, 0.3)
    disc(ellipse(u, -0.1, 0.47 * ru, 0.5 * rv), PUPIL)
    disc(ellipse(u, -rv, ru, 0.75 * rv), PUPIL, 0.35, 0.35)  # the lid's shade on the iris
    # highlights lie on the same side in both eyes: there is one lamp
    disc(ellipse(u + 0.75 * side, -1.0, 0.8, 0.88), WHITE)
    disc(ellipse(u - 0.85 * side, 1.05, 0.38, 0.42), WHITE, 0.9)


def _paint_lids(
    canvas: Canvas, eyes: EyeShape, side: int, palette: Palette, lipstick: float
) -> None:
    upper, lower = eyes.lids()
    lash = (min(palette.brow[0], 15.0), 3.0, 4.0)
    # lashes follow the make-up of the photo, never a guess at who wears it
    flick = [[-eyes.half_width - 0.22 - 0.65 * lipstick, -0.15 - 0.55 * lipstick]]
    line = np.concatenate([np.array(flick), upper[1:-1]])
    width = np.linspace(0.8 + 0.25 * lipstick, 0.42, len(line))
    width[0] = 0.15
    width[-4:] *= np.linspace(1, 0.4, 4)
    canvas.emboss_to(canvas.stroke(eyes.place(line, side), width, lash), 0.35)
    skin = palette.skin
    under = (0.62 * skin[0], skin[1] + 2, skin[2])
    canvas.tint(ribbon(eyes.place(lower[8:-8], side), 0.26), under, 0.75)
    crease = upper[6:-6] * [0.98, 1.0] - [0.0, 1.0]
    fold = (0.74 * skin[0], skin[1] + 4, skin[2] + 2)
    canvas.tint(ribbon(eyes.place(crease, side), 0.24), fold, 0.7)


def _own_brow(features: Curve, side: int) -> tuple[Curve, Curve]:
    """Upper and lower edge relative to the eye, mirrored to the left of the picture."""
    brow, eye = (RIGHT_BROW, RIGHT_EYE) if side < 0 else (LEFT_BROW, LEFT_EYE)
    centre = features[list(eye)].mean(0)
    upper, lower = ((features[list(edge)] - centre) * [-side, 1] for edge in brow)
    return upper, lower


def _brow_line(upper: Curve, lower: Curve, lid: float) -> tuple[Curve, Curve]:
    """Middle line around the eye's centre, and its widths."""
    middle = (upper + lower) / 2
    centre = middle.mean(0)
    shape = (middle - centre) * [1.22, 0.95]
    slope = float(np.polyfit(shape[:, 0], shape[:, 1], 1)[0])
    # exaggerated slopes, or inner ends below the outer ones, make everybody angry
    calm = float(np.clip(0.8 * (slope - MEAN_SLOPE), -0.08, 0.10)) - 0.10
    bow = np.clip(shape[:, 1] - slope * shape[:, 0], -0.8, [0.8, 0.8, 0.8, 0.6, 0.35])
    shape[:, 1] = calm * shape[:, 0] + bow
    line = spline(shape, 30)
    thickness = float(np.clip(np.linalg.norm(upper - lower, axis=1) / 1.05, 0.6, 1.5).mean())
    place = np.linspace(0, 4, 30)
    taper = np.sqrt(np.sin(np.pi * np.linspace(0.04, 0.97, 30)) + 0.1)
    width = 1.12 * thickness * taper * np.interp(place, range(5), [0.45, 0.95, 1.1, 1.15, 1.0])
    height = float(np.clip(1.3 * (centre[1] - MEAN_BROW_V), -1.0, 1.2))
    return line + np.array([centre[0] - 0.15, height - lid - 2.35]), width
