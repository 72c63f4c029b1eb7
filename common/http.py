"""What every Flask app of the house does the same way: problems, ids, health, metrics.

Errors are RFC 9457 ``application/problem+json``; this module alone knows which ``KilnError``
is which HTTP status.
"""

from __future__ import annotations

import logging
import math
import re
import secrets
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, jsonify, request
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
)

from common import errors, logs, metrics
from common.errors import KilnError
from common.exposition import render
from common.ledger.protocol import Ledger
from common.metrics import Process
from common.origins import ANY
from common.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STATUS: Final[dict[type[KilnError], int]] = {
    errors.InputError: 422,
    errors.PhotoTooLarge: 413,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.NotAllowedNow: 409,
    errors.NotPaused: 409,
    errors.NotFinished: 409,
    errors.Gone: 410,
    errors.TooSlow: 408,
    errors.RangeNotSatisfiable: 416,
    errors.Busy: 503,
    errors.RateLimited: 429,
    errors.NoRoom: 507,
    errors.LedgerUnavailable: 503,
    errors.ServiceUnavailable: 503,
    errors.StorageError: 503,
    errors.StageCrashed: 500,
    errors.StageHung: 500,
    KilnError: 500,
}
# Ends of a job that no exception stands for.
STATUS_OF_END: Final = {"deadline": 504, "expired": 504, "cancel_after": 504, "cancelled": 409}
RETRY_AFTER_S: Final = 2
METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # clients invent more

_REQUEST_ID: Final = re.compile(r"[\w.-]{1,64}")

log = logging.getLogger(__name__)


def status_of(error: type[KilnError]) -> int:
    """HTTP status of an error: its own, or that of its nearest ancestor in the table."""
    return next(STATUS[cls] for cls in error.__mro__ if cls in STATUS)


def status_of_code(code: str) -> int:
    """HTTP status of an error known only by its code, as the ledger keeps a job's error."""
    found = [cls for cls in errors.tree(KilnError) if cls.code == code]
    return status_of(found[0]) if found else STATUS_OF_END.get(code, 500)


def problem(status: int, code: str, detail: str, hint: str = "", **extra: object) -> Response:
    """Build a problem document; 429 and 503 say when to try again, 401 how to come in."""
    body = {
        "type": f"urn:kiln:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        "hint": hint,
        **extra,
    }
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kiln"'
    return response


def install(
    app: Flask, ready: Callable[[], dict[str, str]], process: Process = Process.SERVICE
) -> None:
    """Give an app its error handlers, request ids, timings, health, readiness and metrics.

    Parameters
    ----------
    app
        The Flask app of a service.
    ready
        Called by ``GET /readyz``; returns what is missing by name, empty when ready.
    process
        Which series ``GET /metrics`` tells.
    """
    app.before_request(_start)
    app.after_request(_stamp)
    app.register_error_handler(KilnError, _on_kiln_error)
    app.register_error_handler(HTTPException, _on_http_error)
    # what a socket says whose client fell silent, where gateway/sockets.py has bounded that
    app.register_error_handler(BlockingIOError, _on_silence)
    for broken in (ParseException, NoMoreData):  # what gunicorn says while a body is read
        app.register_error_handler(broken, _on_broken_body)
    app.register_error_handler(Exception, _on_bug)
    app.add_url_rule("/health", view_func=_health)
    app.add_url_rule("/metrics", view_func=lambda: _metrics(process), endpoint="_metrics")
    app.add_url_rule("/readyz", view_func=lambda: _readyz(ready()), endpoint="readyz")


