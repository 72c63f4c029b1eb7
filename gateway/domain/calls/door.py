"""What the lock of a house adds to the description of each call."""

from __future__ import annotations

from typing import Any, Final

from gateway.domain.calls.call import Answer, Call, problem
from gateway.domain.scopes import SCOPES

SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key made by `kiln keys create`. A house that only its own machine reaches"
        " asks for none.",
    },
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
ANY_KEY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"header": []}, {}]
_LOCKED: Final = (
    problem(401, "The house has a lock, and this key does not fit (or there was none)"),
    problem(403, "The key lacks the scope, or another site's page sent the request"),
    problem(429, "The key asks too often, or has too many unfinished jobs; see Retry-After"),
)


def security(call: Call) -> dict[str, Any]:
    """Say which keys open a call; the empty alternative is a house without a lock."""
    if _scope(call) is None:
        return {"security": []}
    return {"security": ANY_KEY, "x-scope": str(_scope(call))}


def answers(call: Call) -> tuple[Answer, ...]:
    """List the answers of the lock, where the call itself has not described them."""
    own = {answer.status for answer in call.answers}
    return () if _scope(call) is None else tuple(one for one in _LOCKED if one.status not in own)


def _scope(call: Call) -> str | None:
    return SCOPES.get(f"{call.method} {call.path}")
