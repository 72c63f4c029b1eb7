"""``/v1/jobs/{id}/events``: follow a job as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
import time
from collections.abc import Generator

from flask import Blueprint, Response, request

from common import metrics
from common.ledger.records import Event
from gateway.api.reading import job_of, query_of
from gateway.domain.queries import EventsQuery
from gateway.follow import order
from gateway.house import house

HEARTBEAT_S = 10.0
LONGEST_STREAM_S = 300.0  # the browser comes back by itself, with Last-Event-ID
RETRY_MS = 1_000

blueprint = Blueprint("events", __name__)


@blueprint.get("/v1/jobs/<job>/events")
def follow_job(job: str) -> Response:
    """Stream the events of a job; 204 tells a browser that nothing will come any more."""
    query = query_of(request, EventsQuery)
    after = request.headers.get("Last-Event-ID") or query.after or "0"
    record = job_of(request, job)
    events = house().hub.events(job, after, HEARTBEAT_S)
    if record.state.terminal and _nothing_after(job, after):
        return Response(status=204)
    next(events)  # subscribes: what goes wrong there is still a problem document
    response = Response(_Stream(events), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _nothing_after(job: str, after: str) -> bool:
    return all(order(event.id) <= order(after) for event in house().ledger.events(job, after))


class _Stream:
    """Body of the response. A class, so that ``close`` reaches the hub before the first read."""

    def __init__(self, events: Generator[Event | None]) -> None:
        self._events = events
        self._lines = _lines(events)
        metrics.SSE_CLIENTS.inc()

    def __iter__(self) -> Generator[str]:
        return self._lines

    def close(self) -> None:
        """End the subscription: the client went away, or the stream is over."""
        metrics.SSE_CLIENTS.dec()
        self._lines.close()
        self._events.close()


def _lines(events: Generator[Event | None]) -> Generator[str]:
    ends = time.monotonic() + LONGEST_STREAM_S
    yield f"retry: {RETRY_MS}\n\n"
    for event in events:
        yield ": quiet\n\n" if event is None else as_text(event)
        if time.monotonic() > ends:
            return


def as_text(event: Event) -> str:
    """One event as it goes over the wire."""
    data = json.dumps(event.data, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n"
