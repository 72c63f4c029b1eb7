"""Parameters of figurines and of portraits, as people send them."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Field, field_validator

from common.contracts.figurine import (
    PackageRequest,
    PortraitRequest,
    PrintRequest,
    SculptWish,
)
from common.contracts.looks import AskedLooks
from gateway.domain.choices import Format
from gateway.domain.params import NAME, SPACES, split_list
from gateway.domain.wish_params import FIXED, WishParams

_LONGEST_SORTED: Final = 1_000  # characters of a name, before letters and marks are composed
PLAN: Final = 2  # a plan with a stage that paints
_MEANING: Final = {
    "style": "Look of the cartoon portrait",
    "engine": "What draws the portrait; the job says which one ran",
    "seed": "Same photo, same parameters, same seed: same bytes",
    "size_px": "Side of the portrait in px",
    "background": "`transparent`: the portrait is cut out, a PNG with alpha",
    "template": "Body and clothes of the figurine; `couple` needs two faces on the photo",
    "height_mm": "Height of the printed figurine in mm, plinth included",
    "process": "How it will be printed: decides wall thickness and the limits of the certificate",
    "name": "Raised text on the front of the base: Latin, Greek or Cyrillic",
    "hollow": "Hollow with drain holes, to save resin",
    "face": "Face of the figurine: drawn from what was measured, or the photo itself, stylised",
    "hair_type": "How hair falls; default: as measured",
    "hair_length": "Where hair ends; default: as measured",
    "hair_tied": "How hair is tied; default: as measured",
    "headwear": "What is worn on the head; default: as measured",
    "glasses": "What is worn before the eyes; default: as measured",
    "beard": "Where a beard grows; default: as measured; not with `face=portrait`",
    "expression": "What the mouth says; default: as measured; not with `face=portrait`",
    "age": "Whose proportions the figurine has; default: as measured",
    "skin": "Colour of the skin; default: as measured",
    "hair": "Colour of the hair; default: as measured",
    "eyes": "Colour of the eyes; default: as measured; not with `face=portrait`",
    "shirt": "Colour of the shirt; default: as measured, or the template's",
    "accept": "`unprintable`: make the files even if a gate of the certificate fails",
    "orientation": "How it lies on the print bed; `auto`: as needs the least support",
    "colouring": "How the 3MF file carries colour; default: `filaments` where they are listed",
    "filaments": "Colours of your own filaments, at most 16: the 3MF file uses no others",
}
# What version 1 knew. Of what came later an equal request says nothing, where it is the default.
_OF_VERSION_1: Final = frozenset(
    {
        *("style", "subject", "engine", "seed", "template", "height_mm", "face", "formats"),
        *("ttl_hours", "from"),
    }
)
_ALL_OF_VERSION_1: Final = [Format.GLB, Format.STL, Format.THREEMF]


def _describe(schema: dict[str, Any]) -> None:
    for name, text in _MEANING.items():
        if name in schema["properties"]:
            schema["properties"][name].setdefault("description", text)


class PortraitParams(WishParams, PortraitRequest):
    """Parameters of ``POST /v1/portraits``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, json_schema_extra=_describe
    )
    product: ClassVar[str] = "portrait"


class FigurineParams(
    WishParams, PackageRequest, PrintRequest, AskedLooks, SculptWish, PortraitRequest
):
    """Parameters of ``POST /v1/figurines``: those of the stages, and the house's own."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, json_schema_extra=_describe
    )
    product: ClassVar[str] = "figurine"
    fixed: ClassVar[frozenset[str]] = FIXED | {"formats"}  # they decide which stages there are

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=NAME)] | None = None
    formats: Annotated[
        tuple[Format, ...],
        Field(
            min_length=1,
            description="Files wanted, separated by commas or repeated; glb is always made",
        ),
    ] = tuple(Format)
    pause_after: Annotated[
        Literal["none", "portrait"],
        Field(description="`portrait`: wait for your approval before the body is made"),
    ] = "none"

    @field_validator("formats", "filaments", mode="before")
    @classmethod
    def one_each(cls, said: Any) -> Any:  # noqa: ANN401  checked by the field itself
        """Split lists that came as one text."""
        return split_list(said) if isinstance(said, str) else said

    @field_validator("formats")
    @classmethod
    def in_table_order(cls, wanted: tuple[Format, ...]) -> tuple[Format, ...]:
        """Make equal wishes equal, so that they share remembered results."""
        return tuple(f for f in Format if f in wanted or f is Format.GLB)

    @field_validator("name", mode="before")
    @classmethod
    def as_it_is_printed(cls, name: Any) -> Any:  # noqa: ANN401  checked by the field itself
        """Write equal names equally: composed letters, no white space around them.

        What is refused as too long anyway is left alone: marks without end take minutes to sort.
        """
        if not isinstance(name, str) or len(name) > _LONGEST_SORTED:
            return name
        return unicodedata.normalize("NFC", name).strip(SPACES)

    @property
    def of_job(self) -> dict[str, Any]:
        """All but the webhook as JSON has them, and which plan the job has."""
        return super().of_job | {"plan": PLAN}

    @property
    def asked(self) -> dict[str, Any]:
        """Parameters that an equal request has too, whichever version of the house read it."""
        told = self.model_dump(by_alias=True, exclude_defaults=True).keys() | _OF_VERSION_1
        asked = {name: value for name, value in self.of_job.items() if name in told}
        everything = self.formats == tuple(Format)
        return asked | ({"formats": _ALL_OF_VERSION_1} if everything else {})
