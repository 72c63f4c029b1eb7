"""Python SDK: submit a photo, follow the job, fetch the files.

>>> with Kiln("http://127.0.0.1:8000") as kiln:  # doctest: +SKIP
...     job = kiln.submit_figurine("me.jpg", template="superhero")
...     job = kiln.wait(job["id"])
...     kiln.download(job, "out")
...     sticker = kiln.submit_portrait("me.jpg", style="cel", background="transparent")
...     dinner = kiln.submit_recipe(["table.jpg"], pause_after="ingredients")
...     dinner = kiln.wait(dinner["id"])  # paused: look at the list
...     kiln.resume(dinner["id"], ingredients=["2 leeks", "rice"])
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import requests
from requests.auth import AuthBase

from gateway.event_lines import JobEvent, parse_events
from gateway.form import form_fields, form_file
from gateway.patience import asked_pause, pauses
from gateway.refusals import ApiError, Unreachable, checked, problem_of

__all__ = ["ApiError", "JobEvent", "Kiln", "Unreachable", "parse_events"]

TERMINAL = frozenset({"succeeded", "failed", "cancelled", "expired"})
RESTING = TERMINAL | {"paused"}  # nothing more comes by itself
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 90.0


class Kiln:
    """Client of one gateway. Safe to repeat: every submit carries an Idempotency-Key.

    The key for a house with a lock is ``api_key``, or ``KILN_API_KEY`` of the environment.
    """

    def __init__(self, url: str = "http://127.0.0.1:8000", api_key: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        key = os.environ.get("KILN_API_KEY") if api_key is None else api_key
        self._auth = _Bearer(key) if key else None

    def __enter__(self) -> Self:
        """Use as a context manager to close the connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._session.close()

    def submit_figurine(
        self,
        photo: str | Path | bytes | None = None,
        *,
        photo_of: str | None = None,
        idempotency_key: str | None = None,
        **parameters: object,
    ) -> dict[str, Any]:
        """Send a photo, or name an earlier job for its photo, and return the accepted job.

        Raises
        ------
        ApiError
            The photo or a parameter was refused.
        Unreachable
            The gateway did not answer, however often it was asked.
        """
        photos = [] if photo is None else [photo]
        return self._submit(
            "/v1/figurines", photos, {"from": photo_of} | parameters, idempotency_key
        )

    def submit_portrait(
        self,
        photo: str | Path | bytes | None = None,
        *,
        photo_of: str | None = None,
        idempotency_key: str | None = None,
        **parameters: object,
    ) -> dict[str, Any]:
        """Send a photo for the cartoon alone, as ``submit_figurine`` does for all of it."""
        photos = [] if photo is None else [photo]
        return self._submit(
            "/v1/portraits", photos, {"from": photo_of} | parameters, idempotency_key
        )

    def submit_recipe(
        self,
        photos: Iterable[str | Path | bytes] = (),
        ingredients: Iterable[str] = (),
        *,
        idempotency_key: str | None = None,
        **parameters: object,
    ) -> dict[str, Any]:
        """Send photos of food, a list of ingredients, or both, and return the accepted job.

        With ``pause_after="ingredients"`` the job pauses once it has recognised them: look at
        the list, then ``resume``.

        Raises
        ------
        ApiError
            A photo or a parameter was refused.
        Unreachable
            The gateway did not answer, however often it was asked.
        """
        lines = [ingredients] if isinstance(ingredients, str) else list(ingredients)
        wanted = parameters | {"ingredients": lines or None}
        return self._submit("/v1/recipes", photos, wanted, idempotency_key)

    def resume(self, job: str, **changes: object) -> dict[str, Any]:
        """Let a paused job go on; ``ingredients`` is the whole list as corrected.

        Raises
        ------
        ApiError
            A change was refused, or the job does not wait (``job_not_paused``; also when the
            answer to a first attempt was lost on its way).
        """
        said = {name: value for name, value in changes.items() if value is not None}
        return dict(self._send("POST", f"/v1/jobs/{job}/resume", json=said).json())

    def job(self, job: str, wait_s: float = 0) -> dict[str, Any]:
        """Read a job; with ``wait_s`` when it has ended or paused, or after that time."""
        params = {"wait": f"{wait_s:g}"} if wait_s else {}
        return dict(self._send("GET", f"/v1/jobs/{job}", params=params).json())

    def wait(self, job: str, timeout_s: float = 600) -> dict[str, Any]:
        """Wait until the job has ended or paused and return it, whatever its end.

        Raises
        ------
        TimeoutError
            It has not ended or paused in time; it goes on.
        """
        give_up = time.monotonic() + timeout_s
        while (left := give_up - time.monotonic()) > 0:
            view = self.job(job, wait_s=min(30.0, max(1.0, left)))
            if view["state"] in RESTING:
                return view
        raise TimeoutError(f"job {job} has not ended after {timeout_s:g} s")

    def stream(self, job: str, after: str = "") -> Iterator[JobEvent]:
        """Follow a job's events to its end, over lost connections, without gap or repeat.

        A paused job is followed on until somebody resumes it; ``after`` is the id of the last
        event seen before. Between them come events of the type ``eta``, without an id: ``data``
        has the ``queue_position`` and the ``eta`` of a job.
        """
        last, left = after, pauses()
        while True:
            reason: Exception | None = None
            try:
                for event in self._stream_once(job, last):
                    if event.type == "eta":  # nothing has happened, and nobody resumes here
                        yield replace(event, id="")
                        continue
                    last, left = event.id or last, pauses()
                    yield event
                    if event.type in TERMINAL:
                        return
            except requests.RequestException as exc:
                reason = exc
            pause = next(left, None)  # also after an orderly end: the server restarts
            if pause is None:
                raise Unreachable(f"lost the event stream of {job}") from reason
            time.sleep(pause)

    def cancel(self, job: str) -> dict[str, Any]:
        """Cancel a job."""
        return dict(self._send("POST", f"/v1/jobs/{job}/cancel").json())

    def delete(self, job: str) -> dict[str, Any]:
        """Erase a job and its files, ending it first where it must.

        Returns
        -------
        dict
            The receipt: ``job``, ``erased_at``, and the files ``erased``, ``kept`` (for which
            other jobs of yours) and ``pending``.
        """
        return dict(self._send("DELETE", f"/v1/jobs/{job}").json())

    def timeline(self, job: str) -> dict[str, Any]:
        """Read where the time of a job went."""
        return dict(self._send("GET", f"/v1/jobs/{job}/timeline").json())

    def webhooks(self, job: str) -> dict[str, Any]:
        """Read how the webhooks of a job (``webhook_url=...`` at the submit) were delivered."""
        return dict(self._send("GET", f"/v1/jobs/{job}/webhooks").json())

    def redeliver(self, job: str, event: str | None = None) -> dict[str, Any]:
        """Send the webhooks of a job once more, or only that of one event."""
        params = {"event": event} if event else {}
        path = f"/v1/jobs/{job}/webhooks/redeliver"
        return dict(self._send("POST", path, params=params).json())

    def download(self, job: dict[str, Any], folder: str | Path) -> list[Path]:
        """Fetch all artifacts of a job into a folder; a file appears whole or not at all."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        paths = []
        for artifact in job["artifacts"]:
            path = target / Path(artifact["name"]).name  # never outside the folder
            content = self.fetch(artifact)
            part = path.with_name(path.name + ".part")
            part.write_bytes(content)
            part.replace(path)
            paths.append(path)
        return paths

    def fetch(self, artifact: dict[str, Any]) -> bytes:
        """Fetch one artifact, as a job lists it."""
        return self._send("GET", artifact["url"]).content

    def _submit(
        self,
        path: str,
        photos: Iterable[str | Path | bytes],
        parameters: dict[str, object],
        key: str | None,
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        files = [("photo", form_file(photo)) for photo in photos]
        said = {name: value for name, value in parameters.items() if value is not None}
        sent = {"files": files, "data": form_fields(said)} if files else {"json": said}
        return dict(self._send("POST", path, headers=headers, **sent).json())

    def _stream_once(self, job: str, last: str) -> Iterator[JobEvent]:
        headers = {"Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        with self._send("GET", f"/v1/jobs/{job}/events", headers=headers, stream=True) as response:
            # str lines would also break at the separators that Unicode knows
            yield from parse_events(line.decode("utf-8") for line in response.iter_lines())

    def _send(self, method: str, path: str, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """Send with retries on 429, 503 and lost connections; every call here is repeatable."""
        kwargs.setdefault("timeout", (CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
        url = path if path.startswith("http") else self._url + path
        if url.startswith(self._url + "/"):  # the key is for this house only
            kwargs["auth"] = self._auth
        left = pauses()
        while True:
            try:
                response = self._session.request(method, url, **kwargs)
            except requests.RequestException as exc:
                senseless = isinstance(exc, ValueError)  # an URL that is none
                pause = None if senseless else next(left, None)
                reason: Exception = Unreachable(
                    f"no gateway answers at {self._url} ({type(exc).__name__})"
                )
            else:
                if response.status_code not in {429, 503}:
                    return checked(response)
                pause, reason = asked_pause(response, left), ApiError(problem_of(response))
            if pause is None:
                raise reason
            time.sleep(pause)


class _Bearer(AuthBase):
    """Shows a key. As ``auth`` it is dropped on the way to another host, and no .netrc is read."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request
