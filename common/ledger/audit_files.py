"""The half of the audit about bytes: what is referred to is there, what is there is referred to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, StorageError
from common.ledger.audit_rules import Finding, Kind, Snapshot
from common.ledger.protocol import PROMISES
from common.stores import ArtifactStore, path_of

_FILE = re.compile(r"(?P<owner>[^/]+)/(?P<two>[0-9a-f]{2})/(?P<sha256>(?P=two)[0-9a-f]{62})")


class FilesAudit:
    """Compares references, artifacts and files."""

    def __init__(
        self, client: redis.Redis, prefix: str, store: ArtifactStore, *, check_hashes: bool
    ) -> None:
        self._redis = client
        self._prefix = prefix
        self._store = store
        self._check_hashes = check_hashes

    def counted(self, refs: Sequence[str], files: Sequence[str]) -> Iterator[Finding]:
        """Find files that are referred to and not counted, or the other way round."""
        referred = {tuple(name.split(":", 2)[1:]) for name in refs}
        counted = {
            (name.partition(":")[2], sha256)
            for name in files
            for sha256, _ in self._redis.hscan_iter(self._prefix + name, count=1000)
        }
        for owner, sha256 in sorted(referred ^ counted):
            if owner != PROMISES and self._still_miscounted(owner, sha256):
                yield Finding(
                    Kind.COUNTER, "", f"{owner}'s file {sha256} is not counted as it should"
                )

    def _still_miscounted(self, owner: str, sha256: str) -> bool:
        """Look again: the file may have come or gone since."""
        pipe = self._redis.pipeline()  # in one moment
        pipe.exists(f"{self._prefix}refs:{owner}:{sha256}")
        pipe.hexists(f"{self._prefix}files:{owner}", sha256)
        referred, counted = pipe.execute()
        return bool(referred) != bool(counted)

    def references(self, names: Sequence[str], jobs: Mapping[str, Snapshot]) -> Iterator[Finding]:
        """Find references that keep a file for a job which does not have it."""
        for name in names:
            _, owner, sha256 = name.split(":", 2)
            members: Any = self._redis.smembers(self._prefix + name)
            for member in sorted(members):
                job, _, artifact = member.partition(" ")
                if job not in jobs:
                    continue  # the walk through the jobs has told, or it was accepted just now
                record = jobs[job].record
                if owner == PROMISES:
                    if record.promise != sha256 and self._promise_of(job) != sha256:
                        yield Finding(Kind.REFERENCE, job, f"promised by {sha256} in vain")
                    continue
                ref = record.artifacts.get(artifact)
                agreed = ref is not None and (record.owner, ref.sha256) == (owner, sha256)
                if not agreed and self._says_so_still(name, member, job, artifact, sha256):
                    yield Finding(Kind.REFERENCE, job, f"refers to {sha256} as {artifact} in vain")

    def _says_so_still(self, name: str, member: str, job: str, artifact: str, sha256: str) -> bool:
        """Look again: a stage may have committed this artifact after its job was read."""
        pipe = self._redis.pipeline()  # in one moment
        pipe.sismember(self._prefix + name, member)
        pipe.hget(f"{self._prefix}job:{job}", f"f:{artifact}")
        there, text = pipe.execute()
        return bool(there) and (not text or ArtifactRef.model_validate_json(text).sha256 != sha256)

    def _promise_of(self, job: str) -> str:
        return str(self._redis.hget(f"{self._prefix}job:{job}", "promise") or "")

    def promises(self, jobs: Mapping[str, Snapshot]) -> Iterator[Finding]:
        """Find unfinished jobs whose promise is not in the store: it would not outlive Redis."""
        for job, snapshot in jobs.items():
            sha256 = snapshot.record.promise
            if not sha256 or snapshot.record.state.terminal:
                continue
            there = self._store.has(path_of(PROMISES, sha256))
            if not there and self._redis.exists(f"{self._prefix}refs:{PROMISES}:{sha256}"):
                yield Finding(Kind.FILE, job, "its promise is missing")

    def artifacts(self, jobs: Mapping[str, Snapshot]) -> Iterator[Finding]:
        """Find artifacts whose file is missing or is not what its hash says."""
        seen: set[tuple[str, str]] = set()
        for job, snapshot in jobs.items():
            record = snapshot.record
            for ref in record.artifacts.values():
                file = (record.owner, ref.sha256)
                if ("ref", ref.name) in snapshot.found and file not in seen:
                    seen.add(file)
                    wrong = self._wrong_with(record.owner, ref)
                    if wrong and self._refers(job, ref, file):
                        yield Finding(Kind.FILE, job, f"{ref.name}: {wrong}")

    def _wrong_with(self, owner: str, ref: ArtifactRef) -> str:
        try:
            if self._check_hashes:
                self._store.get(owner, ref)
            else:
                self._store.stream(owner, ref, 0, min(1, ref.size))
        except (Gone, StorageError) as exc:
            return exc.detail
        return ""

    def _refers(self, job: str, ref: ArtifactRef, file: tuple[str, str]) -> bool:
        """Look again: the reference may have expired since, and its file been deleted."""
        key = f"{self._prefix}refs:{file[0]}:{file[1]}"
        return bool(self._redis.sismember(key, f"{job} {ref.name}"))

    def orphans(self, files: Sequence[tuple[str, datetime]], grace: timedelta) -> Iterator[Finding]:
        """Find files that nobody refers to and that are not in the trash."""
        before = datetime.now(UTC) - grace
        for path, put_at in files:
            if put_at > before:
                continue
            match = _FILE.fullmatch(path)
            if match is None:
                yield Finding(Kind.ORPHAN, "", f"{path} is no artifact")
            elif not self._wanted(match["owner"], match["sha256"]) and self._store.has(path):
                yield Finding(Kind.ORPHAN, "", f"nobody refers to {path}", path)

    def _wanted(self, owner: str, sha256: str) -> bool:
        pipe = self._redis.pipeline()  # in one moment: files move between the two
        pipe.exists(f"{self._prefix}refs:{owner}:{sha256}")
        pipe.zscore(f"{self._prefix}trash", f"{owner} {sha256}")
        referred, thrown_away = pipe.execute()
        return bool(referred) or thrown_away is not None
