"""From Redis hashes and JSON answers to records, and back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Node, Plan
from common.ledger.records import (
    Claim,
    Committed,
    Event,
    Hook,
    JobRecord,
    JobState,
    MemoHit,
    NewJob,
    NodeRecord,
    NodeResult,
    ReadyNode,
    Run,
    Standing,
)

_POSITION = re.compile(r"\d{1,19}(-\d{1,19})?")


def new_job_json(new: NewJob, idempotency_ttl_ms: int, linger_ms: int) -> str:
    """Write a job as ``lua/accept.lua`` reads it."""
    memoised = new.memoised or {}
    return json.dumps(
        {
            "job": new.job,
            "owner": new.owner,
            "product": new.product,
            "params": json.dumps(new.params, sort_keys=True),
            "plan": json.dumps([node.model_dump() for node in new.plan.nodes]),
            "inputs": [ref.model_dump() for ref in new.inputs],
            "trace": new.trace,
            "idempotency_key": new.idempotency_key,
            "fingerprint": new.fingerprint,
            "first_token": new.first_token,
            "idempotency_ttl_ms": idempotency_ttl_ms,
            "deadline_ms": new.deadline_ms,
            "photo_ttl_ms": new.photo_ttl_ms,
            "result_ttl_ms": new.result_ttl_ms,
            "record_ttl_ms": max(new.photo_ttl_ms, new.result_ttl_ms) + linger_ms,
            "promise": new.promise,
            "cancel_after_ms": new.cancel_after_ms,
            "hook": new.hook and json.dumps(asdict(new.hook)),
            "memoised": [{"node": node, **memo_row(hit)} for node, hit in memoised.items()] or None,
        }
    )


def job_record(fields: dict[str, str]) -> JobRecord:
    """Build a record from the hash of a job; letters as in ``lua/_lib.lua``."""
    plan = Plan(nodes=tuple(Node.model_validate(node) for node in json.loads(fields["plan"])))
    artifacts = (
        ArtifactRef.model_validate_json(text)
        for name, text in fields.items()
        if name.startswith("f:")
    )
    return JobRecord(
        id=fields["id"],
        owner=fields["owner"],
        product=fields["product"],
        state=JobState(fields["state"]),
        params=json.loads(fields["params"]),
        plan=plan,
        nodes=tuple(_node_record(node, fields) for node in plan.nodes),
        artifacts={ref.name: ref for ref in artifacts},
        created_ms=int(fields["created"]),
        started_ms=_maybe_ms(fields.get("started")),
        finished_ms=_maybe_ms(fields.get("finished")),
        deadline_ms=int(fields["deadline"]),
        photo_expired_ms=_maybe_ms(fields.get("photo_expired_at")),
        artifacts_expired_ms=_maybe_ms(fields.get("artifacts_expired_at")),
        results_expire_ms=_maybe_ms(fields.get("results_expire")),
        error=json.loads(fields["error"]) if "error" in fields else None,
        trace=fields.get("trace", ""),
        republications=sum(int(v) for k, v in fields.items() if k.startswith("p:")),
        promise=fields.get("promise", ""),
        cancel_at_ms=_maybe_ms(fields.get("cancel_at")),
        erased_ms=_maybe_ms(fields.get("erased_at")),
        hook=_hook(fields["hook"]) if "hook" in fields else None,
    )


def _hook(text: str) -> Hook:
    row = json.loads(text)
    return Hook(row["url"], tuple(rows(row["events"])))


def _node_record(node: Node, fields: dict[str, str]) -> NodeRecord:
    result = fields.get(f"r:{node.id}")
    done = fields[f"s:{node.id}"] == "done"
    return NodeRecord(
        id=node.id,
        stage=node.stage,
        state=fields[f"s:{node.id}"],
        attempts=int(fields[f"a:{node.id}"]),
        ready_ms=_maybe_ms(fields.get(f"q:{node.id}")),
        begin_ms=_maybe_ms(fields.get(f"b:{node.id}")),
        end_ms=_maybe_ms(fields.get(f"e:{node.id}")),
        worker=fields.get(f"w:{node.id}"),
        result=NodeResult.model_validate_json(result) if result and done else None,
    )


def _maybe_ms(text: str | None) -> int | None:
    return None if text is None else int(float(text))


def event(job: str, id_: str, fields: dict[str, str]) -> Event:
    """Build an event from a stream entry."""
    return Event(id=id_, job=job, type=fields["type"], data=json.loads(fields["data"]))


def stream_entries(reply: Any) -> list[tuple[str, dict[str, str]]]:  # noqa: ANN401  two protocols
    """Entries of a one-stream XREAD reply, whichever protocol shaped it."""
    if not reply:
        return []
    entries = next(iter(reply.values())) if isinstance(reply, dict) else reply[0][1]
    # RESP3 wraps the entries of a stream in one more list
    if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], tuple):
        entries = entries[0]
    return [(id_, fields) for id_, fields in entries]


def position(after: str) -> str:
    """Read a position in a stream; one that is none (a foreign Last-Event-ID) is the beginning."""
    return after if _POSITION.fullmatch(after) else "0"


def claim(job: str, node: str, answer: dict[str, Any]) -> Claim:
    """Build a claim from the script's answer."""
    refs = [ArtifactRef.model_validate_json(text) for text in rows(answer["artifacts"])]
    return Claim(
        job=job,
        node=node,
        token=answer["token"],
        attempt=answer["attempt"],
        wait_ms=answer["wait_ms"],
        owner=answer["owner"],
        params=json.loads(answer["params"]),
        trace=answer["trace"],
        artifacts={ref.name: ref for ref in refs},
    )


