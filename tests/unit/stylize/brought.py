"""Models that somebody brought: small random ones, listed as `kiln models add` lists them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.models import LIST_FILE, Kind, Model, digest, read_models, write_models
from common.vision.faces import FaceModels
from common.vision.fetch import CONTENTS

if TYPE_CHECKING:
    from stylize_service.engines.animegan import Generator

SIDE = 64  # px; the architecture does not mind


def bring(folder: Path, path: Path, kind: Kind = Kind.NEURAL, **said: Any) -> Model:
    """Put a file or folder into the list of a models folder."""
    file = path.relative_to(folder).as_posix()
    row = {"name": path.stem, "kind": kind, "file": file, "sha256": digest(path), "size": 1}
    model = Model(
        **row | {"licence": "MIT", "source": "a test", "style": "cel", "side": SIDE} | said
    )
    others = read_models(folder) if (folder / LIST_FILE).exists() else ()
    write_models(folder, [*others, model])
    return model


def bring_generator(folder: Path, name: str = "own", seed: int = 1, **said: Any) -> Model:
    """Bring random weights of the AnimeGANv2 generator."""
    from safetensors.torch import save_file  # noqa: PLC0415  not every house has it

    path = folder / f"{name}.safetensors"
    save_file(random_generator(seed).state_dict(), path)
    return bring(folder, path, **said)


def random_generator(seed: int) -> Generator:
    """Make a generator that has learnt nothing, the same for equal seeds."""
    import torch  # noqa: PLC0415

    from stylize_service.engines.animegan import Generator  # noqa: PLC0415  needs torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Generator()


def with_faces(folder: Path, faces_from: Path) -> Path:
    """Copy the face models beside the brought ones; ``FaceModels`` must be loadable."""
    for name in CONTENTS:
        shutil.copy(faces_from / name, folder / name)
    FaceModels.load(folder)
    return folder
