"""Loads the engine warm, so that the first person does not wait for it."""

from __future__ import annotations

from pathlib import Path

from common.vision.faces import FaceModels
from stylize_service.engines.builtin import BuiltinEngine


def load_engine(models: Path) -> BuiltinEngine:
    """Load the face models from a folder and run every network once."""
    faces = FaceModels.load(models)
    faces.warm_up()
    return BuiltinEngine(faces)
