"""Pages of other sites that may call this house: a setting, and what is made of it."""

from __future__ import annotations

import re
from typing import Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

ANY: Final = "*"
ANY_PAGE: Final = (
    "KILN_CORS_ORIGINS=* would let every page that is open in a browser here use this house, which"
    " asks for no key: name the sites, or set KILN_AUTH=on"
)
_ORIGIN: Final = re.compile(r"https?://(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(:[0-9]{1,5})?")
_USUAL_PORT: Final = re.compile(r"^(http(?=:.*:80$)|https(?=:.*:443$))(.*):[0-9]+$")


class Origins(BaseSettings):
    """The part of ``Settings`` that lets pages of other sites in."""

    cors_origins: str | None = Field(
        None,
        description="Sites whose pages may call this house, separated by commas, such as"
        " `https://shop.example,http://localhost:5173`; `*` is any, where a key is asked for;"
        " default: none but its own",
    )

    @field_validator("cors_origins")
    @classmethod
    def as_browsers_write_them(cls, said: str | None) -> str | None:
        """Write each origin as it stands in the header ``Origin``.

        Raises
        ------
        ValueError
            One of them is no origin.
        """
        given = [one.strip().lower().rstrip("/") for one in (said or "").split(",")]
        for one in given:
            if one and one != ANY and not _ORIGIN.fullmatch(one):
                raise ValueError(f"{one!r} is no origin: write it as https://shop.example")
        return ",".join(_USUAL_PORT.sub(r"\1\2", one) for one in given if one) or None

    @property
    def origins(self) -> frozenset[str]:
        """Origins that are let in; one of them may be ``*``."""
        return frozenset((self.cors_origins or "").split(",")) - {""}
