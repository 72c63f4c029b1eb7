"""Many photos, a few at a time; one that fails stops nobody, and a second run makes nothing twice.

The idempotency key of an order is made of what is asked for and of the bytes of its photos: the
same order again, from another process or the day after a crash, gets the job that there is.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import requests

from gateway.client.refusals import FULL, ApiError, Damaged, Unreachable
from gateway.client.shapes import Job, JobRef, Product, id_of
from gateway.client.submits import Photo

Order = Photo | Mapping[str, Any]
GONE: Final = frozenset({"failed", "cancelled", "expired"})
SHORT_POLL_S: Final = 5.0  # who leaves a batch in the middle waits no longer
FULL_PAUSE_S: Final = 10.0
MOST_AGAIN: Final = 20  # jobs that one order has had, before it is given up
_TOLD: Final = (ApiError, Unreachable, Damaged, TimeoutError, OSError, requests.RequestException)


@dataclass(frozen=True)
class Made:
    """What became of one order of a batch.

    Attributes
    ----------
    order
        As it was given.
    name : str
        Of the photo without its suffix: also of its folder.
    job : Job or None
        None where none was accepted.
    error : Exception or None
        Why there is no job, no end, or no file.
    files : list of Path
        What was fetched.
    """

    order: Order
    name: str
    job: Job | None = None
    error: Exception | None = None
    files: list[Path] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether it has a result."""
        return self.error is None and self.job is not None and self.job["state"] == "succeeded"

    @property
    def why(self) -> str:
        """Why it has no result, in a sentence; empty where it has one."""
        if self.error is not None:
            return str(self.error).partition("\n")[0]
        if self.job is None or self.ok:
            return ""
        error = self.job["error"]
        if self.job["state"] == "paused":
            return f"job {self.job['id']} waits for somebody to resume it"
        return error["detail"] if error else f"the job has {self.job['state']}"


class _House(Protocol):
    """What a batch needs of a client."""

    def job(self, job: JobRef, wait_s: float = 0) -> Job: ...

    def download(self, job: JobRef, folder: str | Path) -> list[Path]: ...


class Batches:
    """Calls for many photos."""

    def batch(  # noqa: PLR0913  what there is to say about many jobs
        self,
        orders: Iterable[Order],
        *,
        product: Product = "figurine",
        folder: str | Path | None = None,
        at_once: int = 4,
        timeout_s: float = 600,
        again: bool = False,
        **wishes: object,
    ) -> Iterator[Made]:
        """Make something of many photos; results come as they are finished.

        Parameters
        ----------
        orders
            Photos (paths or bytes), or mappings with the arguments of ``submit_figurine`` and its
            like, such as ``{"photo": "anna.jpg", "template": "chef"}``. Read as they are needed.
        folder
            Where to put the files: each order gets a folder named after its photo. None fetches
            nothing.
        at_once : int
            Jobs under way at the same time.
        timeout_s : float
            Longest wait for one job; it goes on, and the next run finds it.
        again : bool
            Make jobs anew that have failed, expired or been cancelled, now or in an earlier run.
        **wishes
            For all orders; what an order says itself goes before.

        Yields
        ------
        Made
            One for each order, whatever became of it.
        """
        wanted = _Wanted(
            product, dict(wishes), timeout_s, again, None if folder is None else Path(folder)
        )
        return _run(_Batch(self, wanted), orders, max(1, at_once))


@dataclass(frozen=True)
class _Wanted:
    product: Product
    wishes: dict[str, object]
    timeout_s: float
    again: bool
    folder: Path | None


def _run(batch: _Batch, orders: Iterable[Order], at_once: int) -> Iterator[Made]:
    under_way: set[Future[Made]] = set()
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="kiln-batch")
    try:
        for order in orders:
            under_way.add(pool.submit(batch.make, order, batch.place_of(order)))
            if len(under_way) == at_once:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in done)
    finally:
        batch.left.set()  # jobs that were accepted go on; the next run finds them
        pool.shutdown(wait=False, cancel_futures=True)


