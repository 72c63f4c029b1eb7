"""A call looks a name up once, goes where it was judged to go, and ends in time."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.calling import MOST_READ, Caller, Reply, trusted_roots
from gateway.domain.addresses import Target, read_target
from tests.servers.receiver import Receiver, answer

PUBLIC = "93.184.216.34"
TIMEOUT_S = 1.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


@cache
def roots() -> ssl.SSLContext:
    return trusted_roots()


def post(target: Target | str, **options: Any) -> Reply:
    caller = Caller(options.pop("timeout_s", TIMEOUT_S), **{"roots": roots(), **options})
    if isinstance(target, str):
        target = read_target(target, loopback=True)
    return caller.post(target, {"webhook-id": "msg_1"}, b'{"type":"job.succeeded"}')


# -- what arrives --------------------------------------------------------------------
def test_a_message_arrives_whole(receiver: Receiver) -> None:
    reply = post(f"{receiver.url}?token=t")
    assert (reply.status, reply.error) == (204, None)
    (request,) = receiver.requests
    assert request.line == "POST /hook?token=t HTTP/1.1"
    assert request.body == b'{"type":"job.succeeded"}'
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["user-agent"] == "kiln-webhooks"


@pytest.mark.parametrize("status", [200, 204, 301, 404, 410, 500, 503])
def test_an_answer_is_told_by_its_status(receiver: Receiver, status: int) -> None:
    receiver.answers.append(answer(status))
    assert post(receiver.url).status == status


def test_a_retry_after_is_read_as_seconds_or_as_a_date(receiver: Receiver) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    for text in ("120", soon.strftime("%a, %d %b %Y %H:%M:%S GMT"), "later", "-5", ""):
        receiver.answers.append(answer(429, f"Retry-After: {text}"))
    found = [post(receiver.url).retry_after_s for _ in range(5)]
    assert found[0] == 120
    assert found[1] == pytest.approx(90, abs=3)
    assert found[2:] == [None, None, None]


# -- where it goes -------------------------------------------------------------------
class Resolver:
    """A name server that changes its mind with every question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, *_: object) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


