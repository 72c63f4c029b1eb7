"""Artifacts: write-once bytes under their content hash, on anything obstore can reach.

A path is ``<owner>/<first two hex digits>/<sha256>``: two owners never share a file, so a
hash tells nothing about somebody else's upload. A file that was put is never changed;
putting the same bytes again only renews its date, which the sweeper respects.

A cloud store is asked again for some seconds when it does not answer; then the caller gets a
``StorageError``. Every file is one request: no reader sees half of it, and a writer that dies
leaves no parts behind.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from common.clouds import CONNECTIONS, headers_of, is_cloud, open_bucket
from common.contracts.artifacts import ArtifactRef
from common.disk import write_durably
from common.errors import Gone, StorageError
from common.settings import Settings

_FAILURES = (BaseError, OSError)  # obstore raises FileNotFoundError and friends for some
_AT_ONCE = 8  # files that one process writes at the same time
_WRITTEN_S = 60.0  # nobody writes a file for longer


@dataclass(frozen=True)
class Room:
    """How much more a store can hold; None where it does not tell."""

    free_bytes: int | None


class ArtifactStore:
    """Artifacts of one store URL. Thread-safe; failures are ``StorageError`` (retryable).

    Parameters
    ----------
    url
        ``file:///…``, ``memory:///`` or a bucket: ``s3://bucket/prefix``, ``gs://…``, ``az://…``.
    config
        Of a cloud store, in the words of obstore; what is not said comes from the environment
        variables of that cloud, such as ``AWS_ACCESS_KEY_ID``.
    connections
        To a cloud store that stay open between two requests: as many as are used at once.
    """

    def __init__(
        self, url: str, *, config: Mapping[str, str] | None = None, connections: int = CONNECTIONS
    ) -> None:
        parts = urlsplit(url)
        self._folder = Path(url2pathname(parts.path)) if parts.scheme == "file" else None
        self._cloud = is_cloud(url)
        # typed Any: obstore's overloads differ per cloud, the calls below fit all of them
        self._store: Any
        self._writers = ThreadPoolExecutor(_AT_ONCE, "store")  # threads come with the first files
        self._once: Any  # gives up at once: for calls that must be short, or not be repeated
        if self._cloud:
            self._store, self._once = open_bucket(url, config or {}, connections)
        else:
            self._store = from_url(url, mkdir=True) if self._folder else from_url(url)
            self._once = self._store

    def put(
        self, owner: str, name: str, media_type: str, data: bytes, *, internal: bool = False
    ) -> ArtifactRef:
        """Store bytes and return their reference. Atomic: no reader sees half a file."""
        ref = reference(name, media_type, data, internal=internal)
        self.keep(owner, ref, data)
        return ref

    def keep(self, owner: str, ref: ArtifactRef, data: bytes) -> None:
        """Store the bytes of a reference that was made before, as ``put`` does."""
        path = path_of(owner, ref.sha256)
        try:
            if self._folder is not None:
                write_durably(self._folder / path, data)
            else:
                told: Any = headers_of(ref) if self._cloud else None  # memory keeps no such thing
                obstore.put(self._store, path, data, attributes=told, use_multipart=False)
        except _FAILURES as exc:
            raise StorageError(f"cannot store {ref.name}: {type(exc).__name__}") from exc

    def keep_all(self, owner: str, files: Sequence[tuple[ArtifactRef, bytes]]) -> None:
        """Store several files in little more than the time of one: disks and clouds make us wait.

        A disk that is asked to sync eight files at once does it in one go. When one of them
        fails, the others are stored all the same before this raises.
        """
        if len(files) == 1:
            return self.keep(owner, *files[0])
        done = [self._writers.submit(self.keep, owner, ref, data) for ref, data in files]
        wait(done)
        for one in done:
            one.result()
        return None

    def get(self, owner: str, ref: ArtifactRef) -> bytes:
        """Read a whole artifact and check it against its hash."""
        try:
            data = bytes(obstore.get(self._store, path_of(owner, ref.sha256)).bytes())
        except FileNotFoundError as exc:
            self.ping()  # where the whole bucket is missing, no file has gone
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
            found = obstore.get(self._store, path_of(owner, ref.sha256), options=options)
        except FileNotFoundError as exc:
            self.ping()  # where the whole bucket is missing, no file has gone
            raise Gone(f"{ref.name} is no longer stored") from exc
        except _FAILURES as exc:
            raise StorageError(f"cannot read {ref.name}: {type(exc).__name__}") from exc
        return (bytes(chunk) for chunk in found.stream(min_chunk_size=1 << 20))

    def sign(self, owner: str, ref: ArtifactRef, seconds: float) -> str | None:
        """Make a URL by which anybody may fetch the file for some seconds; None from a folder."""
        if not self._cloud:
            return None
        try:
            path, life = path_of(owner, ref.sha256), timedelta(seconds=seconds)
            return str(obstore.sign(self._store, "GET", path, life))
        except _FAILURES as exc:
            raise StorageError(f"cannot sign {ref.name}: {type(exc).__name__}") from exc

    def delete_stale(self, owner: str, sha256: str, older_than: timedelta) -> bool:
        """Delete a file unless it was put again within the grace; whether it is gone.

        Tried once: a repeated delete could meet a file that was put again in between. Clouds cut
        the time of a file down to a second, so it counts as up to a second older than it is.
        """
        path = path_of(owner, sha256)
        try:
            self._drop_halves(path)
            if datetime.now(UTC) - obstore.head(self._once, path)["last_modified"] < older_than:
                return False
            obstore.delete(self._once, path)
        except FileNotFoundError:
            self.ping()
            return True
        except _FAILURES as exc:
            raise StorageError(f"cannot delete {sha256}: {type(exc).__name__}") from exc
        return True

    def _drop_halves(self, path: str) -> None:
        """Delete what writers of a file left behind that were killed (``write_durably``)."""
        if self._folder is None:
            return
        before = time.time() - _WRITTEN_S
        for half in (self._folder / path).parent.glob(f"{Path(path).name}#*"):
            with suppress(FileNotFoundError):
                if half.stat().st_mtime < before:
                    half.unlink()

    def files(self, below: str = "") -> Iterator[tuple[str, datetime]]:
        """List every path (of one owner) with the time it was last put.

        Half files that a crash left are listed too.
        """
        try:
            if self._folder is not None:
                yield from _files_below(self._folder, below)
                return
            for batch in obstore.list(self._store, prefix=below or None):
                yield from ((meta["path"], meta["last_modified"]) for meta in batch)
        except _FAILURES as exc:
            raise StorageError(f"cannot list the files: {type(exc).__name__}") from exc

    def has(self, path: str) -> bool:
        """Whether a file lies under this path, as ``files`` tells it."""
        try:
            obstore.head(self._store, path)
        except FileNotFoundError:
            self.ping()
            return False
        except _FAILURES as exc:
            raise StorageError(f"cannot look for {path}: {type(exc).__name__}") from exc
        return True

    def room(self) -> Room:
        """Tell the free bytes of the disk below a folder; a cloud has no such thing."""
        return Room(free_bytes(self._folder) if self._folder else None)

    def ping(self) -> None:
        """Raise ``StorageError`` unless the store answers, and the bucket is there."""
        try:
            if self._cloud:
                next(iter(obstore.list(self._once, "ping", chunk_size=1)), None)
            else:
                obstore.head(self._store, "ping")
        except FileNotFoundError:
            return
        except _FAILURES as exc:
            raise StorageError(f"the store does not answer: {type(exc).__name__}") from exc


def open_store(settings: Settings, connections: int = CONNECTIONS) -> ArtifactStore:
    """Open the store of a house for as many requests at once as are told."""
    if urlsplit(settings.artifacts_url).scheme not in {"s3", "s3a"}:
        return ArtifactStore(settings.artifacts_url, connections=connections)
    endpoint = (
        settings.s3_endpoint
        or os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
    )
    said = {
        "endpoint": endpoint,
        "region": settings.s3_region,
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": settings.s3_secret_access_key,
    }
    config = {name: value for name, value in said.items() if value}
    return ArtifactStore(settings.artifacts_url, config=config, connections=connections)


def free_bytes(folder: Path) -> int:
    """Tell what a process without privileges may still write below a folder, or above it."""
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    try:
        return shutil.disk_usage(there).free
    except OSError as exc:
        raise StorageError(f"cannot look at the disk: {type(exc).__name__}") from exc


def reference(name: str, media_type: str, data: bytes, *, internal: bool = False) -> ArtifactRef:
    """Name bytes by their content; stores nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    return ArtifactRef(
        name=name, sha256=sha256, size=len(data), media_type=media_type, internal=internal
    )


def path_of(owner: str, sha256: str) -> str:
    """Say where a file lies, as ``files`` tells it."""
    return f"{owner}/{sha256[:2]}/{sha256}"


def _files_below(folder: Path, below: str) -> Iterator[tuple[str, datetime]]:
    # obstore does not list files that were being written when their writer died
    for path in (folder / below).rglob("*"):
        with suppress(FileNotFoundError):  # deleted since
            if path.is_file():
                put_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield path.relative_to(folder).as_posix(), put_at
