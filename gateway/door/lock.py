"""Who may come in: every request passes here before any call looks at it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Final

from flask import Flask, Request, Response, g, request

from common import metrics
from common.errors import Forbidden, RateLimited, Unauthorized
from common.hosts import is_loopback
from gateway.domain.keys import Key
from gateway.domain.scopes import PUBLIC, SCOPES
from gateway.door.rates import Count
from gateway.house import house

METRICS: Final = "GET /metrics"
REASON: Final = "rate"  # of a refusal, among the others that are counted
# Who comes for a recipe is often a program that knows of no keys.
_HINTS: Final = {
    "GET /v1/jobs/{job}/recipe.html": "Mealie and Tandoor send no key. Fetch the page with yours"
    " (`Authorization: Bearer <key>`), save it, and import the file or paste its text."
}
# What a proxy adds: behind one, the nearest machine says nothing about who is asking.
PROXY_HEADERS: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def lock(app: Flask) -> None:
    """Let every request of an app be checked, and counted by its key."""
    app.before_request(_let_in)
    app.after_request(_tell_rate)


def still_known() -> Callable[[], bool]:
    """Tell long after the request whether its key would still be let in."""
    key: Key | None = g.get("key")
    keys = house().keys
    return lambda: key is None or key in keys.book().keys


def call_of(asked: Request) -> str:
    """Write the call as the tables do; empty when there is none."""
    if asked.url_rule is None:
        return ""
    method = "GET" if asked.method == "HEAD" else asked.method
    return f"{method} {as_in_tables(asked.url_rule.rule)}"


@cache
def as_in_tables(rule: str) -> str:
    """Flask's way to write a path, as the tables and OpenAPI write it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _let_in() -> None:
    call = call_of(request)
    if not call or request.method == "OPTIONS":
        return  # no call at all: 404 or 405, or what methods there are
    if call == METRICS:
        if _is_this_machine(request):
            return
    elif not house().locked:
        return
    _check(call)
    _count()


def _is_this_machine(asked: Request) -> bool:
    """Tell by the real peer; a header can only make it less likely."""
    forwarded = any(name in asked.headers for name in PROXY_HEADERS)
    return not forwarded and is_loopback(asked.remote_addr or "")


def _check(call: str) -> None:
    scope = SCOPES.get(call, call)
    if scope is PUBLIC:
        return
    presented = _presented(request)
    if presented is None:
        raise Unauthorized("this call needs a key", _HINTS.get(call))
    key = house().keys.find(presented)
    if key is None:
        raise Unauthorized("this key is not known here", "Was it revoked, or cut off?")
    if scope not in key.scopes:
        raise Forbidden(f"the key {key.id} of {key.owner} may not do that: it lacks `{scope}`")
    g.key = key


def _presented(asked: Request) -> str | None:
    kind, _, value = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    return asked.headers.get("X-API-Key") or None


def _count() -> None:
    key: Key | None = g.get("key")
    if key is None:
        return
    g.count = count = house().rates.count(key.id, key.rate or house().settings.key_rate)
    if count is not None and not count.admitted:
        metrics.REJECTED.labels(REASON).inc()
        raise RateLimited(
            f"key {key.id} may send {count.limit} requests in {count.window_s} s",
            retry_after_s=count.reset_s,
        )


def _tell_rate(response: Response) -> Response:
    """Say how much is left (draft-ietf-httpapi-ratelimit-headers)."""
    if "key" in g:
        response.headers.setdefault("Cache-Control", "private")
    count: Count | None = g.get("count")
    if count is not None:
        reset_s = max(1, math.ceil(count.reset_s))
        response.headers["RateLimit-Policy"] = f'"key";q={count.limit};w={count.window_s}'
        response.headers["RateLimit"] = f'"key";r={count.remaining};t={reset_s}'
    return response