class Wire:
    """Notes where connections go, and makes none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connected: list[str] = []

        def connect(_: socket.socket, address: tuple[str, int]) -> None:
            self.connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket.socket, "connect", connect)


def test_a_name_is_looked_up_once_and_called_where_it_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a name that is public when it is judged, and this machine when it is asked again
    resolver, wire = Resolver([PUBLIC], ["127.0.0.1"]), Wire(monkeypatch)
    monkeypatch.setattr(socket, "getaddrinfo", None)  # nothing else looks names up
    reply = post("https://rebind.example.com", resolve=resolver)
    assert resolver.asked == 1
    assert wire.connected == [PUBLIC]
    assert reply.error == "the host does not accept a connection"


@pytest.mark.parametrize(
    "addresses",
    [
        *(["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["::1"], ["fd00:ec2::254"]),
        *([PUBLIC, "127.0.0.1"], ["10.0.0.7", PUBLIC], ["::ffff:127.0.0.1"]),
    ],
)
def test_a_name_that_leads_inside_is_not_called(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    wire = Wire(monkeypatch)
    reply = post("https://inside.example.com", resolve=Resolver(addresses))
    assert wire.connected == []
    assert reply.error == "not called: it is not an address on the open internet"
    assert not any(address in reply.error for address in addresses)


def test_a_name_of_this_machine_may_not_lead_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch)
    assert post("http://localhost:9", resolve=Resolver(["192.168.1.1"])).status is None
    assert wire.connected == []


def test_the_next_address_is_tried_where_the_first_does_not_answer(receiver: Receiver) -> None:
    target = Target("http", "localhost", receiver.port, "/", loopback=True)
    assert post(target, resolve=Resolver(["::1", "127.0.0.1"])).status == 204


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    with Receiver().running() as metadata:
        receiver.answers.append(answer(307, f"Location: {metadata.url}"))
        assert post(receiver.url).status == 307
        assert metadata.connections == 0
    receiver.answers.append(answer(302, "Location: http://169.254.169.254/latest/meta-data/"))
    assert post(receiver.url).status == 302


def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver().running() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(receiver.url).status == 204
        assert proxy.connections == 0


# -- how long it takes ---------------------------------------------------------------
def drip(piece: bytes, before: bytes = b"") -> Any:
    def act(connection: socket.socket, receiver: Receiver) -> None:
        receiver.read(connection)
        connection.sendall(before)
        while not receiver.closing.wait(0.05):
            connection.sendall(piece)

    return act


def be_silent(_: socket.socket, receiver: Receiver) -> None:
    receiver.closing.wait(10)


HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "silent": be_silent,
    "a header that never ends": drip(b"x", HEAD + b"X-Slow: "),
    "headers that never end": drip(b"X-Slow: 1\r\n", HEAD),
    "a status that never ends": drip(b"1", b"HTTP/1.1 2"),
    "a wait for more": drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_server_that_drips_is_cut_off(what: str) -> None:
    with Receiver(act=ENDLESS[what]).running() as receiver:
        began = time.monotonic()
        reply = post(receiver.url)
        took = time.monotonic() - began
        receiver.closing.set()
    assert reply.status is None
    assert reply.error == "no answer came in time"
    assert TIMEOUT_S * 0.8 <= took < TIMEOUT_S + 1
    assert reply.ms == pytest.approx(took * 1000, abs=200)


@pytest.mark.parametrize(
    "act",
    [
        drip(b"x", HEAD + b"Content-Length: 100000\r\n\r\n"),
        drip(b"1\r\nx\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        drip(b"", HEAD + b"Content-Length: 1\r\n\r\n"),
    ],
)
def test_who_has_said_yes_is_not_listened_to_for_long(act: Any) -> None:
    with Receiver(act=act).running() as receiver:
        reply = post(receiver.url, timeout_s=5)
        receiver.closing.set()
    assert reply.status == 200
    assert reply.ms < 1500


def test_a_server_that_does_not_shake_hands_is_cut_off() -> None:
    with Receiver(act=be_silent).running() as receiver:
        began = time.monotonic()
        reply = post(f"https://127.0.0.1:{receiver.port}")
        assert time.monotonic() - began < TIMEOUT_S + 1
        receiver.closing.set()
    assert reply.error == "no answer came in time"


def test_a_name_server_that_does_not_answer_is_not_waited_for() -> None:
    began = time.monotonic()

    def resolve(*_: object) -> list[str]:
        time.sleep(3)
        return [PUBLIC]

    reply = post("https://slow.example.com", resolve=resolve)
    assert time.monotonic() - began < TIMEOUT_S + 0.5
    assert reply.error == "the name of the host cannot be found"


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label")])
def test_a_name_that_does_not_exist_is_said_to(error: Exception) -> None:
    def resolve(*_: object) -> list[str]:
        raise error

    assert post("https://no.example.com", resolve=resolve).error == (
        "the name of the host cannot be found"
    )


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    sent = []

    def flood(connection: socket.socket, receiver: Receiver) -> None:
        receiver.read(connection)
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        while not receiver.closing.is_set():
            sent.append(connection.send(b"x" * 65536))

    with Receiver(act=flood).running() as receiver:
        began = time.monotonic()
        reply = post(receiver.url, timeout_s=5)
        assert time.monotonic() - began < 2
    assert reply.status == 200
    assert sum(sent) < 50_000_000  # what the buffers of the system held, not a gigabyte
    assert MOST_READ <= 4096


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"garbage\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x00\xff" * 100),
        HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        HEAD + b"X: 1\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
    ],
)
def test_nonsense_is_no_answer(receiver: Receiver, said: bytes) -> None:
    receiver.answers.append(said)
    reply = post(receiver.url)
    assert reply.status is None
    assert reply.error == "the connection broke without an answer"


def test_a_closed_port_is_said_to_be_closed() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        reply = post(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert reply == Reply(None, reply.ms, "the host does not accept a connection")


# -- whom it trusts ------------------------------------------------------------------
class Authority:
    """A certificate authority for a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        self.certificate = self._sign(self.name, self.key, ca=True)

    @property
    def trusted(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(self, *names: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        certificate = self._sign(subject, key, names)
        file = self.folder / f"{names[0]}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        names: tuple[str, ...] = (),
        *,
        ca: bool = False,
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        day = dt.timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def secure(receiver: Receiver, host: str = "hooks.example.com") -> Target:
    return Target("https", host, receiver.port, "/", loopback=True)


def test_the_certificate_is_checked_for_the_name_not_for_the_address(authority: Authority) -> None:
    seen = []
    own = authority.server("hooks.example.com")
    own.sni_callback = lambda _, name, __: seen.append(name)
    with Receiver(roots=own).running() as receiver:
        reply = post(secure(receiver), roots=authority.trusted, resolve=Resolver(["127.0.0.1"]))
    assert reply.status == 204
    assert seen == ["hooks.example.com"]
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"


def test_an_address_can_have_a_certificate_of_its_own(authority: Authority) -> None:
    with Receiver(roots=authority.server("127.0.0.1")).running() as receiver:
        reply = post(secure(receiver, "127.0.0.1"), roots=authority.trusted)
    assert reply.status == 204


@pytest.mark.parametrize("name", ["other.example.com", "127.0.0.1", "example.com"])
def test_a_certificate_of_another_name_is_refused_before_a_byte_is_sent(
    authority: Authority, name: str
) -> None:
    with Receiver(roots=authority.server(name)).running() as receiver:
        reply = post(secure(receiver), roots=authority.trusted, resolve=Resolver(["127.0.0.1"]))
    assert reply.status is None
    assert "certificate is not valid" in (reply.error or "")
    assert receiver.requests == []


def test_a_certificate_of_nobody_is_refused(authority: Authority) -> None:
    with Receiver(roots=authority.server("127.0.0.1")).running() as receiver:
        reply = post(secure(receiver, "127.0.0.1"))  # by the authorities of this machine
    assert "certificate is not valid" in (reply.error or "")
    assert receiver.requests == []


def test_a_server_without_tls_is_no_secure_server() -> None:
    def act(connection: socket.socket, _: Receiver) -> None:
        connection.recv(100)
        connection.sendall(answer(400))

    with Receiver(act=act).running() as receiver:
        reply = post(f"https://127.0.0.1:{receiver.port}")
    assert reply.error == "no secure connection came about"


def test_a_reply_says_nothing_of_the_body(receiver: Receiver) -> None:
    receiver.answers.append(answer(500, body=b"password=hunter2"))
    assert "hunter2" not in json.dumps(post(receiver.url).__dict__)
