"""``/v1/jobs/{id}/events``: follow a job as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator
from itertools import takewhile

from flask import Blueprint, Response, request

from common import metrics
from common.errors import LedgerUnavailable
from common.ledger.protocol import Ledger
from common.ledger.records import Event
from gateway.api.reading import job_of, query_of
from gateway.domain.queries import EventsQuery
from gateway.domain.views import progress_of
from gateway.door.lock import still_known
from gateway.follow import order
from gateway.house import house

HEARTBEAT_S = 5.0
ETA_S = 2.0  # not more often than that, a job's stages are told an estimate with
LONGEST_STREAM_S = 300.0  # the browser comes back by itself, with Last-Event-ID
RETRY_MS = 1_000

blueprint = Blueprint("events", __name__)


@blueprint.get("/v1/jobs/<job>/events")
def follow_job(job: str) -> Response:
    """Stream the events of a job; 204 tells a browser that nothing will come any more."""
    query = query_of(request, EventsQuery)
    after = request.headers.get("Last-Event-ID") or query.after or "0"
    record = job_of(request, job)
    events = house().hub.events(job, after, HEARTBEAT_S, record.owner)
    if record.state.terminal and _nothing_after(job, after):
        return Response(status=204)
    next(events)  # subscribes: what goes wrong there is still a problem document
    told = _Estimates(house().ledger, job)
    response = Response(_Stream(events, told, still_known()), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _nothing_after(job: str, after: str) -> bool:
    return all(order(event.id) <= order(after) for event in house().ledger.events(job, after))


class _Stream:
    """Body of the response. A class, so that ``close`` reaches the hub before the first read."""

    def __init__(
        self,
        events: Generator[Event | None],
        estimates: _Estimates,
        still_known: Callable[[], bool],
    ) -> None:
        self._events = events
        self._still_known = still_known
        self._lines = _lines(events, estimates)
        metrics.SSE_CLIENTS.inc()

    def __iter__(self) -> Iterator[str]:
        """Lines, until the end or until the key of the reader is revoked."""
        return takewhile(lambda _: self._still_known(), self._lines)

    def close(self) -> None:
        """End the subscription: the client went away, or the stream is over."""
        metrics.SSE_CLIENTS.dec()
        self._lines.close()
        self._events.close()


class _Estimates:
    """Tells now and then when the job will end. Such an event has no id: nobody resumes at it."""

    def __init__(self, ledger: Ledger, job: str) -> None:
        self._ledger = ledger
        self._job = job
        self._next_s = 0.0

    def due(self) -> bool:
        return time.monotonic() >= self._next_s

    def text(self) -> str:
        """Read the estimate; empty where the job rests or the ledger is away."""
        self._next_s = time.monotonic() + ETA_S
        try:
            standing = self._ledger.standing(self._job)
            record = self._ledger.job(self._job) if standing else None
        except LedgerUnavailable:
            return ""
        if standing is None or record is None:
            return ""
        return f"event: eta\ndata: {progress_of(record, standing).model_dump_json()}\n\n"


def _lines(events: Generator[Event | None], estimates: _Estimates) -> Generator[str]:
    ends = time.monotonic() + LONGEST_STREAM_S
    yield f"retry: {RETRY_MS}\n\n{estimates.text()}"
    for event in events:
        if event is None:
            yield estimates.text() or ": quiet\n\n"
        elif event.type == "stage" and estimates.due():
            yield as_text(event) + estimates.text()
        else:
            yield as_text(event)
        if time.monotonic() > ends:
            return


def as_text(event: Event) -> str:
    """One event as it goes over the wire."""
    data = json.dumps(event.data, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n"
