"""The models that cross a wire, and how their committed schemas and messages are written.

``python -m tests.wire`` writes the schemas anew. A message of an earlier release is never
rewritten: it must parse for ever.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.contracts.recipe import IngredientList, Recipe, RecipeBook
from common.contracts.stages import STAGES
from common.ledger.records import MemoHit, NodeResult
from fusion_service.domain.certificate.verdict import Certificate
from gateway.domain.manifest import Manifest
from gateway.promises import Promise

CONTRACT: Final = Path(__file__).parent / "contract"
SCHEMAS: Final = CONTRACT / "snapshots"
MESSAGES: Final = CONTRACT / "messages"


def wire_models() -> dict[str, type[BaseModel]]:
    """Every model that one process writes and another one reads, by name."""
    envelopes: tuple[type[BaseModel], ...] = (
        ArtifactRef,
        Plan,
        NodeResult,
        MemoHit,
        Manifest,
        Promise,
        Certificate,
        IngredientList,
        Recipe,
        RecipeBook,
    )
    requests, facts = ([s.request for s in STAGES], [s.facts for s in STAGES])
    return {model.__name__: model for model in (*envelopes, *requests, *facts)}


def schema_text(model: type[BaseModel]) -> str:
    return json.dumps(model.model_json_schema(), indent=2, sort_keys=True) + "\n"


def main() -> None:
    SCHEMAS.mkdir(exist_ok=True)
    for name, model in wire_models().items():
        (SCHEMAS / f"{name}.json").write_text(schema_text(model), "utf-8")
    sys.stdout.write(f"wrote {len(wire_models())} schemas into {SCHEMAS}\n")


if __name__ == "__main__":
    main()
