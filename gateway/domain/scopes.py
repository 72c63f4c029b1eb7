"""THE SCOPE TABLE: which call needs which scope. A call that is not in here is refused."""

from __future__ import annotations

from typing import Final

from gateway.domain.keys import Scope

SUBMIT, READ, ADMIN = Scope.SUBMIT, Scope.READ, Scope.ADMIN
PUBLIC: Final = None  # needs no key

# Written as the call table writes it; HEAD is GET.
SCOPES: Final[dict[str, Scope | None]] = {
    "POST /v1/figurines": SUBMIT,
    "POST /v1/portraits": SUBMIT,
    "POST /v1/recipes": SUBMIT,
    "POST /v1/jobs/{job}/resume": SUBMIT,
    "POST /v1/jobs/{job}/cancel": SUBMIT,
    "DELETE /v1/jobs/{job}": SUBMIT,
    "GET /v1/jobs": READ,
    "GET /v1/jobs/{job}": READ,
    "GET /v1/jobs/{job}/events": READ,
    "GET /v1/jobs/{job}/timeline": READ,
    "GET /v1/jobs/{job}/webhooks": READ,
    "POST /v1/jobs/{job}/webhooks/redeliver": SUBMIT,
    "GET /v1/jobs/{job}/artifacts/{name}": READ,
    "GET /v1/jobs/{job}/artifacts.zip": READ,
    "GET /v1/jobs/{job}/recipe.html": READ,
    "GET /v1/jobs/{job}/recipe.png": READ,
    "GET /v1/catalog": READ,
    # older calls
    "POST /api/upload": SUBMIT,
    "POST /test-vlm": SUBMIT,
    "POST /predict": SUBMIT,
    "POST /predict/batch": SUBMIT,
    "POST /predict/async": SUBMIT,
    "POST /cook-from-image/{task}": SUBMIT,
    "GET /task-result/{task}": READ,
    # the house; /metrics also answers this machine (see gateway.door.lock)
    "GET /metrics": ADMIN,
    "GET /health": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /docs": PUBLIC,
    "GET /": PUBLIC,
    "GET /web/{filename}": PUBLIC,
}
