"""One house on many hosts for all tests here; after each one every promise is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from common.ledger.audit import Report, audit
from tests.chaos.scene import until
from tests.hosts.house import ManyHosts
from tests.hosts.net import why_not
from tests.stack import require_stack


@pytest.fixture(scope="session")
def house() -> Iterator[ManyHosts]:
    if reason := why_not():
        pytest.skip(reason)
    require_stack()
    with ManyHosts() as running:
        yield running


@pytest.fixture(autouse=True)
def whole(house: ManyHosts) -> Iterator[None]:
    """Put every cable back after a test, and find every promise kept."""
    yield
    for host in house.net.hosts:
        host.plug()
    house.wait_until_ready()
    until(
        lambda: (
            house.workers_ready()
            == {f"{name}-1@{host}" for name in ManyHosts.WORK for host in house.workers}
        )
    )
    report = audited(house)
    assert report.clean, (report.findings[:5], house.logs(5))
    assert report.jobs


def audited(house: ManyHosts) -> Report:
    """Audit until it is clean: a stage that was cut off may still throw its files away."""
    give_up = time.monotonic() + 20
    while True:
        with house.redis() as client:
            report = audit(client, house.store(), grace=timedelta(0))
        if report.clean or time.monotonic() > give_up:
            return report
        time.sleep(0.5)
