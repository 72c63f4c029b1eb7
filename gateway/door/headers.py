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
# The page with the 3D viewer, of which all is from this house too: it reads models out of the
# memory of the tab, its templates (lit) are the only markup that a script may make, and of all
# inline styles the one it brings is allowed. A new version may bring another: a test looks.
VIEWER_STYLE: Final = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
VIEWER_PAGE: Final = (
    PAGE.replace("connect-src 'self'", "connect-src 'self' blob:")
    .replace("style-src 'self'", f"style-src 'self' {VIEWER_STYLE}")
    .replace("trusted-types 'none'", "trusted-types lit-html")
)
# For a cache: what lies under its address for good, which is a year there.
FOR_EVER: Final = f"private, immutable, max-age={365 * 24 * 3600}"
# Whatever else is opened in a tab, a recipe above all: to be looked at, not to act.
NO_PAGE: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox"
)
_SAID: Final = {
    "Content-Security-Policy": NO_PAGE,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_ALWAYS: Final = tuple((name, name.lower(), value) for name, value in _SAID.items())


def harden(app: Flask) -> None:
    """Give every answer of an app its headers; only pages of ours may do more than be seen."""
    app.after_request(_restrict)


def as_page(response: Response, policy: str = PAGE) -> Response:
    """Mark a page of ours."""
    response.headers["Content-Security-Policy"] = policy
    return response


def _restrict(response: Response) -> Response:
    there = {name.lower() for name, _ in response.headers}  # each look-up would read all of them
    for name, known_as, value in _ALWAYS:
        if known_as not in there:
            response.headers.add(name, value)
    return response
