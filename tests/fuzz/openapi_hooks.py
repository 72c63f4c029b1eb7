"""What no description can say: what a photo is, and one rule of the house."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds

PHOTOS: Final = seeds()
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
    """Of valid data: what is given in the body is not given in the query as well."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if positive and isinstance(case.body, dict):
        for name in case.body.keys() & (case.query or {}).keys():
            del case.query[name]
