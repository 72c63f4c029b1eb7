"""Is a whole job known already? Then it is accepted as finished and nothing is published."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan, slot_of
from common.contracts.stages import BY_NAME
from common.ledger.protocol import Ledger
from common.ledger.records import MemoHit
from common.memo import memo_key

VERSIONS_FOR_S = 5.0  # a worker with new code is noticed after this


class Recall:
    """Looks whole jobs up by the memo keys of their stages."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._versions: dict[str, str] = {}
        self._read_at = float("-inf")

    def whole_job(
        self, owner: str, plan: Plan, params: dict[str, Any], inputs: tuple[ArtifactRef, ...]
    ) -> dict[str, MemoHit] | None:
        """Find the remembered output of every node, level by level; None when one is missing.

        A level's keys need the hashes of what the levels before it made, so this costs one
        look-up per level; the first one ends it for a photo that is new.
        """
        if any(node.hold for node in plan.nodes):
            return None  # somebody wants to look at it first
        versions = self._current_versions()
        artifacts = {ref.name: ref for ref in inputs}
        hits: dict[str, MemoHit] = {}
        for level in plan.levels():
            rows = [BY_NAME[node.stage] for node in level]
            if not all(row.name in versions for row in rows):
                return None  # no worker has told yet what it runs
            try:
                requests = [
                    BY_NAME[node.stage].request.model_validate(params | slot_of(node.id))
                    for node in level
                ]
            except ValidationError:
                return None  # the stage will say what is wrong
            keys = [
                memo_key(row, versions[row.name], artifacts, request)
                for row, request in zip(rows, requests, strict=True)
            ]
            for node, hit in zip(level, self._ledger.memos(owner, keys), strict=True):
                if hit is None:
                    return None
                hits[node.id] = hit
                artifacts |= {ref.name: ref for ref in hit.artifacts}
        return hits

    def _current_versions(self) -> dict[str, str]:
        if self._clock() - self._read_at >= VERSIONS_FOR_S:
            self._versions = self._ledger.versions()
            self._read_at = self._clock()
        return self._versions
