"""THE DEPRECATION TABLE: which calls will go, since when that is known, and what to use instead.

A call stays for at least a year after ``since`` (docs/api-versions.md). The older calls without
``/v1`` are not in here: they cost little, and clients that nobody changes any more use them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final


@dataclass(frozen=True)
class Deprecation:
    """One call that is on its way out; moments are in UTC."""

    since: datetime
    sunset: datetime | None = None  # it may be gone from then on
    instead: str | None = None  # path of the call to use
    more: str = "/docs"  # where it is explained

    @property
    def headers(self) -> dict[str, str]:
        """``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and ``Link`` (RFC 8288)."""
        links = [f'<{self.more}>; rel="deprecation"; type="text/html"']
        if self.instead:
            links.append(f'<{self.instead}>; rel="successor-version"')
        found = {"Deprecation": f"@{self.since.timestamp():.0f}", "Link": ", ".join(links)}
        return found | (
            {"Sunset": format_datetime(self.sunset, usegmt=True)} if self.sunset else {}
        )

    @property
    def words(self) -> str:
        """Say the same to people."""
        said = [f"Deprecated since {self.since:%Y-%m-%d}."]
        if self.sunset:
            said.append(f"It may be gone from {self.sunset:%Y-%m-%d} on.")
        if self.instead:
            said.append(f"Use `{self.instead}` instead.")
        return " ".join(said)


# Written as the scope table writes it.
DEPRECATIONS: Final[dict[str, Deprecation]] = {}
