"""THE CALL TABLE: every call of the gateway, once. OpenAPI and /docs are made from it."""

from __future__ import annotations

from typing import Final

from gateway.domain.calls.call import Call
from gateway.domain.calls.fetching import FETCH
from gateway.domain.calls.keeping import HOUSE
from gateway.domain.calls.looking import LOOK
from gateway.domain.calls.making import MAKE
from gateway.domain.calls.older import OLDER
from gateway.domain.calls.telling import CALL_BACK

CALLS: Final[tuple[Call, ...]] = (*MAKE, *LOOK, *FETCH, *CALL_BACK, *OLDER, *HOUSE)