def committed(answer: dict[str, Any]) -> Committed:
    """Build the answer of commit, recall and fail."""
    return Committed(answer["status"], ready_nodes(answer.get("successors")))


def standing(answer: dict[str, Any]) -> Standing | None:
    """Build a standing from the script's answer, which is empty for a job at rest."""
    if not answer:
        return None
    return Standing(
        now_ms=answer["now"],
        position=answer["position"],
        active=answer["active"],
        open=answer["open"],
        running=answer["running"],
        runs={stage: _runs(text) for stage, text in answer["runs"].items()},
        slots=answer["slots"],
        ready=answer["ready"],
        ahead=answer["ahead"],
    )


def _runs(text: str) -> tuple[Run, ...]:
    """Read ``<ms> <stages beside it>``, with commas in between; older versions noted only ms."""
    pairs = (one.partition(" ") for one in text.split(",") if one)
    return tuple(Run(float(ms), int(beside) if beside else None) for ms, _, beside in pairs)


def ready_nodes(answer: Any) -> tuple[ReadyNode, ...]:  # noqa: ANN401  see rows
    """Build ready nodes from a script's answer."""
    return tuple(ReadyNode(**row) for row in rows(answer))


def rows(value: Any) -> list[Any]:  # noqa: ANN401  that is what it repairs
    """Undo what Lua's cjson does to an empty list: it writes ``{}``."""
    return value if isinstance(value, list) else []


def memo_row(hit: MemoHit) -> dict[str, Any]:
    """Shape of a memo entry inside the scripts: the result stays a JSON text."""
    return {
        "artifacts": [ref.model_dump() for ref in hit.artifacts],
        "result": hit.result.model_dump_json(),
        "key": hit.key,
    }


def memo_to_json(hit: MemoHit) -> str:
    """Serialise a memo entry."""
    return json.dumps(memo_row(hit))


def memo_from_json(text: str, key: str = "") -> MemoHit:
    """Read a memo entry."""
    row = json.loads(text)
    return MemoHit(
        artifacts=tuple(ArtifactRef.model_validate(ref) for ref in row["artifacts"]),
        result=NodeResult.model_validate_json(row["result"]),
        key=key,
    )
