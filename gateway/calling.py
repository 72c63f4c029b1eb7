"""Calling an address that a stranger gave: looked up once, judged, and only then connected to.

Between the judgement and the connection nothing is looked up again, so a name that changes its
mind meanwhile (DNS rebinding) changes nothing. No redirect is followed, no proxy of the
environment is used, little of the answer is read, and a server that drips bytes is cut off.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final
from urllib.parse import urlsplit

import certifi

from common.errors import BadWebhook
from common.exposition import metrics_ports
from common.hosts import is_loopback
from common.settings import Settings
from gateway.domain.addresses import NOT_PUBLIC, Target, may_call, read_target

MOST_READ: Final = 4096  # bytes of an answer's body; nobody looks at them
LISTENED_S: Final = 0.5  # how long a body is listened to
TRIED_ADDRESSES: Final = 2  # of one name, where the first cannot be connected to
USER_AGENT: Final = "kiln-webhooks"
REDIS_PORT: Final = 6379  # where an address of Redis names none

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Reply:
    """What came of a call: a status, or a reason why there is none."""

    status: int | None
    ms: int
    error: str | None = None
    retry_after_s: float | None = None


class Unreached(Exception):
    """There is no answer; the text says why, without telling about networks of this house."""


def target_of(settings: Settings, url: str) -> Target:
    """Judge the text of an address as this house does.

    This machine is called only from a house without a lock that only this machine can reach:
    whoever asks there could call it as well. Even there the house does not call itself.

    Raises
    ------
    BadWebhook
        Says what is wrong with it.
    """
    at_home = is_loopback(settings.host) and not settings.locked
    return read_target(url, loopback=at_home, closed=_own_ports(settings))


def _own_ports(settings: Settings) -> frozenset[int]:
    named = {getattr(settings, name) for name in Settings.model_fields if name.endswith("_port")}
    redis = urlsplit(settings.redis).port or REDIS_PORT
    return frozenset({*named, *metrics_ports(settings), redis})


def trusted_roots() -> ssl.SSLContext:
    """Certificate authorities of this machine (``SSL_CERT_FILE`` is heeded), else certifi's."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    return context


def look_up(host: str, port: int) -> list[str]:
    """Addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Caller:
    """Posts to addresses from outside. One for all threads of a process.

    Parameters
    ----------
    timeout_s
        A whole call may take so long, from the look-up to the last byte.
    roots
        Certificate authorities to trust.
    resolve
        Gives the addresses of a name; tests hand their own in.
    """

    def __init__(
        self, timeout_s: float, roots: ssl.SSLContext | None = None, resolve: Resolve = look_up
    ) -> None:
        self._timeout_s = timeout_s
        self._roots = roots or trusted_roots()
        self._resolve = resolve

    def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Reply:
        """Post a body and say what came of it; nothing is raised."""
        began = time.monotonic()
        until = began + self._timeout_s
        try:
            with self._connected(target, until) as connection:
                status, retry_after_s = _ask(connection, until, target, headers, body)
        except (Unreached, BadWebhook) as exc:
            return Reply(None, _ms_since(began), str(exc))
        return Reply(status, _ms_since(began), retry_after_s=retry_after_s)

    @contextmanager
    def _connected(self, target: Target, until: float) -> Iterator[socket.socket]:
        """Connect to an address that was judged; at ``until`` the connection is cut."""
        addresses = self._addresses(target, until)
        if not may_call(target, addresses):
            raise BadWebhook(f"not called: {NOT_PUBLIC}")
        with closing(_connect(addresses, target.port, until)) as plain, _cut_off(plain, until):
            try:
                yield self._secured(plain, target)
            except ssl.SSLCertVerificationError as exc:
                raise Unreached(f"the certificate is not valid: {exc.verify_message}") from exc
            except ssl.SSLError as exc:
                raise Unreached(_late(until) or "no secure connection came about") from exc
            except (OSError, HTTPException) as exc:
                raise Unreached(_late(until) or "the connection broke without an answer") from exc

    def _addresses(self, target: Target, until: float) -> list[str]:
        """Look the name up, once. The system's look-up knows no time limit, hence the thread."""
        found: list[list[str]] = []

        def ask() -> None:
            with suppress(OSError, UnicodeError):
                found.append(self._resolve(target.host, target.port))

        asking = threading.Thread(target=ask, name="look-up", daemon=True)
        asking.start()
        asking.join(max(0.0, until - time.monotonic()) / 2)
        if not found or not found[0]:
            raise Unreached("the name of the host cannot be found")
        return found[0]

    def _secured(self, plain: socket.socket, target: Target) -> socket.socket:
        if target.scheme == "http":
            return plain
        return self._roots.wrap_socket(plain, server_hostname=target.host)


def _connect(addresses: list[str], port: int, until: float) -> socket.socket:
    for address in addresses[:TRIED_ADDRESSES]:
        left_s = until - time.monotonic()
        if left_s <= 0:
            break
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(left_s / TRIED_ADDRESSES)
        try:
            connection.connect((address, port))
        except OSError:
            connection.close()
        else:
            connection.settimeout(left_s)
            return connection
    raise Unreached(_late(until) or "the host does not accept a connection")


@contextmanager
def _cut_off(connection: socket.socket, until: float) -> Iterator[None]:
    """Break a connection at a moment, whoever reads from it: timeouts count only the silence."""
    # a duplicate: securing a connection takes its own handle away
    handle = connection.dup()

    def cut() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, until - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # or it might shut whatever gets this handle next
        handle.close()


def _ask(
    connection: socket.socket,
    until: float,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
) -> tuple[int, float | None]:
    with closing(HTTPConnection(target.host, target.port)) as http:
        http.sock = connection  # connected already: the library looks nothing up
        said = {"host": target.authority, "user-agent": USER_AGENT, "connection": "close"}
        http.request("POST", target.path, body, {**said, **headers})
        with http.getresponse() as answer:
            if _late(until):  # cut off in the middle of a header, which looks like its end
                raise TimeoutError
            asked = _retry_after_s(answer)
            with suppress(OSError, HTTPException):  # politeness: who is hung up on may complain
                connection.settimeout(LISTENED_S)
                answer.read1(MOST_READ)
            return answer.status, asked


def _retry_after_s(answer: HTTPResponse) -> float | None:
    """Seconds of ``Retry-After`` (RFC 9110, section 10.2.3): a number or a date."""
    asked = (answer.headers.get("Retry-After") or "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked[:12])
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _late(until: float) -> str | None:
    return "no answer came in time" if time.monotonic() >= until else None


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