class _Batch:
    """One run through many orders."""

    def __init__(self, kiln: Any, wanted: _Wanted) -> None:  # noqa: ANN401  a Kiln, which has this
        self._kiln: Any = kiln
        self._house: _House = kiln
        self._wanted = wanted
        self._places: set[str] = set()
        self.left = threading.Event()

    def place_of(self, order: Order) -> str:
        """Name of an order, and of its folder; two photos of one name stay apart."""
        name = _name_of(order)
        if name in self._places:
            name = f"{name}-{_digest(order)[:8]}"
        self._places.add(name)
        return name

    def make(self, order: Order, name: str) -> Made:
        """Make one; whatever goes wrong is its own."""
        job: Job | None = None
        try:
            job = self._submitted(order)
            job = self._ended(job)
            folder = self._wanted.folder
            fetched = folder is not None and job["state"] == "succeeded"
            files = self._house.download(job, Path(folder or "") / name) if fetched else []
        except _TOLD as error:
            return Made(order, name, job, error)
        return Made(order, name, job, None, files)

    def _submitted(self, order: Order) -> Job:
        """Get the job of an order: the one there is, or where that is of no use, another."""
        for number in range(MOST_AGAIN):
            asked = self._arguments(order) | {"idempotency_key": self._key(order, number)}
            job = self._accepted(asked)
            useless = self._wanted.again and job["state"] in GONE
            if not useless and not job.get("artifacts_expired_at"):
                return job
        return job

    def _accepted(self, asked: dict[str, Any]) -> Job:
        """Submit; a house that is full is asked again for as long as a job may take."""
        submit = getattr(self._kiln, f"submit_{self._wanted.product}")
        give_up = time.monotonic() + self._wanted.timeout_s
        while True:
            try:
                job: Job = submit(**asked)
            except ApiError as refused:
                pause = max(FULL_PAUSE_S, refused.retry_after_s)
                too_late = time.monotonic() + pause > give_up
                if refused.status not in FULL or too_late or self.left.wait(pause):
                    raise
            else:
                return job

    def _ended(self, job: Job) -> Job:
        give_up = time.monotonic() + self._wanted.timeout_s
        while job["state"] in {"queued", "running"}:
            left = give_up - time.monotonic()
            if left <= 0 or self.left.is_set():
                raise TimeoutError(f"job {job['id']} has not ended yet; it goes on")
            job = self._house.job(job["id"], wait_s=min(SHORT_POLL_S, max(1.0, left)))
        return job

    def _arguments(self, order: Order) -> dict[str, Any]:
        own = (
            dict(order) if isinstance(order, Mapping) else {_ARGUMENT[self._wanted.product]: order}
        )
        if self._wanted.product == "recipe" and isinstance(own.get("photos"), str | Path | bytes):
            own = {**own, "photos": [own["photos"]]}
        return {**self._wanted.wishes, **own}

    def _key(self, order: Order, number: int) -> str:
        """Name an order by its content; ``number`` counts the jobs made of it before."""
        asked = self._arguments(order)
        if asked.get("photo_of") is not None:
            asked["photo_of"] = id_of(asked["photo_of"])
        given = [asked.pop("photo", None), *(asked.pop("photos", None) or ())]
        photos = [
            hashlib.sha256(one if isinstance(one, bytes) else Path(one).read_bytes()).hexdigest()
            for one in given
            if one is not None
        ]
        content = [self._wanted.product, asked, photos, number]
        text = json.dumps(content, sort_keys=True, default=str)
        return f"batch-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


_ARGUMENT: Final = {"figurine": "photo", "portrait": "photo", "recipe": "photos"}


def _name_of(order: Order) -> str:
    if isinstance(order, str | Path):
        return Path(order).stem
    if isinstance(order, Mapping):
        photos = order.get("photos")
        first = order.get("photo") or (photos[0] if isinstance(photos, list | tuple) else photos)
        return Path(first).stem if isinstance(first, str | Path) else "order"
    return _digest(order)[:12]


def _digest(order: Order) -> str:
    """Tell orders apart by what was said, not by what lies in the files."""
    said = order if isinstance(order, bytes) else json.dumps(order, default=str).encode()
    return hashlib.sha256(said).hexdigest()
