"""One worker process without Celery: a ledger in memory, a store in memory, a clock by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.contracts.facts import MeasureFacts, SculptFacts
from common.contracts.figurine import MeasureRequest, SculptRequest
from common.contracts.plans import Node, Plan
from common.contracts.stages import ATTRIBUTES, BY_NAME, FORM, PHOTO
from common.errors import LedgerUnavailable
from common.lease import LeaseKeeper
from common.ledger.memory import MemoryLedger
from common.ledger.records import Claim, JobRecord, Limits, NewJob, ReadyNode
from common.stage import Body, Runtime, StageContext, StageTask, run
from common.stores import ArtifactStore

MEASURE, SCULPT = "fusion.measure", "fusion.sculpt"
PLAN = Plan(
    nodes=(
        Node(id=MEASURE, stage=MEASURE, queue="fusion"),
        Node(id=SCULPT, stage=SCULPT, queue="fusion", after=(MEASURE,)),
    )
)
FACTS = MeasureFacts(faces_in_photo=1, quality={"score": 90}, seen={"hair": "short"})


def measured(context: StageContext, _: MeasureRequest, __: object) -> MeasureFacts:
    """A body that works: the output depends on the photo alone."""
    context.write(ATTRIBUTES, b"attributes of " + context.read(PHOTO))
    return FACTS


def sculpted(context: StageContext, _: SculptRequest, __: object) -> SculptFacts:
    """A body that works on what ``measured`` left."""
    context.write(FORM, b"form of " + context.read(ATTRIBUTES.name))
    return SculptFacts(template="default", height_mm=80, triangles=1)


class FlakyLedger:
    """A ledger whose Redis is away for the next calls of some methods.

    ``after`` = the change is made and only the reply gets lost.
    """

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self.away: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._ledger, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            if self.away[name]:
                self.away[name] -= 1
                raise LedgerUnavailable("Redis does not answer")
            answer = real(*args, **kwargs)
            if self.after[name]:
                self.after[name] -= 1
                raise LedgerUnavailable("the reply got lost")
            return answer

        return call


class Workbench:
    """A runtime and short words for what the tests do with it."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000
        self.memory = MemoryLedger(lambda: self.now_ms)
        self.ledger: Any = FlakyLedger(self.memory)
        self.left: list[int] = []
        self.keeper = LeaseKeeper(self.ledger, leave=self.left.append)
        self.published: list[ReadyNode] = []
        self.store = ArtifactStore("memory:///")
        self.runtime = Runtime(
            worker="w1",
            ledger=self.ledger,
            store=self.store,
            models=None,
            versions=dict.fromkeys(BY_NAME, "v1"),
            keeper=self.keeper,
            publish=self.published.extend,
        )

    def accept(self, job: str = "j1", photo: bytes = b"photo", **changes: Any) -> None:
        ref = self.store.put("ann", PHOTO, "image/jpeg", photo)
        fields: dict[str, Any] = {
            "params": {},
            "plan": PLAN,
            "inputs": (ref,),
            "trace": "t-1",
        } | changes
        answer = self.memory.accept(NewJob(job, "ann", "figurine", **fields), Limits(100))
        assert answer.status == "accepted"

    def run(
        self,
        body: Body = measured,
        *,
        job: str = "j1",
        stage: str = MEASURE,
        republished: bool = False,
        **limits: float,
    ) -> str:
        task = StageTask(replace(BY_NAME[stage], **limits), body)  # type: ignore[arg-type]
        return run(self.runtime, task, job, stage, republished=republished)

    def claim(self, stage: str = MEASURE, job: str = "j1", worker: str = "w2") -> Claim:
        claim = self.memory.claim(job, stage, worker)
        assert isinstance(claim, Claim), claim
        return claim

    def job(self, job: str = "j1") -> JobRecord:
        record = self.memory.job(job)
        assert record is not None
        return record

    def node_states(self, job: str = "j1") -> list[str]:
        return [node.state for node in self.job(job).nodes]

    def later(self, milliseconds: int) -> None:
        self.now_ms += milliseconds

    def trash(self) -> list[str]:
        return [sha256 for _, sha256 in self.memory.trash(0)]

    def has(self, ref: ArtifactRef) -> bool:
        return self.store.get("ann", ref) is not None


def raising(error: BaseException) -> Callable[..., Any]:
    """A body that stores a file and then fails."""

    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.write(ATTRIBUTES, b"half done")
        raise error

    return body
