"""The key file of a house: written by ``kiln keys``, read anew by every gateway when it changes."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from common.private_files import alone_with, made_once, write_private
from common.settings import Settings
from gateway.domain.keys import PREFIX, Key, KeyBook, Scope, checked_owner, digest

KEY_BYTES: Final = 32
EXCHANGE_S: Final = 86_400  # how long an exchanged secret of webhooks still signs

log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]


def key_file(settings: Settings) -> Path:
    """Where the keys of a house are."""
    return settings.house / "keys.json"


class KeyRing:
    """The keys as one process sees them. Thread-safe; a look costs one ``stat``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: _Stamp | None = None
        self._book = KeyBook()
        self._lock = threading.Lock()

    def book(self) -> KeyBook:
        """Read the keys of this moment. A file that nobody can read changes nothing."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp:
                    self._book, self._stamp = self._read(stamp), stamp
        return self._book

    def find(self, presented: str) -> Key | None:
        """Find the key that somebody presents."""
        return self.book().find(presented)

    def _read(self, stamp: _Stamp | None) -> KeyBook:
        if stamp is None:
            return KeyBook()
        try:
            return read(self._path)
        except (OSError, ValidationError) as exc:
            # the message of the validation would repeat what is in the file
            log.error("%s cannot be read (%s): keys stay as they were", self._path, type(exc))  # noqa: TRY400
            return self._book


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_ctime_ns, found.st_size


@dataclass(frozen=True)
class Terms:
    """What a new key may do, and how much."""

    scopes: frozenset[Scope]
    rate: str | None = None
    max_active: int | None = None
    quota_mb: int | None = None


def read(path: Path) -> KeyBook:
    """Read the keys, as they are in the file.

    Raises
    ------
    OSError, pydantic.ValidationError
        The file cannot be used.
    """
    return KeyBook.model_validate_json(path.read_bytes()) if path.exists() else KeyBook()


def create(path: Path, owner: str, terms: Terms) -> tuple[Key, str]:
    """Make a key; the second value is the key itself, which is kept nowhere.

    Raises
    ------
    BadParameter
        The name cannot be used.
    """
    presented = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    key = Key(
        id=f"K{secrets.token_hex(4).upper()}",  # no name: names are lower-case
        owner=checked_owner(owner),
        sha256=digest(presented),
        created=datetime.now(UTC).replace(microsecond=0),
        **vars(terms),
    )
    with _changing(path) as found:
        _write(path, found.with_key(key))
    return key, presented


def revoke(path: Path, name_or_id: str) -> tuple[Key, ...]:
    """Take out a key by its id, or all keys of that name; running gateways notice at once."""
    with _changing(path) as found:
        left, gone = found.without(name_or_id)
        if gone:
            _write(path, left)
    return gone


@contextmanager
def _changing(path: Path) -> Iterator[KeyBook]:
    with alone_with(path):
        yield read(path)


def _write(path: Path, book: KeyBook) -> None:
    write_private(path, json.dumps(book.model_dump(mode="json"), indent=1) + "\n")


def webhook_secret(settings: Settings, owner: str) -> str:
    """Secret with which the calls to an owner's webhooks are signed; made once.

    Base64 of 24 to 64 random bytes after ``whsec_``, as Standard Webhooks has it.
    """
    return made_once(_webhook_file(settings, owner), _new_webhook_secret)


def webhook_secrets(settings: Settings, owner: str) -> tuple[str, ...]:
    """Secrets to sign with, the newest first: for a day after an exchange also the one before."""
    found = (webhook_secret(settings, owner),)
    before = _webhook_file(settings, owner).with_suffix(".before")
    try:
        young = time.time() - before.stat().st_mtime < EXCHANGE_S
        return (*found, before.read_text("utf-8")) if young else found
    except FileNotFoundError:
        return found


def renew_webhook_secret(settings: Settings, owner: str) -> str:
    """Make a new secret; receivers have a day to exchange theirs, in which both sign."""
    path = _webhook_file(settings, owner)
    if path.exists():
        write_private(path.with_suffix(".before"), path.read_text("utf-8"))
    write_private(path, _new_webhook_secret())
    return path.read_text("utf-8")


def _webhook_file(settings: Settings, owner: str) -> Path:
    return settings.house / "webhook-secrets" / checked_owner(owner)  # no dot in the name


def _new_webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
