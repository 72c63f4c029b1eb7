"""Optional models: weights that people bring, listed with the sha256 that was seen when they came.

``models.json`` in the models folder is the list. What is loaded is checked against it first, so
a folder that was copied to another machine (``KILN_MODELS_DIR``) is as good as the first one.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from common.contracts.figurine import Style
from common.errors import EngineUnavailable

LIST_FILE: Final = "models.json"
NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"
PARTS: Final = frozenset({".safetensors", ".json", ".txt", ".model"})  # of a pipeline's folder
HOW_TO_ADD: Final = "`kiln models add NAME URL|PATH --kind {kind}` adds one, then `make restart`"


class Kind(StrEnum):
    """What a model is for."""

    NEURAL = "neural"  # image-to-image generator: safetensors or TorchScript
    DIFFUSION = "diffusion"  # folder of an SDXL pipeline in the layout of diffusers
    LORA = "lora"  # safetensors, changes what the diffusion model draws


class Scheduler(StrEnum):
    """How a diffusion model steps from noise to picture; the weights were trained for one."""

    EULER = "euler"  # SDXL-Turbo and SDXL-Lightning
    LCM = "lcm"


class Model(BaseModel):
    """One optional model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(pattern=NAME)
    kind: Kind
    file: str = Field(description="File or folder, relative to the models folder")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the file; see `digest`")
    size: int = Field(ge=0, description="Bytes")
    licence: str = Field(min_length=1, max_length=200)
    source: str = Field(description="Where it came from")
    style: Style | None = Field(None, description="The one style it draws; null: every style")
    side: Annotated[int, Field(ge=64, le=1536, multiple_of=8)] = 512  # px that it sees
    prompt: str = Field("", max_length=500, description="Words that a diffusion model reads")
    scheduler: Scheduler = Scheduler.EULER
    steps: Annotated[int, Field(ge=1, le=50)] = 4
    strength: Annotated[float, Field(gt=0, le=1)] = 0.5  # 1 keeps nothing of the photo
    guidance: Annotated[float, Field(ge=0, le=20)] = 0.0

    @field_validator("file")
    @classmethod
    def inside(cls, file: str) -> str:
        """Refuse a path that leads out of the models folder."""
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in file:
            raise ValueError(f"{file!r} is not inside the models folder")
        return file


_LIST: Final = TypeAdapter(tuple[Model, ...])


def read_models(folder: Path) -> tuple[Model, ...]:
    """Read the list of optional models; a folder without a list has none.

    Raises
    ------
    EngineUnavailable
        The list is there and cannot be understood.
    """
    path = folder / LIST_FILE
    try:
        return _LIST.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as exc:
        raise EngineUnavailable(
            f"{LIST_FILE} of the models folder cannot be used ({type(exc).__name__})",
            "Correct or remove it; `kiln models add` writes it.",
        ) from exc


def write_models(folder: Path, models: Iterable[Model]) -> None:
    """Write the list, by name; it appears whole or not at all."""
    rows = [one.model_dump(mode="json") for one in sorted(models, key=lambda one: one.name)]
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as part:
        part.write(json.dumps(rows, indent=2) + "\n")
    Path(part.name).chmod(0o644)
    os.replace(part.name, folder / LIST_FILE)  # noqa: PTH105  the same call, on a name that is a str


def unavailable(engine: str, folder: Path, style: str | None = None) -> str | None:
    """Say why an engine cannot draw, as far as the list tells; None where it can.

    Nothing is hashed or loaded, so this is quick; what the worker finds out when it loads the
    model (a wrong hash, a library that is not installed) is not known here.

    Parameters
    ----------
    engine : str
        A value of ``Engine``; ``auto`` and ``builtin`` always can.
    folder : Path
        The models folder.
    style : str, optional
        The style asked for, as a value of ``Style``.
    """
    if engine not in {Kind.NEURAL, Kind.DIFFUSION}:
        return None
    how = HOW_TO_ADD.format(kind=engine)
    try:
        of_kind = [one for one in read_models(folder) if one.kind == engine]
        there = models_there(folder, Kind(engine))
    except EngineUnavailable as exc:
        return f"{exc.detail}. {exc.advice}"
    if not of_kind:
        return f"there is no {engine} model here: {how}"
    if not there:
        return f"the file of {of_kind[0].name} is not in the models folder: {how}"
    if style is not None and not any(draws(one, style) for one in there):
        styles = ", ".join(sorted({str(one.style) for one in there}))
        return f"no {engine} model here draws {style!r}, only {styles}: {how} --style {style}"
    return None


def models_there(folder: Path, kind: Kind) -> tuple[Model, ...]:
    """List the models of a kind whose file is there, whatever its content.

    Raises
    ------
    EngineUnavailable
        The list cannot be understood.
    """
    models = read_models(folder)
    return tuple(one for one in models if one.kind is kind and (folder / one.file).exists())


def draws(model: Model, style: str) -> bool:
    """Tell whether a model is meant for a style."""
    return model.style is None or model.style == style


def fingerprint(folder: Path) -> str:
    """Digest of what the list says, for memo keys; empty where there are no optional models."""
    try:
        models = read_models(folder)
    except EngineUnavailable:
        return "unreadable"
    rows = sorted(one.model_dump_json(exclude={"source", "licence", "size"}) for one in models)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16] if rows else ""


def read_checked(model: Model, folder: Path) -> bytes:
    """Read a model of one file, and give out these bytes only if they have the listed sha256.

    Raises
    ------
    EngineUnavailable
        The file is missing or was changed.
    """
    try:
        data = (folder / model.file).read_bytes()
    except OSError as exc:
        raise _missing(model) from exc
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise _changed(model)
    return data


def check(model: Model, folder: Path) -> None:
    """Hash a model, file or folder, and compare.

    Raises
    ------
    EngineUnavailable
        It is missing or was changed.
    """
    try:
        found = digest(folder / model.file)
    except OSError as exc:
        raise _missing(model) from exc
    if found != model.sha256:
        raise _changed(model)


def digest(path: Path) -> str:
    """sha256 of a file; of a folder, that of its lines ``path, NUL, sha256`` in order of path.

    Raises
    ------
    OSError
        There is no such file, or no file in the folder.
    """
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    lines = [f"{file.relative_to(path).as_posix()}\0{digest(file)}\n" for file in files_of(path)]
    if not lines:
        raise FileNotFoundError(path)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def files_of(folder: Path) -> list[Path]:
    """List the files of a model in a folder, in order of path.

    What could not be loaded, such as weights in a pickle, is no part of it.
    """
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix in PARTS and file.is_file() and not _is_hidden(file.relative_to(folder))
    ]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _missing(model: Model) -> EngineUnavailable:
    how = HOW_TO_ADD.format(kind=model.kind)
    return EngineUnavailable(f"{model.name}: {model.file} is not in the models folder", f"{how}.")


def _changed(model: Model) -> EngineUnavailable:
    return EngineUnavailable(
        f"{model.name}: {model.file} is not the file that was added (its sha256 differs)",
        f"`kiln models verify {model.name}` compares; `kiln models add --replace` takes a new one.",
    )
