"""One stack for all integration tests; each test finds it whole and ready."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import TestStack, require_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    require_stack()
    with TestStack() as running:
        yield running


@pytest.fixture(autouse=True)
def settled(request: pytest.FixtureRequest) -> Iterator[None]:
    """Heal the shared stack after a test that broke something on purpose, or failed."""
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").settle()
