"""What the tests of several steps of the fusion service share."""

from __future__ import annotations

import pytest

from common.errors import EngineUnavailable
from fusion_service.domain.preview.offscreen import open_window


@pytest.fixture(scope="session")
def gl() -> None:
    """Skip where nothing can be drawn."""
    try:
        open_window()
    except EngineUnavailable as error:
        pytest.skip(error.detail)
