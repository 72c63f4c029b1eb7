"""The house as it runs: whether it answers, who works there, whether clocks agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

import requests

from common.contracts.stages import QUEUES
from common.hosts import is_loopback
from common.settings import Settings
from gateway.terminal.checkup.finding import Finding, missing, ok, warning
from gateway.terminal.checkup.ports import is_ours

PATIENCE_S: Final = 5.0
MOST_SKEW_S: Final = 5.0


def look(settings: Settings) -> Iterator[Finding]:
    """Look at the running house; one that does not run is no fault."""
    if settings.danger:
        yield missing("Lock", settings.danger, "kiln keys create NAME")
    elif settings.locked and not (settings.house / "keys.json").exists():
        yield warning("Lock", "the house has a lock and no key", "kiln keys create NAME")
    url = settings.gateway_url
    try:
        alive = requests.get(f"{url}/health", timeout=PATIENCE_S)
        ready = requests.get(f"{url}/readyz", timeout=PATIENCE_S)
    except requests.RequestException as error:
        yield _silent(settings, type(error).__name__)
        return
    yield ok("Gateway", f"answers at {url}, in {alive.elapsed.total_seconds() * 1000:.0f} ms")
    yield from _workers(ready)
    yield from _clocks(settings, alive)


def _silent(settings: Settings, reason: str) -> Finding:
    says = f"nobody answers at {settings.gateway_url}"
    if is_ours(settings, settings.gateway_port):
        return missing("Gateway", f"{says} ({reason}), though its process runs", "make logs")
    return warning("Gateway", f"{says}: the stack is not running", "make up")


def _workers(ready: requests.Response) -> Iterator[Finding]:
    try:
        gone = {} if ready.ok else dict(ready.json().get("missing", {}))
    except ValueError:
        gone = {"readyz": ready.text[:80]}
    for name, says in gone.items():
        if not name.startswith("worker "):
            yield missing(name.capitalize(), str(says), "make restart")
    for queue in QUEUES:
        says = gone.get(f"worker {queue}")
        if says:
            yield missing(f"Queue {queue}", str(says), "make restart")
        elif not gone.keys() & {"redis", "readyz"}:
            yield ok(f"Queue {queue}", "has a warm worker")


def _clocks(settings: Settings, answer: requests.Response) -> Iterator[Finding]:
    """Compare clocks, where there are two."""
    if is_loopback(settings.host) or "Date" not in answer.headers:
        return
    skew = parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
    if abs(skew) > MOST_SKEW_S:
        says = f"the gateway's differs by {skew:+.0f} s"
        yield warning("Clocks", says, "sudo timedatectl set-ntp true")
