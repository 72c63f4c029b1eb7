"""What no description can say: what a photo is, and one rule of the house."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds

PHOTOS: Final = seeds()
# `from` a job instead of a photo; a webhook at an address that exists, and its events
TOGETHER: Final = {"from", "webhook", "webhook_url", "webhook_events"}
ALL: Final = [photo for photos in PHOTOS.values() for photo in photos]

for kind, photos in PHOTOS.items():
    schemathesis.openapi.media_type(f"image/{kind}", st.sampled_from(photos))
schemathesis.openapi.format("binary", st.sampled_from(ALL))


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Leave out what goes together with something else, or only with what is really there."""
    for path in raw_schema["paths"].values():
        call = path.get("post", {})
        call["parameters"] = [p for p in call.get("parameters", []) if p["name"] not in TOGETHER]
        for content in call.get("requestBody", {}).get("content", {}).values():
            fields = content["schema"].get("properties", {})
            for name in TOGETHER & fields.keys() - {*content["schema"].get("required", [])}:
                del fields[name]
            # with the types of its parts a list would go out as one part that is no file
            if fields.get("photo", {}).get("type") == "array":
                content.pop("encoding", None)


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    """Of valid data: what is given in the body is not given in the query as well."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if positive and isinstance(case.body, dict):
        for name in case.body.keys() & (case.query or {}).keys():
            del case.query[name]
