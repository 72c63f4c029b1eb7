"""What a client is told instead of an answer."""

from __future__ import annotations

from typing import Any, Final

import requests

FULL: Final = frozenset({429, 503})  # what is asked for again later may be had


class ApiError(Exception):
    """The gateway refused; ``problem`` is its RFC 9457 document.

    Attributes
    ----------
    code : str
        Stable, for programs: docs/reference.md lists all.
    status : int
        Of HTTP.
    detail, hint : str
        What happened, and what to do about it.
    retry_after_s : float
        How long the house wants to be left alone; 0 where it does not say.
    """

    def __init__(self, problem: dict[str, Any], retry_after_s: float = 0.0) -> None:
        self.retry_after_s = retry_after_s
        self.problem = problem
        self.code = str(problem.get("code", "unknown"))
        self.status = int(problem.get("status", 0))
        self.detail = str(problem.get("detail", self.code))
        self.hint = str(problem.get("hint") or "")
        super().__init__(f"{self.detail}\n{self.hint}" if self.hint else self.detail)


class Unreachable(Exception):
    """No gateway answers at this address."""


class Damaged(Exception):
    """A file arrived with another sha256 than its job says; nothing of it was kept."""


def checked(response: requests.Response) -> requests.Response:
    """Let an answer through.

    Raises
    ------
    ApiError
        It is a refusal.
    """
    if response.status_code >= 400:
        raise ApiError(problem_of(response))
    return response


def problem_of(response: requests.Response) -> dict[str, Any]:
    """Read the problem document of a refusal, or make one of whatever came.

    What stands between here and the gateway speaks JSON of its own: the status is that of HTTP.
    """
    try:
        said = response.json()
    except ValueError:
        said = None
    found = said if isinstance(said, dict) else {}
    code, detail = found.get("code"), found.get("detail")
    return {
        **found,
        "code": code if isinstance(code, str) else "unknown",
        "status": response.status_code,
        "detail": detail if isinstance(detail, str) else response.text[:200],
    }
