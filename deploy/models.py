"""Fetch the face models into the folder the settings name: the last step of ``make setup``."""

from __future__ import annotations

import sys

from common.settings import Settings
from common.vision.fetch import main, missing_files


def fetch() -> int:
    """Do nothing when the right files are there; return the exit status."""
    folder = Settings().models
    return main([str(folder)]) if missing_files(folder) else 0


if __name__ == "__main__":
    sys.exit(fetch())
