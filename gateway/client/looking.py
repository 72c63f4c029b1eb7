"""Jobs: look at them, wait for them, follow them, change what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final

import requests

from gateway.client.event_lines import JobEvent, parse_events
from gateway.client.link import Link
from gateway.client.refusals import Unreachable
from gateway.client.shapes import (
    DeliveryLog,
    ErasureReceipt,
    Job,
    JobRef,
    JobState,
    JobSummary,
    Timeline,
    as_job,
    id_of,
)

TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled", "expired"})
RESTING: Final = TERMINAL | {"paused"}  # nothing more comes by itself
LONGEST_POLL_S: Final = 30.0
BETWEEN_STREAMS_S: Final = 1.0  # as the gateway asks of browsers
NOTHING_MORE: Final = 204  # the job has ended, and all was told
PAGE: Final = 50


class Looking:
    """Calls about jobs that exist. A job is named by its id, or by any answer that shows it."""

    link: Link

    def job(self, job: JobRef, wait_s: float = 0) -> Job:
        """Read a job; with ``wait_s`` when it has ended or paused, or after that time."""
        params = {"wait": f"{wait_s:g}"} if wait_s else {}
        return as_job(self.link.send("GET", _path(job), params=params))

    def jobs(
        self, state: JobState | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> Iterator[JobSummary]:
        """Go through your jobs, newest first; pages are fetched as they are needed.

        Parameters
        ----------
        state
            Only jobs in this state.
        limit : int or None
            How many at most; None for all.
        cursor : str or None
            ``next`` of an earlier ``job_page``: begin behind it.
        """
        left = limit
        while left is None or left > 0:
            page = self.job_page(state, limit=min(PAGE, left or PAGE), cursor=cursor)
            yield from page["jobs"]
            left = None if left is None else left - len(page["jobs"])
            cursor = page["next"]
            if cursor is None:
                return

    def job_page(
        self, state: JobState | None = None, *, limit: int = PAGE, cursor: str | None = None
    ) -> dict[str, Any]:
        """Read one page of jobs: ``jobs``, and in ``next`` the cursor of the page behind it."""
        asked = {"state": state, "limit": limit, "cursor": cursor}
        params = {name: str(value) for name, value in asked.items() if value is not None}
        return dict(self.link.send("GET", "/v1/jobs", params=params).json())

    def wait(self, job: JobRef, timeout_s: float = 600) -> Job:
        """Wait until the job has ended or paused and return it, whatever its end.

        Raises
        ------
        TimeoutError
            It has not ended or paused in time; it goes on.
        """
        give_up = time.monotonic() + timeout_s
        while (left := give_up - time.monotonic()) > 0:
            view = self.job(job, wait_s=min(LONGEST_POLL_S, max(1.0, left)))
            if view["state"] in RESTING:
                return view
        raise TimeoutError(f"job {id_of(job)} has not ended after {timeout_s:g} s; it goes on")

    def stream(
        self, job: JobRef, after: str = "", *, full_s: float | None = None
    ) -> Iterator[JobEvent]:
        """Follow a job's events to its end, over lost connections, without gap or repeat.

        A paused job is followed on until somebody resumes it; ``after`` is the id of the last
        event seen before, and where nothing comes after it any more, this ends. Between them come
        events of the type ``eta``, without an id: ``data`` has the ``queue_position`` and the
        ``eta`` of a job. Streams are few: one that is refused with 429 or 503 is asked for again
        for ``full_s`` seconds (None: as every call), and ``job`` looks at a job without any.

        Raises
        ------
        ApiError
            There is no such job, or no stream for it now.
        Unreachable
            The connection was lost, and nothing came however often it was tried again.
        """
        last, patience = after, self.link.patience()
        pause: float | None
        while True:
            first, reason = None, None
            try:
                with self._event_stream(job, last, full_s) as response:
                    if response.status_code == NOTHING_MORE:
                        return
                    lines = response.iter_lines()
                    first = next(lines, None)  # a stream of the house begins by saying something
                    for event in _events_in(first, lines):
                        if event.type == "eta":  # nothing has happened, and nobody resumes here
                            yield replace(event, id="")
                            continue
                        last, patience = event.id or last, self.link.patience()
                        yield event
                        if event.type in TERMINAL:
                            return
            except requests.RequestException as exc:
                reason = exc
            if first is not None and reason is None:  # in order: now and then each is ended
                pause, patience = BETWEEN_STREAMS_S, self.link.patience()
            elif (pause := patience.pause()) is None:
                raise Unreachable(f"lost the event stream of {id_of(job)}") from reason
            time.sleep(pause)

    def resume(self, job: JobRef, **changes: object) -> Job:
        """Let a paused job go on; ``ingredients`` is the whole list as corrected.

        Raises
        ------
        ApiError
            A change was refused, or the job does not wait (``job_not_paused``; also when the
            answer to a first attempt was lost on its way).
        """
        said = {name: value for name, value in changes.items() if value is not None}
        return as_job(self.link.send("POST", f"{_path(job)}/resume", json=said))

    def cancel(self, job: JobRef) -> Job:
        """Cancel a job."""
        return as_job(self.link.send("POST", f"{_path(job)}/cancel"))

    def delete(self, job: JobRef) -> ErasureReceipt:
        """Erase a job and its files, ending it first where it must.

        Returns
        -------
        ErasureReceipt
            ``job``, ``erased_at``, and the files ``erased``, ``kept`` (for which other jobs of
            yours) and ``pending``.
        """
        receipt: ErasureReceipt = self.link.send("DELETE", _path(job)).json()
        return receipt

    def timeline(self, job: JobRef) -> Timeline:
        """Read where the time of a job went."""
        timeline: Timeline = self.link.send("GET", f"{_path(job)}/timeline").json()
        return timeline

    def webhooks(self, job: JobRef) -> DeliveryLog:
        """Read how the webhooks of a job (``webhook_url=...`` at the submit) were delivered."""
        log: DeliveryLog = self.link.send("GET", f"{_path(job)}/webhooks").json()
        return log

    def redeliver(self, job: JobRef, event: str | None = None) -> DeliveryLog:
        """Send the webhooks of a job once more, or only that of one event."""
        params: Mapping[str, str] = {"event": event} if event else {}
        path = f"{_path(job)}/webhooks/redeliver"
        log: DeliveryLog = self.link.send("POST", path, params=params).json()
        return log

    def catalog(self) -> dict[str, Any]:
        """Read what can be asked for here: styles, templates, looks, limits."""
        return dict(self.link.send("GET", "/v1/catalog").json())

    def _event_stream(self, job: JobRef, last: str, full_s: float | None) -> requests.Response:
        headers = {"Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        return self.link.send(
            "GET", f"{_path(job)}/events", headers=headers, stream=True, full_s=full_s
        )


def _events_in(first: bytes | None, others: Iterator[bytes]) -> Iterator[JobEvent]:
    # str lines would also break at the separators that Unicode knows
    lines = chain([] if first is None else [first], others)
    return parse_events(line.decode("utf-8") for line in lines)


def _path(job: JobRef) -> str:
    return f"/v1/jobs/{id_of(job)}"
