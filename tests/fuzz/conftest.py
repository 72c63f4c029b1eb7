"""Inputs that nobody would send by mistake: seeded and short here, twenty times as many in full."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.extent import FULL, size
from tests.fuzz import tally
from tests.stack import SMALL, TestStack, require_stack

START_S = 240.0  # of a stack, on a machine that does other things too
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "short", derandomize=True, deadline=None, database=None, suppress_health_check=SLOW
)
settings.register_profile(
    "full", deadline=None, database=None, print_blob=True, suppress_health_check=SLOW
)


def examples(number: int) -> settings:
    """Settings of one fuzzer; what it finds is shrunk, which may take a minute."""
    profile = settings.get_profile("full" if FULL else "short")
    many = size(20 * number, number)
    return settings(profile, max_examples=many, phases=(Phase.generate, Phase.shrink))


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    """A house that works, with small limits: what is too large for it is soon made."""
    require_stack()
    running = TestStack(**SMALL, max_upload_mb=1, max_streams=16)
    try:
        running.stack.up(START_S)
        yield running
    finally:
        running.__exit__(None, None, None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tried."""
    if found := tally.lines():
        terminalreporter.section("fuzzed" + " in full" * FULL)
        for line in found:
            terminalreporter.write_line(line)
