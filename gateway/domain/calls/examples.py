"""Answers as they might look: one example for each kind of answer."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from gateway.domain.catalog import build_catalog
from gateway.domain.catalog_view import CatalogView
from gateway.domain.house_view import Description
from gateway.domain.tasks import Prediction, Predictions, TaskResult
from gateway.domain.timeline import Timeline
from gateway.domain.views import JobList, JobView

Example = dict[str, Any]

JOB: Final = "3f0c5b1f9d0e4c6aa2f7d3b6c1e8a954"
_URL: Final = f"/v1/jobs/{JOB}"
_BEGAN, _ENDED = "2026-11-21T10:15:04.310Z", "2026-11-21T10:15:05.270Z"


def _stage(name: str, title: str, state: str, **more: object) -> Example:
    timed = {"wait_ms": 4, "run_ms": 210, "engine": "builtin", "cached": False}
    known = timed if state == "done" else dict.fromkeys(timed)
    return {
        "id": name,
        "title": title,
        "state": state,
        "attempts": 1,
        **known,
        "error": None,
    } | more


def _links(*more: str) -> Example:
    return {"self": _URL} | {name: f"{_URL}/{name}" for name in ("events", "timeline", *more)}


_SHA: Final = "9f2c4be1" * 8
_GLB: Final[Example] = {
    "name": "figurine.glb",
    "url": f"{_URL}/artifacts/figurine.glb",
    "size": 912_344,
    "sha256": _SHA,
    "media_type": "model/gltf-binary",
    "purpose": "to look at, in 3D viewers",
}
ACCEPTED: Final[Example] = {
    "id": JOB,
    "product": "figurine",
    "state": "queued",
    "created": _BEGAN,
    "started": None,
    "finished": None,
    "progress": 0,
    "running": [],
    "error": None,
    "links": _links("cancel"),
    "queue_position": 0,
    "eta": {"p50_s": 0.9, "p90_s": 1.4, "at": _BEGAN},
    "parameters": {"style": "cel", "template": "superhero"},
    "stages": [
        _stage("fusion.measure", "Measure the face", "ready", attempts=0),
        _stage("fusion.sculpt", "Sculpt the figurine", "waiting", attempts=0),
    ],
    "artifacts": [],
    "facts": {},
    "warnings": [],
    "expires_at": None,
    "artifacts_expired_at": None,
}
FINISHED: Final[Example] = ACCEPTED | {
    "state": "succeeded",
    "started": _BEGAN,
    "finished": _ENDED,
    "progress": 100,
    "links": _links() | {"zip": f"{_URL}/artifacts.zip"},
    "queue_position": None,
    "eta": None,
    "stages": [
        _stage("fusion.measure", "Measure the face", "done"),
        _stage("fusion.sculpt", "Sculpt the figurine", "done"),
    ],
    "artifacts": [_GLB],
    "facts": {"fusion.print": {"printable": True}},
    "warnings": ["The photo is dark: colours may be off."],
    "expires_at": "2026-12-21T10:15:05.270Z",
}
CANCELLED: Final[Example] = ACCEPTED | {
    "state": "cancelled",
    "finished": _ENDED,
    "links": _links(),
    "queue_position": None,
    "eta": None,
}
_SUMMARY: Final = (
    *("id", "product", "state", "created", "started", "finished", "progress", "running"),
    *("error", "links"),
)
_BAR: Final[Example] = {
    "id": "fusion.measure",
    "title": "Measure the face",
    "state": "done",
    "after": [],
    "worker": "fusion-1@house",
    "attempts": 1,
    "cached": False,
    "ready_ms": 0,
    "begin_ms": 4,
    "end_ms": 66,
    "wait_ms": 4,
    "run_ms": 62,
    "domain_ms": 55.1,
}
_LEEK: Final[Example] = {
    "name": "leek",
    "id": "leek",
    "coarse": "Leek",
    "confidence": 0.93,
    "bbox": None,
}
TASK: Final[Example] = {
    "task_id": JOB,
    "job_id": JOB,
    "status": "processing",
    "status_url": f"/task-result/{JOB}",
}
RECOGNISED: Final[Example] = {
    **TASK,
    "status": "done",
    "detections": [_LEEK],
    "ingredients": [{"name": "leek", "id": "leek", "confidence": 0.93, "source": "seen"}],
}
EVENTS: Final = (
    "retry: 1000\n\n"
    'id: 1795256104310-0\nevent: stage\ndata: {"stage":"fusion.measure","state":"done"}\n\n'
    'id: 1795256105270-0\nevent: succeeded\ndata: {"state":"succeeded"}\n\n'
)


def _catalog() -> Example:
    """Two of each, as the whole would be long."""
    whole = build_catalog({"photo_mb": 20}, language_model=False, engines={"neural": "no model"})
    return {
        name: value[:2] if isinstance(value, list) else value
        for name, value in whole.model_dump(mode="json", exclude_none=True).items()
    }


BY_MODEL: Final[dict[type[BaseModel], Example]] = {
    JobView: FINISHED,
    JobList: {"jobs": [{name: FINISHED[name] for name in _SUMMARY}], "next": None},
    Timeline: {
        "job": JOB,
        "state": "succeeded",
        "total_ms": 960,
        "parallel": True,
        "critical_path": ["fusion.measure", "fusion.sculpt"],
        "critical_path_ms": 830,
        "overhead_ms": 130,
        "workers": ["fusion-1@house"],
        "stages": [_BAR],
    },
    TaskResult: RECOGNISED,
    Prediction: {"detections": [_LEEK]},
    Predictions: {"results": [{"detections": [_LEEK]}, {"detections": []}]},
    CatalogView: _catalog(),
    Description: {
        "openapi": "3.1.0",
        "info": {"title": "Kiln", "version": "0.1.0"},
        **{name: [] for name in ("servers", "security", "tags")},
        **{name: {} for name in ("paths", "components")},
    },
}
# those that many calls share
NAMED: Final[dict[str, Example]] = {
    **{model.__name__: example for model, example in BY_MODEL.items()},
    "JobAccepted": ACCEPTED,
    "JobCancelled": CANCELLED,
    "Task": TASK,
}
