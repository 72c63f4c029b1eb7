"""Brings a model into the models folder: fetched or copied, looked at, hashed, listed."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from common.errors import BadParameter
from common.hosts import is_loopback
from common.models import NAME, Kind, Model, digest, files_of, read_models, write_models
from gateway.terminal.model_files import check_format, is_safetensors

CHUNK: Final = 1 << 20
TIMEOUT_S: Final = (10, 60)  # to connect, and between two chunks


@dataclass(frozen=True)
class Offer:
    """A model that somebody brings.

    Attributes
    ----------
    source : str
        URL, or path of a file or folder.
    sha256 : str or None
        What it must have; None takes what comes, and records it.
    said : dict
        Further fields of ``Model``.
    """

    name: str
    kind: Kind
    source: str
    licence: str
    sha256: str | None = None
    said: dict[str, Any] = field(default_factory=dict)


def bring(
    folder: Path,
    offer: Offer,
    *,
    replace: bool = False,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Model:
    """Take a model into the folder and its list.

    Parameters
    ----------
    progress : callable
        Told the bytes fetched and the bytes in all (0: unknown).

    Raises
    ------
    BadParameter
        The name is taken or malformed, the file holds no such model, or another sha256.
    ValidationError
        A field of the offer is out of range.
    OSError, requests.RequestException
        It cannot be read, fetched or kept.
    """
    _check_name(folder, offer.name, replace=replace)
    draft = _draft(offer)
    folder.mkdir(parents=True, exist_ok=True)
    with _at_hand(folder, offer, progress) as path:
        check_format(path, offer.kind)
        found = digest(path)
        if offer.sha256 not in {None, found}:
            raise BadParameter(
                f"{offer.source} has sha256 {found}, not {offer.sha256}",
                "It was changed or cut on its way, or it is another version.",
            )
        kept = _keep(path, folder, offer)
    seen = {
        "file": kept.relative_to(folder).as_posix(),
        "sha256": found,
        "size": sum(file.stat().st_size for file in files_of(kept) or [kept]),
    }
    model = draft.model_copy(update=seen)
    write_models(folder, [*(one for one in read_models(folder) if one.name != model.name), model])
    return model


def _check_name(folder: Path, name: str, *, replace: bool) -> None:
    if not re.match(NAME, name):
        raise BadParameter(
            f"{name!r} is no name for a model", "Use a-z, 0-9, dot, dash and underscore."
        )
    if not replace and any(one.name == name for one in read_models(folder)):
        raise BadParameter(
            f"there is a model {name} already", "`--replace` puts this in its place."
        )


def _draft(offer: Offer) -> Model:
    """Refuse wrong values before anything is fetched."""
    return Model(
        name=offer.name,
        kind=offer.kind,
        file=offer.name,
        sha256="0" * 64,
        size=0,
        licence=offer.licence,
        source=_origin(offer.source),
        **offer.said,
    )


@contextmanager
def _at_hand(folder: Path, offer: Offer, progress: Callable[[int, int], None]) -> Iterator[Path]:
    """Have the model as a local path; what was fetched is gone afterwards, unless it was kept."""
    if not _is_url(offer.source):
        path = Path(offer.source)
        if not path.exists():
            raise BadParameter(f"there is no {path}", "Name a file, a folder, or a URL.")
        yield path.resolve()
        return
    if offer.kind is Kind.DIFFUSION:
        raise BadParameter(
            "a diffusion model is a folder, which has no URL",
            "Fetch it with the tool of its site, then give the path of the folder.",
        )
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as near:
        path = Path(near) / (Path(urlsplit(offer.source).path).name or "model")
        _fetch(offer, path, progress)
        yield path


def _fetch(offer: Offer, path: Path, progress: Callable[[int, int], None]) -> None:
    parts = urlsplit(offer.source)
    if parts.scheme == "http" and offer.sha256 is None and not is_loopback(parts.hostname or ""):
        raise BadParameter(
            "http:// without a sha256: anybody on the way could change the file",
            "Use https://, or tell with --sha256 what must come.",
        )
    with (
        requests.get(offer.source, stream=True, timeout=TIMEOUT_S) as answer,
        path.open("wb") as out,
    ):
        answer.raise_for_status()
        total, done = int(answer.headers.get("Content-Length") or 0), 0
        for chunk in answer.iter_content(CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(done, total)


def _keep(path: Path, folder: Path, offer: Offer) -> Path:
    """Put the model into the folder under its name; what lies there already stays where it is."""
    home = folder.resolve()
    hidden = [part for part in path.parts if part.startswith(".fetch-")]
    if path.is_relative_to(home) and path != home and not hidden:
        return folder / path.relative_to(home)
    suffix = "" if path.is_dir() else (".safetensors" if is_safetensors(path) else ".pt")
    target = folder / f"{offer.name}{suffix}"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".keep-") as near:
        fresh = Path(near) / "new"
        if path.is_dir():
            _copy_parts(path, fresh)
        elif hidden:
            path.replace(fresh)
        else:
            shutil.copyfile(path, fresh)
        if target.is_dir():
            target.replace(Path(near) / "old")  # which goes with this temporary folder
        fresh.replace(target)
    return target


def _copy_parts(source: Path, target: Path) -> None:
    """Copy what belongs to a pipeline; pickles and code beside it stay where they are."""
    for file in files_of(source):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _origin(source: str) -> str:
    """Say where a model came from, without what a path or a login in a URL tells of a person."""
    if not _is_url(source):
        return f"a local file named {Path(source).name}"
    parts = urlsplit(source)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _is_url(source: str) -> bool:
    return source.startswith(("https://", "http://"))
