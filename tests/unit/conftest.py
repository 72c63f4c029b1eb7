"""What the unit tests of several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from common.vision.faces import FaceModels
from common.vision.fetch import missing_files


@pytest.fixture(scope="session")
def face_models() -> FaceModels:
    """The three networks, from ``KILN_MODELS_DIR`` or the project's data folder."""
    default = Path(__file__).resolve().parents[2] / "data" / "models"
    folder = Path(os.environ.get("KILN_MODELS_DIR", default))
    missing = missing_files(folder)
    if missing:
        pytest.skip(f"{', '.join(missing)} not in {folder}: run `make setup`")
    return FaceModels.load(folder)
