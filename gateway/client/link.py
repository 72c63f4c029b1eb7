"""The way to one gateway: every call goes through here, and is sent again where that helps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import requests
from requests.auth import AuthBase

from gateway.client.patience import TOTAL_S, Patience, asked_pause
from gateway.client.refusals import FULL, ApiError, Unreachable, checked, problem_of

CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 90.0
# full, restarting, or hidden behind a proxy that finds nobody: another try may help
AGAIN: Final = frozenset({429, 502, 503, 504})


class Link:
    """Sessions to one gateway, one a thread: a client may be shared by threads.

    Parameters
    ----------
    url : str
        Of the gateway.
    key : str or None
        Its API key; sent to this gateway only.
    timeouts_s : (float, float)
        To connect, and between two bytes of an answer.
    patience_s : float
        Longest time spent on pauses between the tries of one call.
    hello_s : float or None
        The same until the gateway has answered once; None for no difference.
    session
        Makes the ``requests.Session`` of a thread: for proxies and certificates of one's own.
    """

    def __init__(  # noqa: PLR0913  what a connection depends on
        self,
        url: str,
        key: str | None = None,
        *,
        timeouts_s: tuple[float, float] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
        patience_s: float = TOTAL_S,
        hello_s: float | None = None,
        session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        self.url = url.rstrip("/")
        self._patience_s = patience_s
        self._now_s = patience_s if hello_s is None else hello_s
        self._auth = _Bearer(key) if key else None
        self._timeouts_s = timeouts_s
        self._new_session = session
        self._mine = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Close the connections."""
        while self._sessions:
            self._sessions.pop().close()
        self._mine = threading.local()

    def patience(self) -> Patience:
        """Pauses for one call."""
        return Patience(self._now_s)

    def send(
        self,
        method: str,
        path: str,
        *,
        full_s: float | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> requests.Response:
        """Send, and again where the house is full or away; every call here is repeatable.

        Parameters
        ----------
        full_s : float or None
            Patience with a house that is full, where it is to be shorter than with one away.

        Raises
        ------
        ApiError
            The gateway refused.
        Unreachable
            It did not answer, however often it was asked.
        """
        patience = self.patience()
        with_full = patience if full_s is None else Patience(min(full_s, self._now_s))
        while True:
            try:
                response = self.once(method, path, **kwargs)
            except requests.RequestException as exc:
                pause = None if _senseless(exc) else patience.pause()
                reason: Exception = Unreachable(
                    f"no gateway answers at {self.url} ({type(exc).__name__})"
                )
            else:
                self._now_s = self._patience_s  # somebody is there
                if response.status_code not in AGAIN:
                    return checked(response)
                asked_s = asked_pause(response)
                reason = ApiError(problem_of(response), asked_s)
                is_full = response.status_code in FULL
                pause = (with_full if is_full else patience).pause(asked_s)
            if pause is None:
                raise reason
            time.sleep(pause)

    def once(self, method: str, path: str, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """Send once, whatever comes."""
        kwargs.setdefault("timeout", self._timeouts_s)
        url = path if path.startswith("http") else self.url + path
        if url.startswith(self.url + "/"):  # the key is for this house only
            kwargs["auth"] = self._auth
        return self._session().request(method, url, **kwargs)

    def _session(self) -> requests.Session:
        if not hasattr(self._mine, "session"):
            self._mine.session = self._new_session()
            self._sessions.append(self._mine.session)
        session: requests.Session = self._mine.session
        return session


def sendable(key: str) -> str:
    """Take white space off a key, and refuse one that no header can carry, without saying it.

    Raises
    ------
    ApiError
        It has a character that no key has.
    """
    key = key.strip()
    if key.isascii() and key.isprintable():
        return key
    raise ApiError(
        {
            "code": "unauthorized",
            "status": 401,
            "detail": "the API key has a character that no key has; nothing was sent",
            "hint": "Copy the whole key once more, as `kiln keys create` printed it.",
        }
    )


def _senseless(error: requests.RequestException) -> bool:
    """Whether another try would end the same: no URL, or a certificate that is not trusted."""
    return isinstance(error, ValueError | requests.exceptions.SSLError)


class _Bearer(AuthBase):
    """Shows a key. As ``auth`` it is dropped on the way to another host, and no .netrc is read."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request
