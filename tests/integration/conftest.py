"""One stack for all integration tests; each test leaves it as ready as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import TestStack, require_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    require_stack()
    with TestStack() as running:
        yield running
