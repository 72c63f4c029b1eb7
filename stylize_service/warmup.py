"""Loads the engine and runs it once, so that the first person does not wait for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.errors import NoFace
from common.vision.faces import FaceModels
from stylize_service.engines.builtin import BuiltinEngine


def load_engine(models: Path) -> BuiltinEngine:
    """Load the face models from a folder and touch every network once."""
    faces = FaceModels.load(models)
    engine = BuiltinEngine(faces)
    blank = np.full((256, 256, 3), 128, np.uint8)
    try:
        engine.portrait(blank, "cel")
    except NoFace:
        faces.person_mask(blank)
    return engine
