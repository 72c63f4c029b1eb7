"""The Celery side of the gateway: the last stage of every plan."""

from __future__ import annotations

from common.contracts.facts import FinishFacts
from common.contracts.figurine import FinishRequest
from common.contracts.stages import MANIFEST
from common.stage import StageContext, stage
from gateway.domain.manifest import build_manifest


@stage("gateway.finish")
def finish(context: StageContext, request: FinishRequest, _: None) -> FinishFacts:
    """Write the manifest: everything that was made, for which parameters."""
    artifacts = context.claim.artifacts.values()
    manifest = build_manifest(request.model_dump(mode="json"), artifacts)
    context.write(MANIFEST, manifest.model_dump_json(indent=2).encode())
    return FinishFacts(artifacts=len(manifest.artifacts))


TASKS = (finish,)
