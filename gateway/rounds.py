"""A process that does its rounds: what reconciler and courier have in common."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable

from common.errors import KilnError

log = logging.getLogger(__name__)


def told_to_stop() -> threading.Event:
    """Event that is set by SIGTERM and SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


def run_until(stop: threading.Event, period_s: float, sweep: Callable[[], None]) -> None:
    """Sweep every period; a failed sweep is logged and the next one tries again."""
    while not stop.is_set():
        try:
            sweep()
        except KilnError as exc:
            log.warning("sweep failed, will try again: %s", exc.detail)
        except Exception:
            log.exception("bug in a sweep; it goes on")
        stop.wait(period_s)
