"""The status of a job as FastAPI on uvicorn serves it: the same record, the same JSON.

Written as well as it goes: one process, uvloop and httptools, an asynchronous client of Redis with
the C parser, plain dictionaries without validation, and a ``Response`` that FastAPI does not walk
through again. It has no owners, no limits, no metrics, no ETags and no estimates.

``python -m tests.load.peer_app PORT``, with the URL of the ledger in ``PEER_REDIS``.

* ``/v1/jobs/{job}`` reads the record and writes the JSON of the house
* ``/text/{key}`` sends a text that lies ready in Redis: the least that any server does
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import redis.asyncio
import uvicorn
from fastapi import FastAPI, HTTPException, Response

from common.contracts.stages import BY_NAME, PURPOSES

JSON = "application/json"
ORDER = {name: at for at, name in enumerate(PURPOSES)}
DONE = {"done", "skipped"}


def make_app(url: str) -> FastAPI:
    """Build the app on one Redis."""
    app = FastAPI()
    records = redis.asyncio.Redis.from_url(url, decode_responses=True)
    texts = redis.asyncio.Redis.from_url(url)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/v1/jobs/{job}")
    async def read_job(job: str) -> Response:
        fields = await records.hgetall(f"kiln:job:{job}")
        if not fields:
            raise HTTPException(404)
        text = json.dumps(body_of(fields), separators=(",", ":"))
        return Response(text, media_type=JSON)

    @app.get("/text/{key}")
    async def read_text(key: str) -> Response:
        text = await texts.get(key)
        if text is None:
            raise HTTPException(404)
        return Response(text, media_type=JSON)

    return app


def body_of(fields: dict[str, str]) -> dict[str, Any]:
    """Write a finished job as the house does, but for the warnings, which are worked out."""
    url = f"/v1/jobs/{fields['id']}"
    nodes = json.loads(fields["plan"])
    results = {node["id"]: json.loads(fields[f"r:{node['id']}"]) for node in nodes}
    params = json.loads(fields["params"])
    params.pop("plan", None)
    finished = sum(fields[f"s:{node['id']}"] in DONE for node in nodes)
    return {
        "id": fields["id"],
        "product": fields["product"],
        "state": fields["state"],
        "created": _moment(fields.get("created")),
        "started": _moment(fields.get("started")),
        "finished": _moment(fields.get("finished")),
        "progress": 100 * finished // len(nodes),
        "running": [node["id"] for node in nodes if fields[f"s:{node['id']}"] == "running"],
        "error": None,
        "links": {
            "self": url,
            "events": f"{url}/events",
            "timeline": f"{url}/timeline",
            "zip": f"{url}/artifacts.zip",
        },
        "queue_position": None,
        "eta": None,
        "parameters": params,
        "stages": [_stage(node, fields, results[node["id"]]) for node in nodes],
        "artifacts": _artifacts(url, fields),
        "facts": {name: result["facts"] for name, result in results.items()},
        "warnings": [],
        "expires_at": _moment(fields.get("results_expire")),
        "artifacts_expired_at": None,
    }


def _stage(node: dict[str, Any], fields: dict[str, str], result: dict[str, Any]) -> dict[str, Any]:
    name = node["id"]
    ready, begun, ended = (int(fields[f"{letter}:{name}"]) for letter in "qbe")
    return {
        "id": name,
        "title": BY_NAME[node["stage"]].title,
        "state": fields[f"s:{name}"],
        "attempts": int(fields[f"a:{name}"]),
        "wait_ms": begun - ready,
        "run_ms": ended - begun,
        "engine": result["engine"],
        "cached": result["cached"],
        "error": None,
    }


def _artifacts(url: str, fields: dict[str, str]) -> list[dict[str, Any]]:
    refs = [json.loads(text) for name, text in fields.items() if name.startswith("f:")]
    public = [ref for ref in refs if not ref["internal"]]
    public.sort(key=lambda ref: (ORDER.get(ref["name"], len(ORDER)), ref["name"]))
    return [
        {
            "name": ref["name"],
            "url": f"{url}/artifacts/{ref['name']}",
            "size": ref["size"],
            "sha256": ref["sha256"],
            "media_type": ref["media_type"],
            "purpose": PURPOSES.get(ref["name"], ""),
        }
        for ref in public
    ]


def _moment(milliseconds: str | None) -> str | None:
    if milliseconds is None:
        return None
    at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    port = int(sys.argv[1])
    app = make_app(os.environ["PEER_REDIS"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
