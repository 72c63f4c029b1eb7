"""What no description can say: what a photo is, and one rule of the house."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds

for kind, photos in seeds().items():
    schemathesis.openapi.media_type(f"image/{kind}", st.sampled_from(photos))


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    """A parameter is given once: in the query or in the body (refused, where data should be)."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if isinstance(case.body, dict) and case.query:
        for name in case.body.keys() & case.query.keys():
            del case.query[name]
