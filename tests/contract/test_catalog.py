"""The gateway's catalogue says of styles and templates what the services say of theirs."""

from __future__ import annotations

import re
from typing import Any

from PIL import ImageColor

from common.contracts.colours import EYES, HAIRS, HEX, SHIRTS, SKINS
from fusion_service.domain.bodies import TEMPLATES
from gateway.domain.catalog import build_catalog
from gateway.domain.catalog_view import CatalogView
from stylize_service.domain.styles import STYLES

CATALOG = build_catalog({}, language_model=True, engines={})


def said(rows: Any) -> dict[str, tuple[str, str]]:
    return {row.name: (row.title, row.description) for row in rows}


def test_styles_are_called_what_the_stylize_service_calls_them() -> None:
    assert said(CATALOG.styles) == said(STYLES.values())


def test_templates_are_called_what_the_fusion_service_calls_them() -> None:
    assert said(CATALOG.templates) == said(TEMPLATES.values())


def test_every_choice_has_a_title_for_a_menu_and_a_sentence() -> None:
    for noun in (*CatalogView.model_fields, *type(CATALOG.recipes).model_fields):
        rows = getattr(CATALOG, noun, None) or getattr(CATALOG.recipes, noun, None)
        for row in rows if isinstance(rows, list) else ():
            if hasattr(row, "description"):
                assert 0 < len(row.title) <= 16, row
                assert row.description.endswith("."), row
                assert row.description != row.title


def test_swatches_are_colours_and_hide_no_colour_of_css() -> None:
    for swatches in (SKINS, HAIRS, EYES, SHIRTS):
        assert all(re.fullmatch(HEX, colour) for colour in swatches.values())
        assert len({*swatches.values()}) == len(swatches)
    assert not SHIRTS.keys() & ImageColor.colormap.keys()
