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

from common.contracts.plans import Plan, slot_of, stage_of
from common.contracts.stages import BY_NAME
from common.ledger.memory import MemoryLedger
from common.ledger.records import Claim, JobRecord, NodeResult, ReadyNode
from common.memo import memo_key
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.app import create_app
from gateway.house import EXTENSION
from tests.unit.gateway.dinner import made
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

    def ask(self, *ingredients: str, **params: Any) -> Any:
        """Ask for recipes by JSON."""
        body = params | ({"ingredients": list(ingredients)} if ingredients else {})
        return self.client.post("/v1/recipes", json=body)

    def paused(self, **params: Any) -> str:
        """Make a recipe job that waits for its list to be corrected; return its id."""
        answer = self.ask("leek", "rice", pause_after="ingredients", **params)
        assert answer.status_code == 202, answer.text
        job = str(answer.json["id"])
        self.run_stage(job, "recipe.recognise")
        assert self.record(job).state == "paused"
        return job

    def run_stage(self, job: str, node: str) -> None:
        """Do the work of one stage; a file of a figurine is a line of text."""
        claim = self.ledger.claim(job, node, "w1")
        assert isinstance(claim, Claim), claim
        row = BY_NAME[stage_of(node)]
        params = claim.params | slot_of(node)
        key = memo_key(row, VERSION, claim.artifacts, row.request.model_validate(params))
        if row.service == "recipe":
            files, facts = made(row.name, params)
        else:
            photo = claim.artifacts["photo"].sha256 if "photo" in claim.artifacts else "a list"
            files = {out.name: f"{out.name} of {photo}".encode() for out in row.writes}
            facts = {"of": node}
        refs = [
            self.store.put(
                claim.owner, out.name, out.media_type, files[out.name], internal=out.internal
            )
            for out in row.writes
            if out.name in files
        ]
        result = NodeResult(engine="builtin", facts=facts, domain_ms=1.0)
        assert self.ledger.commit(claim, refs, result, key).status == "committed"

    def run(self, job: str) -> None:
        """Do the work of a whole job, or what is left of it."""
        for node in self.record(job).nodes:
            if node.state != "done":
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
    ledger.declare_whole()
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
