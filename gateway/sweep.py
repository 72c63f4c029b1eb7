"""The sweep: files that nobody refers to, and that no promise names, go to the trash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from common.errors import StorageError
from common.ledger.protocol import PROMISES, Ledger
from common.stores import ArtifactStore
from gateway import promises
from gateway.promises import Promise, Unreadable

File = tuple[str, str]  # owner, sha256


def sweepable(
    ledger: Ledger, store: ArtifactStore, orphans: Iterable[File], now_ms: int
) -> list[File]:
    """Choose from the files that nobody refers to those that nobody may ever want again.

    A promise that can still be kept, and the photos it names, are never among them.

    Raises
    ------
    StorageError
        The store does not answer, or a promise cannot be read: it might name any file.
    """
    wanted = set(_wanted(ledger, promises.read_all(store), now_ms))
    return [file for file in orphans if file not in wanted]


def _wanted(ledger: Ledger, every: Iterable[Promise | Unreadable], now_ms: int) -> Iterator[File]:
    for promise in every:
        if isinstance(promise, Unreadable):
            raise StorageError(
                f"the promise {promise.sha256} cannot be read ({promise.why}): it might name any"
                " file, and nothing is swept"
            )
        record = ledger.job(promise.job.job)
        over = record.state.terminal if record else promise.photos_until_ms <= now_ms
        if not over:
            yield PROMISES, promise.job.promise
            yield from ((promise.job.owner, ref.sha256) for ref in promise.job.inputs)
