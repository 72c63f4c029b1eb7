"""The catalogue as a menu reads it: every picture it names is there."""

from __future__ import annotations

import io

from PIL import Image

from tests.unit.gateway.conftest import Stack


def test_every_style_and_template_has_a_picture_that_is_served(stack: Stack) -> None:
    catalog = stack.client.get("/v1/catalog").json
    rows = [*catalog["styles"], *catalog["templates"]]
    assert len(rows) == 14
    for row in rows:
        with stack.client.get(row["picture"]) as answer:
            assert answer.status_code == 200, row["name"]
            assert answer.content_type == "image/webp"
            assert Image.open(io.BytesIO(answer.data)).width >= 400
            assert len(answer.data) < 60_000


def test_a_choice_that_can_be_had_says_no_why(stack: Stack) -> None:
    catalog = stack.client.get("/v1/catalog").json
    for row in (*catalog["styles"], *catalog["engines"], *catalog["recipes"]["engines"]):
        assert ("why" in row) is not row["available"], row
