"""Loads the engines warm, so that the first person does not wait for them."""

from __future__ import annotations

from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from common.contracts.figurine import Engine, PortraitRequest
from common.errors import EngineUnavailable
from common.models import Kind, fingerprint, models_there, unavailable
from common.settings import Settings
from common.vision import sandbox
from common.vision.faces import FaceModels
from common.vision.png import encode_png
from common.vision.sample import sample_photo
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.builtin import BuiltinEngine
from stylize_service.engines.choose import Engines, Option
from stylize_service.engines.sitting import PortraitEngine

_NEEDS: Final = {
    Engine.NEURAL: ("torch", "safetensors"),
    Engine.DIFFUSION: (
        *("torch", "safetensors"),
        *("diffusers", "transformers", "accelerate", "peft"),
    ),
}


def load_engines(settings: Settings) -> Engines:
    """Load the face models and draw one portrait; find out which optional engines there may be.

    Optional engines are loaded when they are first needed, or all by ``Engines.load_all``.
    """
    sandbox.warm_up()
    faces = FaceModels.load(settings.models)
    builtin = BuiltinEngine(faces)
    engines = Engines(builtin, {name: _option(name, settings, faces) for name in _NEEDS})
    drawn = engines.draw(sample_photo(), PortraitRequest(engine=Engine.BUILTIN))
    rate_portrait(faces, drawn.sitter, drawn.picture)
    encode_png(drawn.picture)
    return engines


def variant(settings: Settings) -> str:
    """Say what decides a portrait beside the code of this service, for memo keys.

    Empty without optional models, so that nothing is forgotten where they play no part.
    """
    listed = fingerprint(settings.models)
    if not listed:
        return ""
    libraries = (f"{name} {_version(name)}" for name in _NEEDS[Engine.DIFFUSION])
    return "; ".join((listed, settings.device, *libraries))


def _option(name: Engine, settings: Settings, faces: FaceModels) -> Option:
    missing = _missing(name, settings.models)
    models = () if missing else models_there(settings.models, Kind(name))
    return Option(name, models, missing, partial(_load, name, settings, faces))


def _missing(name: Engine, folder: Path) -> str | None:
    reason = unavailable(name, folder)
    if reason is not None:
        return reason
    libraries = [one for one in _NEEDS[name] if find_spec(one) is None]
    if libraries:
        return f"{', '.join(libraries)} not installed here: `make neural` does that"
    return None


def _load(name: Engine, settings: Settings, faces: FaceModels) -> PortraitEngine:
    try:
        from stylize_service.engines import loading  # noqa: PLC0415  seconds, and 200 MB
    except (ImportError, OSError) as exc:  # such as a CUDA library that is not there
        raise EngineUnavailable(
            f"PyTorch cannot be imported: {exc}", "`make neural` installs it anew."
        ) from exc
    load = loading.load_neural if name is Engine.NEURAL else loading.load_diffusion
    return load(settings, faces)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
