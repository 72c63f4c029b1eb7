"""What no description can say: what a photo is, and one rule of the house."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds

PHOTOS: Final = seeds()
OF_OTHERS: Final = ("from", "webhook")  # a job and an address that are really there
ALL: Final = [photo for photos in PHOTOS.values() for photo in photos]

for kind, photos in PHOTOS.items():
    schemathesis.openapi.media_type(f"image/{kind}", st.sampled_from(photos))
schemathesis.openapi.format("binary", st.sampled_from(ALL))


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Forget the types of the parts of a list: schemathesis would send one part and no file."""
    for path in raw_schema["paths"].values():
        form = path.get("post", {}).get("requestBody", {}).get("content", {})
        photo = form.get("multipart/form-data", {}).get("schema", {}).get("properties", {})
        if photo.get("photo", {}).get("type") == "array":
            del form["multipart/form-data"]["encoding"]


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    """Of valid data: no parameter both in query and body, no photo of another job as well."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body = case.body if isinstance(case.body, dict) else {}
    query = case.query or {}
    for name in body.keys() & query.keys():
        del query[name]
    for name in OF_OTHERS:
        body.pop(name, None)
        query.pop(name, None)
