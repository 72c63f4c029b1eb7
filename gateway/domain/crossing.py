"""What a page of another site may send and read, where the house lets it in (Fetch, CORS).

Keys travel in a header that the page itself sets. There are no cookies, so no answer ever allows
credentials: a browser adds none of its own accord.
"""

from __future__ import annotations

from typing import Final

from gateway.domain.calls.table import CALLS

MAX_AGE_S: Final = 7200  # the longest that a browser remembers a preflight (Chromium)
# what a request may carry, beside what every page may send
REQUEST_HEADERS: Final = tuple(
    sorted(
        {
            *("Authorization", "X-API-Key", "Content-Type", "X-Request-ID"),
            *(name for call in CALLS for name, _ in call.headers),
        },
        key=str.lower,
    )
)
# what a page may read, beside what every page may
ANSWER_HEADERS: Final = (
    *("Accept-Ranges", "Allow", "Content-Disposition", "Content-Range", "Deprecation", "ETag"),
    *("Idempotent-Replayed", "Link", "Location", "Preference-Applied", "RateLimit"),
    *("RateLimit-Policy", "Retry-After", "Sunset", "WWW-Authenticate", "X-Process-Time"),
    "X-Request-ID",
)


def preflight(methods: set[str]) -> dict[str, str]:
    """Headers that answer a preflight."""
    return {
        "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(MAX_AGE_S),
    }
