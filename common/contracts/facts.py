"""What the stages of a figurine have to say about their output, as it travels."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.figurine import Style, TemplateName


class Facts(BaseModel):
    """What a stage has to say about its output; shown in the job and the manifest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PortraitFacts(Facts):
    """Facts of ``stylize.portrait``."""

    style: Style
    size_px: int
    likeness: dict[str, Any] | None = Field(
        default=None, description="How near the portrait is to the photo: score 0-100, worst term"
    )


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
    name: str | None = Field(default=None, description="On the base, as it was written")
    hollow: bool = False
    hollow_share: float = Field(default=0.0, description="Of the volume, left out")
    hollow_refused: str = Field(default="", description="Why it stays solid all the same")
    drain_holes_mm: tuple[float, ...] = Field(default=(), description="Diameters")


class PaintFacts(Facts):
    """Facts of ``fusion.paint``."""

    colours: dict[str, str] = Field(description="Colour of every part, `#rrggbb`")


class PrintFacts(Facts):
    """Facts of ``fusion.print``: the verdict of the print certificate."""

    printable: bool
    failed_gates: list[str]
    volume_cm3: float
    estimate: dict[str, Any] | None = Field(
        default=None, description="Material and time of the print, by a documented formula"
    )


class RenderFacts(Facts):
    """Facts of ``fusion.render``."""

    width_px: int
    likeness: dict[str, Any] | None = Field(
        default=None, description="How near the figurine's face is to the photo: score 0-100"
    )


class PackageFacts(Facts):
    """Facts of ``fusion.package``."""

    materials: int


class ArFacts(Facts):
    """Facts of ``fusion.ar``: there are none beyond its file."""


class FinishFacts(Facts):
    """Facts of ``gateway.finish``."""

    artifacts: int
