"""Portraits for tests: one public-domain face from a package, the others from a data folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

PORTRAITS = Path(__file__).resolve().parents[2] / "shared" / "data" / "portraits"
NAMES = (
    "obama.jpg",
    "biden.jpg",
    "two_faces.jpg",
    "curly_hair_beard.png",
    "long_red_hair.jpg",
)


def portrait_path(name: str) -> Path:
    """Path of a portrait beside the project; the test is skipped where the folder is missing."""
    path = PORTRAITS / name
    if not path.exists():
        pytest.skip(f"no {name}: the folder shared/data/portraits is not beside the project")
    return path


def astronaut() -> npt.NDArray[np.uint8]:
    """NASA portrait of Eileen Collins, public domain: (512, 512, 3) RGB."""
    from skimage.data import astronaut as load  # noqa: PLC0415  slow import, used by few tests

    return np.asarray(load(), np.uint8)
