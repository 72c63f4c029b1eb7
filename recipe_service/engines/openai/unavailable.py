"""The one way in which a language model fails its caller."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self


class Reason(StrEnum):
    """Why there is no answer."""

    CONNECT = "connect"  # nobody listens, or the connection broke before the answer began
    TIMEOUT = "timeout"
    STATUS = "status"  # an HTTP error, or an error in the middle of the stream
    OPEN_CIRCUIT = "open_circuit"  # not even tried: it failed too often just now
    EMPTY = "empty"
    CUT_OFF = "cut_off"
    NOT_JSON = "not_json"
    SCHEMA = "schema"
    RULES = "rules"  # a well-formed recipe that breaks the rules of the kitchen
    REFUSED = "refused"


# These say that the server is ill; all others that it answers, if not what we want.
_ILL: Final = {Reason.CONNECT, Reason.TIMEOUT, Reason.EMPTY}
_ILL_STATUS: Final = {401, 403, 404, 408}


class ModelUnavailable(Exception):
    """A language model gave no usable answer: the caller falls back to the built-in engine.

    Parameters
    ----------
    reason : Reason
        For programs: what went wrong.
    sentence : str
        For people: one sentence without address, key or words of the server.
    status : int or None
        HTTP status, where one is to blame.
    wait_s : float or None
        How long the server asked us to wait.
    passing : bool
        Whether the same question may succeed in a moment.

    Attributes
    ----------
    raw : str
        What the model said, where it said anything.
    """

    def __init__(
        self,
        reason: Reason,
        sentence: str,
        *,
        status: int | None = None,
        wait_s: float | None = None,
        passing: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.status = status
        self.wait_s = wait_s
        self.passing = passing
        self.raw = ""

    def about(self, raw: str) -> Self:
        """Keep what the model said."""
        self.raw = raw
        return self

    @property
    def ill(self) -> bool:
        """Whether this speaks against the server, and not only against this one answer."""
        if self.reason is Reason.STATUS:
            return self.status is None or self.status >= 500 or self.status in _ILL_STATUS
        return self.reason in _ILL or (self.reason is Reason.CUT_OFF and self.passing)
