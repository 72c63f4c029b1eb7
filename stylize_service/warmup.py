"""Loads the engine warm, so that the first person does not wait for it."""

from __future__ import annotations

from pathlib import Path

from common.vision import sandbox
from common.vision.faces import FaceModels
from common.vision.sample import sample_photo
from stylize_service.domain.styles import DEFAULT_STYLE
from stylize_service.engines.builtin import BuiltinEngine


def load_engine(models: Path) -> BuiltinEngine:
    """Load the face models from a folder and draw one portrait; start a decoder of photos."""
    sandbox.warm_up()
    engine = BuiltinEngine(FaceModels.load(models))
    engine.portrait(sample_photo(), DEFAULT_STYLE)
    return engine
