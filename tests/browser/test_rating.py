"""What Lighthouse says of the page; how long things took is printed and not asserted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.browser.conftest import NAMES
from tests.browser.rating import DEVICES, rate, table
from tests.house import ROOT
from tests.stack import TestStack


def test_lighthouse_has_nothing_to_say_but_of_speed(stack: TestStack, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, NAMES)))
    ratings = [rate(f"{stack.url}/", device, browser, tmp_path) for device in DEVICES]
    page = table(ratings)
    print(page)  # noqa: T201  this is what somebody wants to see
    if shots := os.environ.get("KILN_TEST_SHOTS"):
        (ROOT / shots).mkdir(parents=True, exist_ok=True)
        (ROOT / shots / "rating.md").write_text(page, "utf-8")
    assert [flaw for one in ratings for flaw in one.flaws] == []
