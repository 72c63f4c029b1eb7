"""A Redis elsewhere, by an encrypted way: its certificate is asked for, by all who go there."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import kombu.exceptions
import pytest
import redis
from celery import Celery
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from common.celery_app import make_app
from common.errors import LedgerUnavailable
from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings
from tests.stack import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only who knows it trusts."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis of the tests")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "redis.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "redis.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return folder


@pytest.fixture(scope="module")
def settings(folder: Path) -> Iterator[Settings]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: run `make setup`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = ("--tls-port", str(port), "--port", "0", "--tls-auth-clients", "no")
    files = ("--tls-cert-file", "redis.crt", "--tls-key-file", "redis.key")
    server = subprocess.Popen(
        ["redis-server", *tls, *files, "--save", ""], cwd=folder, stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: _listens(port), 10)
        yield Settings(redis_url=f"rediss://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def app(settings: Settings) -> Iterator[Celery]:
    app = make_app(settings)
    yield app
    app.close()


@pytest.fixture
def trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "redis.crt"))


@pytest.mark.usefixtures("trusted")
def test_ledger_broker_and_results_go_by_an_encrypted_way(settings: Settings, app: Celery) -> None:
    RedisLedger(connect(settings.ledger_url)).ping()
    app.send_task("any", ("j1", "n1"), queue="fusion", ignore_result=True)
    with app.connection_for_read() as connection:
        message = connection.SimpleQueue(app.amqp.queues["fusion"]).get(timeout=5)
        message.ack()
    assert app.backend.client.ping()


def test_a_certificate_that_nobody_vouches_for_is_refused(settings: Settings, app: Celery) -> None:
    with pytest.raises(LedgerUnavailable):
        RedisLedger(connect(settings.ledger_url)).ping()
    # not send_task: connections of an app before this one are kept open
    refused = pytest.raises(kombu.exceptions.OperationalError, match="CERTIFICATE_VERIFY_FAILED")
    with app.connection_for_write() as connection, refused:
        connection.ensure_connection(max_retries=1, timeout=2)
    with pytest.raises(redis.ConnectionError):
        app.backend.client.ping()
