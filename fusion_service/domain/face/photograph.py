"""The photographed face as a texture: light taken out, few tones, in the skin colour of the toy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.frame import (
    FACE_PICTURE_ORIGIN,
    FACE_PICTURE_PX,
    FACE_PICTURE_SCALE,
    HEAD_CENTRE_Z,
    TEXTURE_MM,
    TEXTURE_PX,
)
from fusion_service.domain.palette import lab_to_srgb

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes, BeardKind
    from fusion_service.domain.palette import Palette
    from fusion_service.domain.sculpture import Pixels

    Plane = npt.NDArray[np.float32]
    Points = npt.NDArray[np.float64]

# mm of the figurine for a face width across and down: toys are chubby, and have no room below
ACROSS_MM, DOWN_MM = 26.0, 18.0
EYES_Z = 59.2
EYE_GROWTH, EYE_REACH = 1.42, 0.2  # how much larger eyes become, within so many face widths
LIGHT_SIGMA = 0.16  # face widths over which light and shade change
SHADE_KEPT = 0.12  # share of the light that stays: none looks flat
FADE = 0.1  # face widths over which the picture runs out at its border
MASK_PX, LAYOUT_PX = 128, 256  # masks and the map to the head are smooth: a small one will do
RUN_OUT_PX = 2  # of a mask, over which a beard ends at the lower edge of the picture
TONES = 9  # steps of lightness
CALM_L = 14.0  # shade on the skin that is darker than this stays
BLANK = 0.004  # of the picture that is plain skin
LAB_TO_BYTES = np.array([2.55, 1.0, 1.0], np.float32)
LAB_OFFSET = np.array([0.0, 128.0, 128.0], np.float32)
HAIR_FROM, HAIR_TO = 16.0, 30.0  # Lab distance from which the border of the face is taken for hair
_RIGHT = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
_LEFT = (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
OVAL = (*_RIGHT, *_LEFT)
EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)

# where beards grow: from under the nose over the right half of the face, which is the left of the
# picture, to the chin, and the same landmarks of the other half
_LIP, _CHIN = (164, 165, 92, 216), (149, 176, 148, 152)
_JAW = (207, 213, 177, 132, 58, 172, 136, 150)
_OTHER = {
    165: 391,
    92: 322,
    216: 436,
    149: 378,
    176: 400,
    148: 377,
    212: 432,
    202: 422,
    210: 430,
    207: 427,
    213: 433,
    177: 401,
    132: 361,
    58: 288,
    172: 397,
    136: 365,
    150: 379,
    61: 291,
    185: 409,
    40: 270,
    39: 269,
    37: 267,
}
_FULL = (*_LIP, *_JAW, *_CHIN)
BEARDS = {
    "stubble": _FULL,
    "full": _FULL,
    "goatee": (*_LIP, 212, 202, 210, *_CHIN),
    "moustache": (*_LIP, 61, 185, 40, 39, 37, 0),
}


def photograph_texture(attributes: Attributes, palette: Palette, picture: Pixels) -> Pixels:
    """Lay a photographed face on the skin: (1024, 1024, 3) sRGB.

    Parameters
    ----------
    picture : (512, 512, 3) uint8
        The face seen from the front in the layout of ``frame.FACE_PICTURE_*``, RGB.
    """
    points = np.array(attributes.frontal)[:, :2]
    scaled = picture.astype(np.float32) / 255
    lab = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)
    eyes, mouth = _features(points)
    features = np.maximum(eyes, mouth)
    face = _polygon(points[list(OVAL)], soft=0.01)
    beard = _bearded(points, attributes.beard_kind) * face * (1 - features)
    flat = _flattened(lab, face * (1 - features), beard, palette)
    share = _share(points, flat, features, beard, palette)
    toned = _toned(flat, _wide(eyes), _wide(mouth), _wide(beard), palette)
    blended = toned * share + np.array(palette.skin, np.float32) * (1 - share)
    rgb = cv2.cvtColor(np.asarray(blended, np.float32), cv2.COLOR_LAB2RGB)
    sheet = np.asarray(np.clip(rgb * 255 + 0.5, 0, 255), np.uint8)
    skin = lab_to_srgb(palette.skin)
    sheet[share[..., 0] < BLANK] = skin
    across, down = _layout(points)
    texture = cv2.remap(
        sheet, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=skin
    )
    return np.asarray(texture, np.uint8)


def photographed_eye(attributes: Attributes) -> tuple[float, float]:
    """Return x and z of the left eye of the photographed face, mm of the figurine."""
    points = np.array(attributes.frontal)[:, :2]
    right, left = (points[list(indices)].mean(0) for indices in EYES)
    half, down = float(left[0] - right[0]) / 2, float(left[1] + right[1]) / 2
    return half * ACROSS_MM, EYES_Z - down * DOWN_MM


def _flattened(lab: Plane, face: Plane, beard: Plane, palette: Palette) -> Plane:
    """Take light and cast out: where there is skin, its mean becomes the palette's.

    A beard is no shade, that would be lightened to skin: it is as dark as beside skin in the light.
    """
    skin = face * (1 - beard)
    # light and shade are broad: a small picture tells all about them
    small = cv2.resize(lab, (MASK_PX, MASK_PX), interpolation=cv2.INTER_AREA)
    sigma = LIGHT_SIGMA * FACE_PICTURE_SCALE * MASK_PX / FACE_PICTURE_PX
    weight = cv2.GaussianBlur(skin, (0, 0), sigma) + np.float32(1e-3)
    light = cv2.GaussianBlur(small * skin[..., None], (0, 0), sigma) / weight[..., None]
    mean = (small * skin[..., None]).sum((0, 1)) / max(float(skin.sum()), 1.0)
    if beard.any():
        bare = small[skin > 0.5]
        lit = bare[bare[:, 0] >= np.median(bare[:, 0])].mean(0)
        light += beard[..., None] * (lit - light)
    kept = np.array([SHADE_KEPT, 0.0, 0.0], np.float32)
    change = np.array(palette.skin, np.float32) - light + kept * (light - mean)
    return np.asarray(lab + _wide(change.astype(np.float32)), np.float32)


def _toned(flat: Plane, eyes: Plane, mouth: Plane, beard: Plane, palette: Palette) -> Plane:
    """Smooth but for edges; calm the skin, where what light is left would look like blotches."""
    small = np.clip(flat * LAB_TO_BYTES + LAB_OFFSET, 0, 255).astype(np.uint8)
    for _ in range(2):
        small = cv2.bilateralFilter(small, 9, 22.0, 4.0)
    smooth = (small.astype(np.float32) - LAB_OFFSET) / LAB_TO_BYTES
    contrast = smooth - np.array(palette.skin, np.float32)
    light = contrast[..., 0]
    calm = np.where(light > 0, 0.3 * light, light * np.clip(-light / CALM_L, 0.35, 1))
    # the white of an eye in the shade would glare, teeth may shine
    seen = np.where(light > 0, (0.65 * eyes + 1.05 * mouth + 0.3 * beard) * light, 1.1 * light)
    clear = np.maximum(np.maximum(eyes, mouth), beard)
    contrast[..., 0] = calm * (1 - clear) + np.where(light > 0, seen, seen * clear)
    contrast[..., 1:] *= (0.4 + 0.25 * eyes + 0.6 * mouth + 0.4 * beard)[..., None]
    step = np.float32(100 / TONES)
    level = contrast[..., 0] / step
    nearest = np.round(level)
    contrast[..., 0] = (nearest + 0.5 * np.tanh(1.8 * (level - nearest)) / np.tanh(0.9)) * step
    toned = contrast + np.array(palette.skin, np.float32)
    toned[..., 0] = np.clip(toned[..., 0], 4, 97)
    return np.asarray(toned, np.float32)


def _share(points: Points, flat: Plane, features: Plane, beard: Plane, palette: Palette) -> Plane:
    """Return how much of the picture shows, 0..1: not the hair around it, nor the forehead."""
    top = points[[105, 334], 1].min() - 0.05
    border = points[list(OVAL)].copy()
    border[:, 1] = np.maximum(border[:, 1], top)
    middle = border.mean(0)
    inner = middle + (border - middle) * (1 - FADE)
    face = _polygon(inner, soft=FADE / 2)
    small = cv2.resize(flat, (MASK_PX, MASK_PX), interpolation=cv2.INTER_AREA)
    away = np.linalg.norm((small - np.array(palette.skin, np.float32)) * [0.8, 1, 1], axis=2)
    away = cv2.GaussianBlur(away.astype(np.float32), (0, 0), 1.3)
    foreign = np.clip((away - HAIR_FROM) / (HAIR_TO - HAIR_FROM), 0, 1)
    core = _polygon(middle + (inner - middle) * 0.72, soft=0.05)
    keep = 1 - foreign * (1 - np.maximum(np.maximum(features, core), beard))
    face = np.maximum(face, beard)  # a beard ends below the chin, not above it
    share = cv2.GaussianBlur(np.asarray(face * keep, np.float32), (0, 0), 1.0)
    return _wide(np.asarray(share, np.float32))[..., None]


def _features(points: Points) -> tuple[Plane, Plane]:
    """Cover brows and eyes, and the mouth, with some room."""
    eyes = np.zeros((MASK_PX, MASK_PX), np.float32)
    for brow, eye in zip(BROWS, EYES, strict=True):
        outline = points[list(brow)]
        middle = outline.mean(0)
        np.maximum(eyes, _polygon(middle + (outline - middle) * 1.35, soft=0.02), out=eyes)
        corner, other, *_ = points[list(eye)]
        angle = np.linspace(0, 2 * np.pi, 24)[:, None]
        radius = 0.72 * float(np.linalg.norm(corner - other))
        ring = (corner + other) / 2 + radius * np.hstack([np.cos(angle), 0.62 * np.sin(angle)])
        np.maximum(eyes, _polygon(ring, soft=0.025), out=eyes)
    lips = points[list(LIPS)]
    middle = lips.mean(0)
    return eyes, _polygon(middle + (lips - middle) * 1.25, soft=0.02)


def _bearded(points: Points, kind: BeardKind) -> Plane:
    """Cover where a beard of this kind grows; nothing where there is none."""
    if kind == "none":
        return np.zeros((MASK_PX, MASK_PX), np.float32)
    half = BEARDS[kind]
    other = [_OTHER[index] for index in reversed(half) if index in _OTHER]
    cover = _polygon(points[[*half, *other]], soft=0.025)
    # a long chin may reach to where the picture ends
    cover[-RUN_OUT_PX:] *= np.linspace(1, 0, RUN_OUT_PX, dtype=np.float32)[:, None]
    return cover


def _polygon(outline: Points, soft: float) -> Plane:
    """Cover a polygon given in face widths, small; ``soft`` is the deviation of its edge."""
    small = MASK_PX / FACE_PICTURE_PX
    pixels = (outline * FACE_PICTURE_SCALE + FACE_PICTURE_ORIGIN) * small
    sheet = np.zeros((MASK_PX, MASK_PX), np.uint8)
    cv2.fillPoly(sheet, [np.round(pixels * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cover = sheet.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), soft * FACE_PICTURE_SCALE * small))


def _wide(plane: Plane) -> Plane:
    """Enlarge a mask to the size of the picture."""
    side = (FACE_PICTURE_PX, FACE_PICTURE_PX)
    return np.asarray(cv2.resize(plane, side, interpolation=cv2.INTER_LINEAR), np.float32)


def _layout(points: Points) -> tuple[Plane, Plane]:
    """Return where in the picture each texel lies: column and row."""
    texel = (np.arange(LAYOUT_PX, dtype=np.float32) + 0.5) * np.float32(TEXTURE_MM / LAYOUT_PX)
    x = np.tile((texel - TEXTURE_MM / 2) / np.float32(ACROSS_MM), (LAYOUT_PX, 1))
    y = (texel - np.float32(TEXTURE_MM / 2 + HEAD_CENTRE_Z - EYES_Z)) / np.float32(DOWN_MM)
    y = np.tile(y[:, None], (1, LAYOUT_PX))
    aspect = ACROSS_MM / DOWN_MM
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for indices in EYES:
        cx, cy = points[list(indices)].mean(0)
        near = 1 - np.hypot(x - cx, (y - cy) / np.float32(aspect)) / np.float32(EYE_REACH)
        near = np.clip(near, 0, 1)
        pull = near**2 * (3 - 2 * near)
        dx += (x - cx) * pull * np.float32(1 / EYE_GROWTH - 1)
        # eyes are not squashed like the rest of the face
        dy += (y - cy) * pull * np.float32(1 / (EYE_GROWTH * aspect**0.8) - 1)
    side = (TEXTURE_PX, TEXTURE_PX)
    across, down = (
        cv2.resize(
            (place + move) * np.float32(FACE_PICTURE_SCALE) + np.float32(origin),
            side,
            interpolation=cv2.INTER_LINEAR,
        )
        for place, move, origin in (
            (x, dx, FACE_PICTURE_ORIGIN[0]),
            (y, dy, FACE_PICTURE_ORIGIN[1]),
        )
    )
    return np.asarray(across, np.float32), np.asarray(down, np.float32)
