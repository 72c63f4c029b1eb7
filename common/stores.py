"""Artifacts: write-once bytes under their content hash, on anything obstore can reach.

A path is ``<owner>/<first two hex digits>/<sha256>``: two owners never share a file, so a
hash tells nothing about somebody else's upload. A file that was put is never changed;
putting the same bytes again only renews its date, which the sweeper respects.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, StorageError

_FAILURES = (BaseError, OSError)  # obstore raises FileNotFoundError and friends for some


class ArtifactStore:
    """Artifacts of one store URL. Thread-safe; failures are ``StorageError`` (retryable)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        local = parts.scheme == "file"
        self._folder = Path(url2pathname(parts.path)) if local else None
        # typed Any: obstore's overloads differ per cloud, the calls below fit all of them
        self._store: Any = from_url(url, mkdir=True) if local else from_url(url)

    def put(
        self, owner: str, name: str, media_type: str, data: bytes, *, internal: bool = False
    ) -> ArtifactRef:
        """Store bytes and return their reference. Atomic: no reader sees half a file."""
        ref = reference(name, media_type, data, internal=internal)
        self.keep(owner, ref, data)
        return ref

    def keep(self, owner: str, ref: ArtifactRef, data: bytes) -> None:
        """Store the bytes of a reference that was made before, as ``put`` does."""
        path = _path(owner, ref.sha256)
        try:
            obstore.put(self._store, path, data)
            self._sync(path)
        except _FAILURES as exc:
            raise StorageError(f"cannot store {ref.name}: {type(exc).__name__}") from exc

    def _sync(self, path: str) -> None:
        """Outlive a power cut, as the ledger does; obstore leaves that to the system."""
        if self._folder is not None:
            with (self._folder / path).open("rb") as file:
                os.fsync(file.fileno())

    def get(self, owner: str, ref: ArtifactRef) -> bytes:
        """Read a whole artifact and check it against its hash."""
        try:
            data = bytes(obstore.get(self._store, _path(owner, ref.sha256)).bytes())
        except FileNotFoundError as exc:
            raise Gone(f"{ref.name} is no longer stored") from exc
        except _FAILURES as exc:
            raise StorageError(f"cannot read {ref.name}: {type(exc).__name__}") from exc
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            raise StorageError(f"{ref.name} does not match its checksum")
        return data

    def stream(self, owner: str, ref: ArtifactRef, start: int, end: int) -> Iterator[bytes]:
        """Read bytes ``start`` to ``end`` (exclusive) in chunks; the file is opened at once."""
        try:
            options: Any = {"range": (start, end)}
            found = obstore.get(self._store, _path(owner, ref.sha256), options=options)
        except FileNotFoundError as exc:
            raise Gone(f"{ref.name} is no longer stored") from exc
        except _FAILURES as exc:
            raise StorageError(f"cannot read {ref.name}: {type(exc).__name__}") from exc
        return (bytes(chunk) for chunk in found.stream(min_chunk_size=1 << 20))

    def delete_stale(self, owner: str, sha256: str, older_than: timedelta) -> bool:
        """Delete a file unless it was put again within the grace; whether it is gone."""
        path = _path(owner, sha256)
        try:
            if datetime.now(UTC) - obstore.head(self._store, path)["last_modified"] < older_than:
                return False
            obstore.delete(self._store, path)
        except FileNotFoundError:
            return True
        except _FAILURES as exc:
            raise StorageError(f"cannot delete {sha256}: {type(exc).__name__}") from exc
        return True

    def files(self) -> Iterator[tuple[str, datetime]]:
        """List every path with the time it was last put; half files that a crash left included."""
        try:
            if self._folder is not None:
                yield from _files_below(self._folder)
                return
            for batch in obstore.list(self._store):
                yield from ((meta["path"], meta["last_modified"]) for meta in batch)
        except _FAILURES as exc:
            raise StorageError(f"cannot list the files: {type(exc).__name__}") from exc

    def has(self, path: str) -> bool:
        """Whether a file lies under this path, as ``files`` tells it."""
        try:
            obstore.head(self._store, path)
        except FileNotFoundError:
            return False
        except _FAILURES as exc:
            raise StorageError(f"cannot look for {path}: {type(exc).__name__}") from exc
        return True

    def ping(self) -> None:
        """Raise ``StorageError`` unless the store answers."""
        try:
            obstore.head(self._store, "ping")
        except FileNotFoundError:
            return
        except _FAILURES as exc:
            raise StorageError(f"the store does not answer: {type(exc).__name__}") from exc


def reference(name: str, media_type: str, data: bytes, *, internal: bool = False) -> ArtifactRef:
    """Name bytes by their content; stores nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    return ArtifactRef(
        name=name, sha256=sha256, size=len(data), media_type=media_type, internal=internal
    )


def _files_below(folder: Path) -> Iterator[tuple[str, datetime]]:
    # obstore does not list the files that it was writing when it died
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # deleted since
            if path.is_file():
                put_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield path.relative_to(folder).as_posix(), put_at


def _path(owner: str, sha256: str) -> str:
    return f"{owner}/{sha256[:2]}/{sha256}"
