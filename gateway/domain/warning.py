"""What could be better about a job, in words, read from the facts of its stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from common.contracts.figurine import Face, Glasses
from common.contracts.looks import PHOTOGRAPHED
from common.ledger.records import JobRecord, NodeRecord


def warnings_of(record: JobRecord) -> list[str]:
    """Say what a person should know, each thing once."""
    facts = {node.id: node.result.facts for node in record.nodes if node.result}
    return list(dict.fromkeys([*_of_figurine(record, facts), *_of_recipes(record, facts)]))


def _of_figurine(record: JobRecord, facts: dict[str, dict[str, Any]]) -> Iterator[str]:
    quality = facts.get("fusion.measure", {}).get("quality", {})
    if quality.get("verdict") not in {None, "ok"}:
        yield f"photo quality {quality.get('score', 0):.0f} of 100. {quality.get('advice')}"
    seen = facts.get("fusion.measure", {}).get("seen", {})
    photographed = record.params.get("face") == Face.PORTRAIT
    known = record.params.keys() | (PHOTOGRAPHED if photographed else ())  # cannot be said anew
    doubts = [name for name in seen.get("uncertain", ()) if name not in known]
    if doubts:
        shown = ", ".join(_doubt(name, seen) for name in doubts)
        yield f"not sure about {shown}: say what is right, such as {doubts[0]}=…"
    bare = record.params.get("glasses") == Glasses.NONE
    if photographed and bare and seen.get("glasses", Glasses.NONE) != Glasses.NONE:
        yield "glasses=none takes none off a photographed face: send face=drawn for a bare one"
    if why := facts.get("fusion.sculpt", {}).get("hollow_refused"):
        yield f"not hollow: {why}"
    gates = facts.get("fusion.print", {}).get("failed_gates", [])
    if gates:
        yield f"not safe to print: {', '.join(gates)} (see certificate.json)"


def _doubt(name: str, seen: dict[str, Any]) -> str:
    """Name what is doubtful with what it was taken for, and colours that it may be instead."""
    if name in seen.get("swatches", {}):
        taken, *others = seen["swatches"][name]
        return f"{name} {taken} (or {' '.join(others)})"
    return f"{name} {seen.get(name, '')}".rstrip()


def _of_recipes(record: JobRecord, facts: dict[str, dict[str, Any]]) -> Iterator[str]:
    unknown = facts.get("recipe.recognise", {}).get("unknown", [])
    if unknown:
        yield f"not understood: {', '.join(unknown)}"
    written = [node for node in record.nodes if node.stage == "recipe.compose"]
    for number, node in enumerate(written, start=1):
        if node.state == "skipped":
            yield f"recipe {number} could not be written"
        elif note := _note(node):
            yield note
    titles = facts.get("recipe.rank", {}).get("titles")
    if titles is not None and len(titles) < len(written):
        yield f"{len(titles)} of {len(written)} recipes: no more were found"


def _note(node: NodeRecord) -> str:
    return str(node.result.facts.get("note", "")) if node.result else ""
