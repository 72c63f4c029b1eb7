"""A gateway without Redis: memory ledger, memory store, and a list instead of a broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from common.contracts.plans import Plan
from common.contracts.stages import BY_NAME
from common.ledger.memory import MemoryLedger
from common.ledger.records import Claim, JobRecord, NodeResult, ReadyNode
from common.memo import memo_key
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.app import create_app
from gateway.house import EXTENSION
from tests.unit.gateway.photos import jpeg

VERSION = "v1"


@dataclass
class Stack:
    """A gateway and the hands of its workers."""

    app: Flask
    ledger: MemoryLedger
    store: ArtifactStore
    published: list[tuple[str, Plan]] = field(default_factory=list)
    again: list[ReadyNode] = field(default_factory=list)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def post(self, photo: bytes | None = None, **options: Any) -> Any:
        """Submit the photo as a raw body."""
        data = jpeg() if photo is None else photo
        return self.client.post("/v1/figurines", data=data, **options)

    def submit(self, **params: str) -> str:
        """Submit a photo and return the id of its job."""
        answer = self.post(query_string=params)
        assert answer.status_code == 202, answer.text
        return str(answer.json["id"])

    def record(self, job: str) -> JobRecord:
        record = self.ledger.job(job)
        assert record is not None
        return record

    def run_stage(self, job: str, node: str) -> None:
        """Do the work of one stage: every output is a line of text."""
        claim = self.ledger.claim(job, node, "w1")
        assert isinstance(claim, Claim), claim
        row = BY_NAME[node]
        key = memo_key(row, VERSION, claim.artifacts, row.request.model_validate(claim.params))
        refs = [
            self.store.put(
                claim.owner,
                output.name,
                output.media_type,
                f"{output.name} of {claim.artifacts['photo'].sha256}".encode(),
                internal=output.internal,
            )
            for output in row.writes
        ]
        result = NodeResult(engine="builtin", facts={"of": node}, domain_ms=1.0)
        assert self.ledger.commit(claim, refs, result, key).status == "committed"

    def run(self, job: str) -> None:
        """Do the work of a whole job."""
        for node in self.record(job).plan.nodes:
            self.run_stage(job, node.id)


@pytest.fixture
def now_ms() -> Callable[[], int]:
    return lambda: time.time_ns() // 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, max_upload_mb=1, max_streams=2)


@pytest.fixture
def stack(settings: Settings, now_ms: Callable[[], int]) -> Iterator[Stack]:
    ledger = MemoryLedger(now_ms)
    ledger.put_versions(dict.fromkeys(BY_NAME, VERSION))
    store = ArtifactStore("memory:///")
    published: list[tuple[str, Plan]] = []
    again: list[ReadyNode] = []
    app = create_app(
        settings, ledger, store, lambda job, plan: published.append((job, plan)), again.extend
    )
    gone: list[bool] = []
    app.extensions[EXTENSION].hub.leave_when(lambda: bool(gone))
    yield Stack(app, ledger, store, published, again)
    gone.append(True)
