"""Is a whole job known already? Then it is accepted as finished and nothing is published."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Node, Plan, slot_of
from common.contracts.stages import BY_NAME
from common.ledger.protocol import Ledger
from common.ledger.records import MemoHit
from common.lru import Lru
from common.memo import memo_key

VERSIONS_FOR_S: Final = 5.0  # a worker with new code is noticed after this
WAYS_KEPT: Final = 512

Hits = dict[str, MemoHit]
Versions = dict[str, str]


@dataclass(frozen=True)
class _Step:
    """A remembered output on the way through a plan, and the files it had when it was found."""

    node: str
    key: str
    made: tuple[ArtifactRef, ...]


class Recall:
    """Looks whole jobs up by the memo keys of their stages. Thread-safe."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._versions: Versions = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()
        self._ways: Lru[str, tuple[_Step, ...]] = Lru(WAYS_KEPT)

    def whole_job(
        self, owner: str, plan: Plan, params: dict[str, Any], inputs: tuple[ArtifactRef, ...]
    ) -> Hits | None:
        """Find the remembered output of every node; None when one is missing.

        The keys of a level need the hashes of what the levels before it made, so the first time
        this costs one look-up per level, and the first level ends it for a photo that is new. Who
        asks for the same again goes the same way in one look-up, while it still leads there.
        """
        if any(node.hold for node in plan.nodes):
            return None  # somebody wants to look at it first
        versions = self._current_versions()
        asked = _digest(plan, params, inputs, versions)
        hits = self._same_way(owner, asked)
        if hits is None:
            hits = self._level_by_level(owner, plan, params, inputs, versions)
            self._note(asked, hits)
        return hits

    def _same_way(self, owner: str, asked: str) -> Hits | None:
        with self._lock:
            way = self._ways.get(asked) or ()
        found = self._ledger.memos(owner, [step.key for step in way]) if way else []
        hits: Hits = {}
        for step, hit in zip(way, found, strict=True):
            if hit is None or hit.artifacts != step.made:
                return None  # forgotten, or another output: then the keys after it are others
            hits[step.node] = hit
        return hits or None

    def _level_by_level(
        self,
        owner: str,
        plan: Plan,
        params: dict[str, Any],
        inputs: tuple[ArtifactRef, ...],
        versions: Versions,
    ) -> Hits | None:
        artifacts = {ref.name: ref for ref in inputs}
        hits: Hits = {}
        for level in plan.levels():
            keys = _keys(level, params, artifacts, versions)
            if keys is None:
                return None
            for node, hit in zip(level, self._ledger.memos(owner, keys), strict=True):
                if hit is None:
                    return None
                hits[node.id] = hit
                artifacts |= {ref.name: ref for ref in hit.artifacts}
        return hits

    def _note(self, asked: str, hits: Hits | None) -> None:
        with self._lock:
            if hits and all(hit.key for hit in hits.values()):
                steps = (_Step(node, hit.key, hit.artifacts) for node, hit in hits.items())
                self._ways.put(asked, tuple(steps))
            else:
                self._ways.pop(asked)

    def _current_versions(self) -> Versions:
        if self._clock() - self._read_at >= VERSIONS_FOR_S:
            self._versions = self._ledger.versions()
            self._read_at = self._clock()
        return self._versions


def _digest(
    plan: Plan, params: dict[str, Any], inputs: tuple[ArtifactRef, ...], versions: Versions
) -> str:
    """Sum up all that decides which keys there are; what somebody typed does not stay in it."""
    nodes = [(node.id, node.stage, node.after) for node in plan.nodes]
    stages = {node.stage: versions.get(node.stage) for node in plan.nodes}
    files = [(ref.name, ref.sha256) for ref in inputs]
    text = json.dumps((nodes, stages, files, params), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _keys(
    level: list[Node],
    params: dict[str, Any],
    artifacts: dict[str, ArtifactRef],
    versions: Versions,
) -> list[str] | None:
    rows = [BY_NAME[node.stage] for node in level]
    if not all(row.name in versions for row in rows):
        return None  # no worker has told yet what it runs
    try:
        requests = [
            BY_NAME[node.stage].request.model_validate(params | slot_of(node.id)) for node in level
        ]
    except ValidationError:
        return None  # the stage will say what is wrong
    return [
        memo_key(row, versions[row.name], artifacts, request)
        for row, request in zip(rows, requests, strict=True)
    ]
