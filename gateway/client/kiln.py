"""The client: one gateway, and everything that can be asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

import requests

from gateway.client.batch import Batches
from gateway.client.files import Files
from gateway.client.link import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Link, sendable
from gateway.client.looking import Looking
from gateway.client.patience import TOTAL_S
from gateway.client.submits import Submits


class Kiln(Submits, Looking, Files, Batches):
    """Client of one gateway; threads may share it.

    Every call may be repeated, so it is: on 429, 502, 503, 504 and lost connections, after pauses
    that grow, with jitter, and that heed ``Retry-After``. Every submit carries an
    ``Idempotency-Key``: what is sent twice is made once.

    Parameters
    ----------
    url : str
        Of the gateway.
    api_key : str or None
        For a house with a lock; default: ``KILN_API_KEY`` of the environment. White space around
        it, such as the line end of the file it was read from, is no part of it.
    connect_timeout_s, timeout_s : float
        To connect, and between two bytes of an answer; a call waits at most 60 s by itself.
    patience_s : float
        Longest time spent on pauses between the tries of one call.
    hello_s : float or None
        The same until the gateway has answered once: a person does not want to wait a minute to
        be told that it is not there. None for no difference.
    session
        Makes the ``requests.Session`` of a thread: for proxies and certificates of one's own.

    Raises
    ------
    ApiError
        The key cannot be sent; the error does not say it.
    """

    def __init__(  # noqa: PLR0913  what a connection depends on
        self,
        url: str = "http://127.0.0.1:8000",
        api_key: str | None = None,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        timeout_s: float = READ_TIMEOUT_S,
        patience_s: float = TOTAL_S,
        hello_s: float | None = None,
        session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        key = os.environ.get("KILN_API_KEY") if api_key is None else api_key
        timeouts_s = (connect_timeout_s, timeout_s)
        self.link = Link(
            url,
            sendable(key or ""),
            timeouts_s=timeouts_s,
            patience_s=patience_s,
            hello_s=hello_s,
            session=session,
        )

    def __enter__(self) -> Self:
        """Use as a context manager to close the connections."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.link.close()
