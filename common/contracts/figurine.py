"""Parameters and facts of the figurine product, as they travel between the rooms."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from common.contracts.colours import Colour, EyeColour, HairColour, ShirtColour, SkinColour


class Style(StrEnum):
    """Named looks of the cartoon portrait."""

    CEL = "cel"
    PENCIL = "pencil"
    WATERCOLOR = "watercolor"
    OIL = "oil"
    POP = "pop"
    PIXEL = "pixel"


class TemplateName(StrEnum):
    """Named bodies of the figurine."""

    DEFAULT = "default"
    SUPERHERO = "superhero"
    CASUAL = "casual"
    CHEF = "chef"
    ASTRONAUT = "astronaut"
    GRADUATE = "graduate"
    SPORTS = "sports"
    COUPLE = "couple"


PAIRS: Final = frozenset({TemplateName.COUPLE})  # templates of two people


class Engine(StrEnum):
    """``auto`` takes the best engine that is installed and says which one ran."""

    AUTO = "auto"
    BUILTIN = "builtin"
    NEURAL = "neural"
    DIFFUSION = "diffusion"


class Background(StrEnum):
    """What is behind the person of a portrait."""

    DRAWN = "drawn"
    TRANSPARENT = "transparent"


class Face(StrEnum):
    """How the face gets onto the figurine."""

    DRAWN = "drawn"
    PORTRAIT = "portrait"


class Process(StrEnum):
    """How the figurine will be printed: filament, resin, or powder in full colour."""

    FDM = "fdm"
    SLA = "sla"
    FULL_COLOUR = "full_colour"


class HairType(StrEnum):
    """How hair falls."""

    STRAIGHT = "straight"
    WAVY = "wavy"
    CURLY = "curly"
    BALD = "bald"


class HairLength(StrEnum):
    """Where hair ends."""

    CROPPED = "cropped"
    SHORT = "short"
    CHIN = "chin"
    SHOULDER = "shoulder"
    LONG = "long"


class HairTied(StrEnum):
    """How hair is tied."""

    NONE = "none"
    BUN = "bun"
    PONYTAIL = "ponytail"


class Headwear(StrEnum):
    """What is worn on the head."""

    NONE = "none"
    CAP = "cap"
    BEANIE = "beanie"
    HEADSCARF = "headscarf"


class Glasses(StrEnum):
    """What is worn before the eyes."""

    NONE = "none"
    ROUND = "round"
    SQUARE = "square"
    SUNGLASSES = "sunglasses"


class Beard(StrEnum):
    """Where a beard grows."""

    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    GOATEE = "goatee"
    FULL = "full"


class Expression(StrEnum):
    """What the mouth says."""

    NEUTRAL = "neutral"
    SMILE = "smile"
    LAUGH = "laugh"
    SERIOUS = "serious"


class Age(StrEnum):
    """Whose proportions the figurine has."""

    ADULT = "adult"
    CHILD = "child"


class Accept(StrEnum):
    """What may leave the house: a figurine that passed its print gates, or any."""

    PRINTABLE = "printable"
    UNPRINTABLE = "unprintable"


class Orientation(StrEnum):
    """How the figurine lies on the print bed."""

    UPRIGHT = "upright"
    AUTO = "auto"


class Colouring(StrEnum):
    """How the 3MF file carries colour."""

    TEXTURE = "texture"
    GROUPS = "groups"
    FILAMENTS = "filaments"


Subject = Annotated[
    str,
    Field(
        pattern=r"^(largest|[0-9]{1,2})$",
        description="Which face: `largest`, or its index counted from the largest (0)",
    ),
]


class _Request(BaseModel):
    """Parameters of one stage: picked from the job's, unknown ones are another stage's."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PortraitRequest(_Request):
    """What ``stylize.portrait`` depends on, beside the photo."""

    style: Style = Style.CEL
    subject: Subject = "largest"
    engine: Engine = Engine.AUTO
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    size_px: Annotated[int, Field(ge=128, le=2048)] = 1024
    background: Background = Background.DRAWN


class MeasureRequest(_Request):
    """What ``fusion.measure`` depends on, beside the photo."""

    subject: Subject = "largest"
    people: Annotated[int, Field(ge=1, le=2)] = 1

    @model_validator(mode="before")
    @classmethod
    def as_many_as_the_template_has(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Measure two for a template of two; any other change of template measures nothing anew."""
        pair = parameters.get("template") in PAIRS
        return parameters | {"people": 2} if pair else parameters


class Looks(_Request):
    """How a person looks, where somebody knows better than the photo; None is as measured."""

    hair_type: HairType | None = None
    hair_length: HairLength | None = None
    hair_tied: HairTied | None = None
    headwear: Headwear | None = None
    glasses: Glasses | None = None
    beard: Beard | None = None
    expression: Expression | None = None
    age: Age | None = None
    face: Face = Face.DRAWN


class SculptWish(Looks):
    """What somebody may ask of ``fusion.sculpt``."""

    template: TemplateName = TemplateName.DEFAULT
    height_mm: Annotated[float, Field(ge=40, le=200)] = 100.0
    process: Process = Process.FDM
    name: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    hollow: bool = False


class SculptRequest(SculptWish):
    """What ``fusion.sculpt`` depends on, beside the measured attributes."""

    plan: int = Field(default=1, description="1: the job's plan has no stage that paints")


class PaintRequest(Looks):
    """What ``fusion.paint`` depends on, beside the attributes and the form."""

    skin: SkinColour | None = None
    hair: HairColour | None = None
    eyes: EyeColour | None = None
    shirt: ShirtColour | None = None


class PrintRequest(_Request):
    """What ``fusion.print`` depends on, beside the form."""

    process: Process = Process.FDM
    orientation: Orientation = Orientation.UPRIGHT
    accept: Accept = Accept.PRINTABLE


class RenderRequest(_Request):
    """``fusion.render`` depends on the sculpture and the attributes alone."""


class PackageRequest(_Request):
    """What ``fusion.package`` depends on, beside the sculpture."""

    colouring: Colouring | None = None
    filaments: Annotated[tuple[Colour, ...], Field(max_length=16, validate_default=True)] = ()
    orientation: Orientation = Orientation.UPRIGHT
    process: Process = Process.FDM

    @field_validator("filaments")
    @classmethod
    def listed_where_they_are_asked_for(
        cls, filaments: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        """Refuse ``colouring=filaments`` without a filament."""
        if info.data.get("colouring") is Colouring.FILAMENTS and not filaments:
            raise ValueError("colouring=filaments needs the colour of at least one")
        return filaments


class ArRequest(_Request):
    """``fusion.ar`` depends on the sculpture alone."""


class FinishRequest(_Request):
    """``gateway.finish`` lists what the other stages made, and for which parameters."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def without_ids(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Leave out which job the photo came from: equal work has equal bytes."""
        return {name: value for name, value in parameters.items() if name != "from"}
