"""What every submit has in common: whose photo, how long to keep, whom to tell."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from gateway.domain.hook_params import HOOK_NAMES, HookParams

FIXED: Final = frozenset({"ttl_hours", "from", *HOOK_NAMES})  # once a job is accepted


class WishParams(HookParams):
    """Parameters of every submit, whatever it makes."""

    product: ClassVar[str]
    fixed: ClassVar[frozenset[str]] = FIXED
    not_yet: ClassVar[frozenset[str]] = frozenset()  # refused until they work, never ignored

    source: Annotated[
        str | None,
        Field(
            alias="from",  # a word of Python
            pattern=r"^[0-9A-Za-z_-]{1,64}$",
            description="Id of a job of yours: take its photo instead of sending one",
        ),
    ] = None
    ttl_hours: Annotated[
        int | None,
        Field(
            ge=1,
            le=720,
            description="Hours to keep the results (photos at most 24); default: the house's",
        ),
    ] = None

    @property
    def of_job(self) -> dict[str, Any]:
        """All but the webhook as JSON has them: what the job is made of, and remembers."""
        unwanted = set(HOOK_NAMES)
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=unwanted)

    @property
    def asked(self) -> dict[str, Any]:
        """Parameters that an equal request has too, whichever version of the house read it."""
        return self.of_job