def guard(app: Flask, settings: Settings, *, inner: bool = False) -> None:
    """Keep other sites out of a house without a lock: it trusts whoever reaches its port.

    A page that was made to look like this machine (DNS rebinding) has a foreign ``Host``; a form
    on a foreign page is told by the browser itself (Fetch Metadata, W3C). Pages of the sites in
    ``KILN_CORS_ORIGINS`` are guests. A service behind the gateway (``inner``) has none, and goes by
    the names of its own address.
    """
    trusted = settings.inner_trusted_hosts if inner else settings.trusted_hosts
    app.config["TRUSTED_HOSTS"] = trusted
    app.wsgi_app = partial(_with_small_host, app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(partial(_refuse_foreign_sites, frozenset() if inner else settings.origins))


def _with_small_host(
    inner: WSGIApplication, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Write a host as settings have it: case says nothing in it (RFC 9110, section 4.2.3)."""
    if "HTTP_HOST" in environ:
        environ["HTTP_HOST"] = environ["HTTP_HOST"].lower()
    return inner(environ, start)


def _refuse_foreign_sites(guests: frozenset[str]) -> None:
    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    foreign = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    guest = ANY in guests or request.headers.get("Origin") in guests
    if foreign and not reads and not guest:
        raise errors.ForeignSite("a page of another site sent this request")


def missing_workers(ledger: Ledger, queues: Iterable[str]) -> dict[str, str]:
    """Queues on which no warm worker listens, with what to do about it."""
    try:
        workers = ledger.workers(queues)
    except errors.LedgerUnavailable as exc:
        return {"redis": exc.detail}
    text = "no warm worker: start one; accepted jobs wait for it, none is lost"
    return {f"worker {queue}": text for queue, names in workers.items() if not names}


def _start() -> None:
    wanted = request.headers.get("X-Request-ID", "")
    g.request_id = wanted if wanted and _REQUEST_ID.fullmatch(wanted) else secrets.token_hex(16)
    g.started = time.perf_counter()


def _stamp(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    response.headers["X-Request-ID"] = g.get("request_id", "")
    response.headers["X-Process-Time"] = f"{seconds:.6f}"
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    rule = request.url_rule.rule if request.url_rule else "unknown"
    method = request.method if request.method in METHODS else "other"
    _count_errors_from_nought(rule, method)
    metrics.HTTP_SECONDS.labels(rule, method, str(response.status_code)).observe(seconds)
    return response


@cache
def _count_errors_from_nought(rule: str, method: str) -> None:
    """Show the errors of what is asked before the first: from nothing to one is no increase."""
    for code in ("500", "503"):
        metrics.HTTP_SECONDS.labels(rule, method, code)


def _on_kiln_error(error: KilnError) -> Response:
    response = problem(status_of(type(error)), error.code, error.detail, error.advice)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return response


def _on_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, ClientDisconnected) and isinstance(error.__context__, BlockingIOError):
        return _on_silence(error)
    if isinstance(error, RequestEntityTooLarge):
        return _on_kiln_error(_too_large())
    code = {404: "not_found", 405: "method_not_allowed", 400: "bad_request"}.get(
        status, error.name.lower().replace(" ", "_")
    )
    response = problem(status, code, error.description or error.name, "GET /docs lists the calls.")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def _too_large() -> KilnError:
    """Tell a body that is too large from a form with too much in it; the library does not."""
    most, length = request.max_content_length or 0, request.content_length
    if length is None or length > most:
        return errors.PhotoTooLarge(f"the request has more than {most / 1e6:.1f} MB")
    longest = (request.max_form_memory_size or most) / 1e6
    return errors.BadParameter(
        f"too many form fields: more than {request.max_form_parts}, or a text of more than"
        f" {longest:.1f} MB",
        "Send each parameter once, lists separated by commas, and a photo as a file.",
    )


def _on_silence(_: Exception) -> Response:
    return _on_kiln_error(errors.TooSlow("the rest of the request did not come in time"))


def _on_broken_body(error: Exception) -> Response:
    return problem(400, "bad_request", f"the body of the request is broken: {error}")


def _on_bug(error: Exception) -> Response:
    with logs.bound(request=g.get("request_id", "")):
        log.error("bug in %s %s", request.method, request.path, exc_info=error)
    bug = errors.InternalError(f"request {g.get('request_id', '')} failed")
    return _on_kiln_error(bug)


def _health() -> Response:
    return jsonify(status="ok")


def _readyz(missing: dict[str, str]) -> Response:
    if missing:
        names = ", ".join(sorted(missing))
        return problem(503, "not_ready", f"not ready: {names}", "See `missing`.", missing=missing)
    return jsonify(status="ready")


def _metrics(process: Process) -> Response:
    return Response(render(process), content_type=CONTENT_TYPE_LATEST)
