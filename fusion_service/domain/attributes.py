"""What is measured of one face: the shape that travels from measuring to sculpting."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

Lab = tuple[float, float, float]  # CIE Lab, D65: L 0..100, a and b about -100..100
Point = tuple[float, float, float]

PROFILE_DEGREES = tuple(range(-110, 111, 10))  # from straight up, positive to the image's right
# hair_profile of a head without hair: the skull rises over the oval that the landmarks end at
BARE_PROFILE = tuple(
    1.04 + 0.5 * max(math.cos(math.radians(0.9 * degrees)), 0.0) for degrees in PROFILE_DEGREES
)
HAIR_MM = 9.5  # of the figurine for one radius of the face ellipse: less than half its face, 13.2
LONG_HAIR = -0.12  # hair_length from which hair is long: it hides the jaw
BEARD_FROM = 0.25  # strength from which a beard is one
HAIRLINE_COLUMNS = (-0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8)  # x / half face width


def _digits(count: int) -> AfterValidator:
    # short JSON that is the same on machines whose last bits differ
    return AfterValidator(lambda value: round(float(value), count) + 0.0)


def _landmark(point: Point) -> Point:
    x, y, z = point  # hundreds of them: no generator
    return round(float(x), 4) + 0.0, round(float(y), 4) + 0.0, round(float(z), 4) + 0.0


HairType = Literal["straight", "wavy", "curly", "bald"]
HairTied = Literal["none", "bun", "ponytail"]
Headwear = Literal["none", "hat", "cap", "beanie", "headscarf", "unrecognised"]
Glasses = Literal["none", "round", "square", "sunglasses"]
BeardKind = Literal["none", "stubble", "moustache", "goatee", "full"]
Coarse = Annotated[float, _digits(1)]
Fine = Annotated[float, _digits(4)]
Colour = Annotated[
    Lab, AfterValidator(lambda lab: tuple(round(float(value), 2) + 0.0 for value in lab))
]
Landmark = Annotated[Point, AfterValidator(_landmark)]


class Quality(BaseModel, frozen=True, extra="ignore"):
    """How well a photo suits a figurine.

    Attributes
    ----------
    score : float
        0..100. Good portraits reach 90 and more.
    verdict : str
        ``ok`` from 80, ``warn`` from 50, else ``retake``.
    worst : str
        The term that costs most: one of ``terms``.
    terms : dict
        Each term 0..1, 1 is best.
    advice : str
        What would make the photo better; empty when nothing matters.
    """

    score: Coarse
    verdict: Literal["ok", "warn", "retake"]
    worst: str
    terms: dict[str, Fine]
    advice: str


class Attributes(BaseModel, frozen=True, extra="ignore"):
    """What was measured of one face.

    Left and right are the picture's, never the person's. Lengths are in units of the face width
    (landmarks 234 to 454, about 140 mm on an adult) unless a field says otherwise.

    Attributes
    ----------
    yaw, pitch, roll : float
        Degrees; roll turns clockwise in the picture, neutral faces have a pitch of about -5.
    presence : float
        Logit of being a face.
    exposure_gain : float
        Linear-light gain that was needed, 1..12.
    noise : float
        Standard deviation of the sensor noise in grey levels, of the head crop.
    face_width, face_height : float
        px in the photo.
    faces_in_photo, quarter_turns : int
        Faces found; how often ``numpy.rot90`` turned the photo.
    frontal : tuple of 468 (x, y, z)
        Landmarks seen from the front: x to the right, y down, z away from the viewer, origin
        between the eyes (mean of 33, 263 and 168).
    eye_open : float
        Height over width of the eyes.
    eye_distance, eye_width, mouth_width, mouth_open, lip_height, nose_width, brow_height : float
        Between inner corners; corner to corner; between the lips; of one lip; wing to wing; lid to
        brow.
    eye_tilt : float
        Degrees, positive when the outer corners are higher.
    smile : float
        How far the corners of the mouth lie above its middle.
    jaw, aspect : float
        Width of the jaw; height of the face.
    brow_tilt : float
        How far the inner ends of the brows lie below the outer ends.
    lip_redness : float
        a of the lips minus a of the skin, Lab.
    skin, hair, brow, iris, lip : Lab
        As seen in the photo after exposure and white balance.
    shirt : Lab or None
        None when the photo shows too little of it.
    hair_type, hair_tied : str
        Guesses, like all names below, meant to be overridden by the user.
    headwear : str
        ``unrecognised`` is something on the head that is no hair and no known headwear.
    headwear_colour, glasses_colour : Lab or None
        Of what is worn; of the frames or dark lenses.
    glasses, beard_kind : str
        Shape of the frames; which parts of the face are bearded.
    coherence : float
        Mean gradient coherence in the hair, 0..1: straight hair is high.
    hair_profile : tuple of 23
        Outer radius of the hair at ``PROFILE_DEGREES``, in radii of the face ellipse; 1 is none.
    hairline : tuple of 9
        Height of the hairline at ``HAIRLINE_COLUMNS`` above the eye line; 1 is the top of the face
        oval, 1.25 means that there is no hair in that column.
    hair_length_left, hair_length_right : float
        Lowest hair below the chin in face heights; below -0.12 is short, -1 is none.
    side_mass : float
        Hair beside the cheeks, 0 for none.
    beard, lipstick, freckles, blush : float
        Strength, 0..1.
    receding : float
        How far the hairline has left the temples and the crown, 0..1; 1 on a bald head.
    fringe_side : int
        Where the fringe falls to: -1 left, 1 right, 0 for an even or no fringe.
    child : float
        How childlike the proportions of the face are, 0..1; from 0.5 a child is more likely.
    confidence : dict
        0..1 for ``skin``, ``hair``, ``eyes``, ``lips``, ``shirt``, ``hair_type``,
        ``hair_length``, ``glasses``, ``beard`` and ``headwear``; empty in old measurements.
    quality : Quality
        Fitness of the photo.
    """

    yaw: Coarse
    pitch: Coarse
    roll: Coarse
    presence: Coarse
    exposure_gain: Fine
    noise: Fine
    face_width: Coarse
    face_height: Coarse
    faces_in_photo: int
    quarter_turns: int
    frontal: tuple[Landmark, ...]
    eye_open: Fine
    eye_distance: Fine
    eye_width: Fine
    eye_tilt: Fine
    mouth_width: Fine
    mouth_open: Fine
    smile: Fine
    lip_height: Fine
    jaw: Fine
    aspect: Fine
    nose_width: Fine
    brow_height: Fine
    brow_tilt: Fine
    lip_redness: Fine
    skin: Colour
    hair: Colour
    brow: Colour
    iris: Colour
    lip: Colour
    shirt: Colour | None
    hair_type: HairType = "straight"
    hair_tied: HairTied = "none"
    headwear: Headwear = "none"
    headwear_colour: Colour | None = None
    coherence: Fine
    hair_profile: tuple[Fine, ...]
    hairline: tuple[Fine, ...]
    hair_length_left: Fine
    hair_length_right: Fine
    side_mass: Fine
    beard: Fine
    beard_kind: BeardKind = "none"
    lipstick: Fine
    glasses: Glasses = "none"
    glasses_colour: Colour | None = None
    receding: Fine = 0.0
    fringe_side: Literal[-1, 0, 1] = 0
    child: Fine = 0.0
    freckles: Fine = 0.0
    blush: Fine = 0.0
    confidence: dict[str, Fine] = Field(default_factory=dict)
    quality: Quality

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, values: object) -> object:
        """Read the two flags and the plain yes or no of the first version."""
        if not isinstance(values, dict):
            return values
        values = dict(values)
        if "hair_type" not in values and {"bald", "curly"} & values.keys():
            curl = "curly" if values.get("curly") else "straight"
            values["hair_type"] = "bald" if values.get("bald") else curl
        if isinstance(values.get("glasses"), bool):
            values["glasses"] = "round" if values["glasses"] else "none"
        if "beard_kind" not in values and float(values.get("beard", 0)) >= BEARD_FROM:
            values["beard_kind"] = "full"
        return values


class People(BaseModel, frozen=True, extra="ignore"):
    """What was measured of everybody who becomes a figurine, in the order asked for.

    Attributes
    ----------
    people : tuple of Attributes
        At least one. A bare ``Attributes`` object, the first version of the file, is one person.
    """

    people: tuple[Attributes, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, values: object) -> object:
        bare = isinstance(values, Attributes) or (
            isinstance(values, dict) and "people" not in values
        )
        return {"people": (values,)} if bare else values
