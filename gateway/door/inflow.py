"""How many bytes of uploads one process has in hand: no more than fit into where they lie.

A body lies in memory, and while a form is read in the folder of temporary files too, which in a
container is memory as well. Many large ones at the same moment would fill both. So who does not
fit is sent away before anything is read. Who is alone always fits.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from flask import Flask, Request, g

from common import metrics
from common.errors import Busy

REASON: Final = "uploads"


class Inflow:
    """Counts bytes from before a body is read to the end of its request.

    Parameters
    ----------
    most
        Bytes of all bodies together.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._lock = Lock()

    def take(self, size: int) -> None:
        """Find a place for so many bytes.

        Raises
        ------
        Busy
            Others have it.
        """
        with self._lock:
            if size and self._taken and self._taken + size > self._most:
                raise busy(f"{self._taken / 1e6:.0f} MB of other uploads are on their way in")
            self._taken += size

    def give_back(self, size: int) -> None:
        """Leave the place to others."""
        with self._lock:
            self._taken -= size


def let_in(sent: Request, inflow: Inflow) -> None:
    """Take a place for a body, once; a chunked one may be as large as is allowed.

    Raises
    ------
    Busy
        There is none.
    """
    most, length = sent.max_content_length or 0, sent.content_length
    if length is None:
        length = most if "chunked" in sent.headers.get("Transfer-Encoding", "").lower() else 0
    if "inflow" not in g and length <= most:  # a larger one is refused unread
        inflow.take(length)
        g.inflow = length


def let_go(app: Flask, inflow: Inflow) -> None:
    """Give places back when requests end."""
    app.teardown_request(lambda _: inflow.give_back(g.pop("inflow", 0)))


@contextmanager
def reading() -> Iterator[None]:
    """Tell a client to come back, where the folder of temporary files is full all the same."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise busy("there is no room for the upload at the moment") from exc


def busy(why: str) -> Busy:
    """Count a refusal."""
    metrics.REJECTED.labels(REASON).inc()
    return Busy(f"{why}; nothing was accepted")
