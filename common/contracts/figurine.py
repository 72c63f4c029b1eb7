"""Parameters and facts of the figurine product, as they travel between the rooms."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


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


class Engine(StrEnum):
    """``auto`` takes the best engine that is installed and says which one ran."""

    AUTO = "auto"
    BUILTIN = "builtin"


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


class MeasureRequest(_Request):
    """What ``fusion.measure`` depends on, beside the photo."""

    subject: Subject = "largest"


class SculptRequest(_Request):
    """What ``fusion.sculpt`` depends on, beside the measured attributes."""

    template: TemplateName = TemplateName.DEFAULT
    height_mm: Annotated[float, Field(ge=40, le=200)] = 100.0
    face: Literal["drawn"] = "drawn"


class PrintRequest(_Request):
    """``fusion.print`` depends on the sculpture alone."""


class RenderRequest(_Request):
    """``fusion.render`` depends on the sculpture alone."""


class PackageRequest(_Request):
    """``fusion.package`` depends on the sculpture alone."""


class FinishRequest(_Request):
    """``gateway.finish`` lists what the other stages made, and for which parameters."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def without_ids(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Leave out which job the photo came from: equal work has equal bytes."""
        return {name: value for name, value in parameters.items() if name != "from"}


class Facts(BaseModel):
    """What a stage has to say about its output; shown in the job and the manifest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PortraitFacts(Facts):
    """Facts of ``stylize.portrait``."""

    style: Style
    size_px: int


class MeasureFacts(Facts):
    """Facts of ``fusion.measure``: how good the photo is, and what was seen on it."""

    faces_in_photo: int
    quality: dict[str, Any] = Field(description="Photo quality: score 0-100, verdict, worst term")
    seen: dict[str, Any] = Field(description="The attributes a person would name")


class SculptFacts(Facts):
    """Facts of ``fusion.sculpt``."""

    template: TemplateName
    height_mm: float
    triangles: int


class PrintFacts(Facts):
    """Facts of ``fusion.print``: the verdict of the print certificate."""

    printable: bool
    failed_gates: list[str]
    volume_cm3: float


class RenderFacts(Facts):
    """Facts of ``fusion.render``."""

    width_px: int


class PackageFacts(Facts):
    """Facts of ``fusion.package``."""

    materials: int


class FinishFacts(Facts):
    """Facts of ``gateway.finish``."""

    artifacts: int
