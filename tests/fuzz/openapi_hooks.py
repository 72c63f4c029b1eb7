"""What no description can say: what a photo is, and one rule of the house."""

from __future__ import annotations

from typing import Any, Final

import schemathesis
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds

SEVERAL: Final = {"/v1/recipes", "/test-vlm", "/predict/async", "/predict/batch"}

for kind, photos in seeds().items():
    schemathesis.openapi.media_type(f"image/{kind}", st.sampled_from(photos))


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    """Of valid data: what is given in the body is not given in the query, photos are a list."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if isinstance(case.body, dict):
        for name in case.body.keys() & (case.query or {}).keys():
            del case.query[name]
        if case.operation.path in SEVERAL and isinstance(case.body.get("photo"), bytes):
            case.body["photo"] = [case.body["photo"]]  # else it goes out as a text field
