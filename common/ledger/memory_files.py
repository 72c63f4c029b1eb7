"""References to files, as the ledger counts them: the half of ``MemoryLedger`` about bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from common.contracts.artifacts import ArtifactRef
from common.ledger.erasure import DELETING_MS
from common.ledger.protocol import HANDED_OUT_MS, PROMISES

File = tuple[str, str]  # owner, sha256: two owners never share a file
Reference = tuple[str, str]  # job, artifact name


class FileBook:
    """Who refers to which file, and which files wait to be deleted."""

    def __init__(self) -> None:
        self._refs: defaultdict[File, set[Reference]] = defaultdict(set)
        self._sizes: dict[File, int] = {}  # of the files that somebody refers to
        self._trash: dict[File, int] = {}
        self.erased: dict[File, int] = {}  # let go lately: until when they may be deleted

    def add(self, owner: str, job: str, ref: ArtifactRef) -> None:
        """Refer to a file; one that lies in the trash is not deleted then."""
        self._refs[owner, ref.sha256].add((job, ref.name))
        self._sizes.setdefault((owner, ref.sha256), ref.size)
        self._trash.pop((owner, ref.sha256), None)

    def drop(self, owner: str, job: str, ref: ArtifactRef, now: int) -> None:
        """Stop referring to a file; it goes to the trash with its last reference."""
        file = (owner, ref.sha256)
        self._refs[file].discard((job, ref.name))
        if not self._refs[file]:
            self._sizes.pop(file, None)
        self.discard(*file, now)

    def keep_promise(self, job: str, sha256: str) -> None:
        """Keep the file of a job's promise, as long as the job has not ended."""
        if sha256:
            self._refs[PROMISES, sha256].add((job, "promise"))
            self._trash.pop((PROMISES, sha256), None)

    def drop_promise(self, job: str, sha256: str, now: int) -> None:
        """Let go of a promise; nothing is left to be kept."""
        if sha256:
            self._refs[PROMISES, sha256].discard((job, "promise"))
            self.discard(PROMISES, sha256, now)

    def bytes_of(self, owner: str | None) -> int:
        """Tell how much the files of an owner take, or all files; each counts once."""
        return sum(size for (who, _), size in self._sizes.items() if owner in {None, who})

    def growth(self, owner: str, artifacts: Iterable[ArtifactRef]) -> int:
        """Tell how many bytes of these are not counted yet."""
        sizes = {ref.sha256: ref.size for ref in artifacts}
        return sum(size for sha, size in sizes.items() if (owner, sha) not in self._sizes)

    def discard(self, owner: str, sha256: str, now: int) -> None:
        """Send a file to the trash unless somebody refers to it."""
        if not self._refs[owner, sha256]:
            self._trash[owner, sha256] = now

    def refers(self, owner: str, job: str, ref: ArtifactRef) -> bool:
        """Whether a job refers to a file under this name."""
        return (job, ref.name) in self._refs[owner, ref.sha256]

    def jobs_with(self, owner: str, sha256: str) -> tuple[str, ...]:
        """Jobs that refer to a file."""
        return tuple(sorted({job for job, _ in self._refs[owner, sha256]}))

    def deleted_since(self, owner: str, artifacts: Iterable[ArtifactRef], began: int) -> int | None:
        """Until when files may be deleted that were let go after a moment; None for none."""
        found = [self.erased.get((owner, ref.sha256), -1) for ref in artifacts]
        return max((until for until in found if until >= began), default=None)

    def deleting_is_over(self, owner: str, sha256: str, now: int) -> None:
        """Let those who put a file anew go on: nobody is about to delete it any more."""
        if (owner, sha256) in self.erased:
            self.erased[owner, sha256] = min(self.erased[owner, sha256], now)

    def forget_erased(self, before_ms: int) -> None:
        """Forget what was let go long ago."""
        self.erased = {file: until for file, until in self.erased.items() if until > before_ms}

    def alive(self, owner: str, artifacts: Iterable[ArtifactRef]) -> bool:
        """Whether somebody refers to each of these files."""
        return all(self._refs[owner, ref.sha256] for ref in artifacts)

    def hand_out(self, now: int, grace_ms: int, limit: int) -> list[File]:
        """Hand out what has lain in the trash for a time and is still not referred to."""
        old = [file for file, since in self._trash.items() if since <= now - grace_ms]
        old.sort(key=lambda file: (self._trash[file], " ".join(file)))
        for file in old[:limit]:
            self._trash[file] = now + HANDED_OUT_MS
            self.erased[file] = now + DELETING_MS
        return old[:limit]

    def emptied(self, owner: str, sha256: str, now: int, *, gone: bool) -> None:
        """Forget what was handed out and is deleted, unless it was thrown away anew."""
        self.deleting_is_over(owner, sha256, now)
        if self._trash.get((owner, sha256), 0) <= now:
            return
        if gone:
            del self._trash[owner, sha256]
        else:
            self._trash[owner, sha256] = now
