"""A browser of this machine before a real stack; whatever it complains of fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.pages import Visit
from tests.stack import TestStack, require_stack

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 45_000  # 3D by software and workers on the same cores: nothing here is about speed
# WebGL by software; nothing that calls home
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    require_stack()
    with TestStack() as running:
        running.wait_until_ready()
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"no browser: install one of {', '.join(NAMES)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a page as somebody with a device, a language and a taste of light would."""
    visits: list[Visit] = []

    def open_page(url: str, **device: Any) -> Visit:
        context = browser.new_context(**({"locale": "en-GB"} | device))
        context.set_default_timeout(PATIENCE_MS)
        visits.append(Visit(context.new_page(), url))
        return visits[-1]

    yield open_page
    for one in visits:
        one.page.context.close()
    for one in visits:
        assert not one.complaints


@pytest.fixture
def landscape(tmp_path: Path) -> Path:
    """A photo without a face."""
    slope = Image.linear_gradient("L").resize((800, 600))
    path = tmp_path / "hills.jpg"
    Image.merge("RGB", (slope, slope.rotate(180), slope)).save(path)
    return path
