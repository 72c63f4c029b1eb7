"""What every answer tells a browser not to do with it."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

# Our own pages: their script, their style, their calls; pictures also from the memory of the tab.
PAGE: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
# Whatever else is opened in a tab, a recipe above all: to be looked at, not to act.
NO_PAGE: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox"
)
_ALWAYS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def harden(app: Flask) -> None:
    """Give every answer of an app its headers; only pages of ours may do more than be seen."""
    app.after_request(_restrict)


def as_page(response: Response) -> Response:
    """Mark a page of ours."""
    response.headers["Content-Security-Policy"] = PAGE
    return response


def _restrict(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", NO_PAGE)
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    return response
