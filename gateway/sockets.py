"""Clients that fall silent: no thread waits for them for ever, and no other client for theirs.

Threads of gunicorn read and write without a timeout. The kernel has one for each read and each
write (``SO_RCVTIMEO``, ``SO_SNDTIMEO``), which connections inherit from the socket they came in by:
a read or write without any progress for so long is a ``BlockingIOError``.
"""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterable
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

SILENCE_S = 30  # in the middle of a request
STUCK_S = 60  # an answer of which nothing is taken; who takes it slowly may


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Takes leave of a client in the thread that served it.

    Gunicorn waits up to two seconds for each to hang up, on the thread that accepts all others:
    a few who do not would stop this process, and the arbiter would take it for dead.
    """

    def handle(self, conn: TConn) -> Any:  # noqa: ANN401  as the library has it
        """Serve a request; close the connection where there will be no other."""
        goes_on = super().handle(conn)
        if not goes_on:
            conn.close(graceful=True)
            conn.close = _closed
        return goes_on


def bound(listeners: Iterable[socket.socket]) -> None:
    """Let no read or write on connections to these sockets take for ever."""
    for listener in listeners:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(SILENCE_S))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(STUCK_S))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def more_than_silence(record: logging.LogRecord) -> bool:
    """Tell whether a log record tells of more than a client that fell silent."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


def _timeval(seconds: float) -> bytes:
    return struct.pack("@ll", int(seconds), 0)


def _closed(*, graceful: bool = False) -> None:
    pass
