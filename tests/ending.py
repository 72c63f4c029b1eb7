"""A run that is told to end stops what it has started, as it does at Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading


def end_in_order_when_told() -> None:
    """Leave by an exception at SIGTERM, unless somebody has seen to it (pytest's, in conftest)."""
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
