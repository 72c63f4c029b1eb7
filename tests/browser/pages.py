"""What people do on the page, and what is noted meanwhile."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from deploy.stack import ROOT

ASTRONAUT: Final = ROOT / "tests" / "data" / "astronaut.jpg"
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VIEWER: Final = ROOT / "gateway" / "web" / "vendor" / "model-viewer.min.js"
SHOTS: Final = ROOT / "docs" / "page"  # pictures for people, written by `make verify`
DESKTOP: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
_WATCH_POLICY: Final = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("policy violated", event.violatedDirective, event.blockedURI, event.sourceFile);
});
"""
_CHECK: Final = """async () => {
  const { violations } = await axe.run(document);
  return violations.map((one) => [one.id, ...one.nodes.map((node) => node.html.slice(0, 150))]);
}"""
_LOADED: Final = "() => document.querySelector('model-viewer')?.loaded === true"
# a browser says so of every answer that is no success; whether the page copes is tested
_EXPECTED: Final = re.compile(r"Failed to load resource|ERR_INTERNET_DISCONNECTED")


class Visit:
    """One tab. What its console, its policy or its network complain of is kept."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.add_init_script(_WATCH_POLICY)
        if AXE.exists():
            page.add_init_script(path=AXE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def go(self, path: str = "") -> None:
        """Open a view by its address; the same address again is a reload."""
        target = f"{self.url}/{path}"
        self.page.reload() if self.page.url == target else self.page.goto(target)

    # -- doing ------------------------------------------------------------------------------
    def choose_photo(self, photo: Path = ASTRONAUT) -> None:
        self.page.set_input_files("#photo", photo)
        expect(self.page.locator(".chosen")).to_be_visible()

    def send(self) -> str:
        """Send the form; returns the id of the job."""
        self.page.locator(".send .go").click()
        self.page.wait_for_url("**/#/jobs/*")
        return self.job

    def approve(self) -> None:
        self.page.locator(".approve .go:enabled").click()

    # -- looking ----------------------------------------------------------------------------
    @property
    def job(self) -> str:
        return self.page.url.rpartition("/")[2]

    def wait_for_model(self) -> None:
        """Wait until the figurine is on the screen, in 3D where the viewer is installed."""
        expect(self.page.locator(".result")).to_be_visible()
        if VIEWER.exists():
            self.page.wait_for_function(_LOADED)

    def check_access(self) -> None:
        """Find nothing that axe-core calls an obstacle (WCAG 2 and its best practices)."""
        if not AXE.exists():
            pytest.skip("axe-core is not installed: make setup-dev")
        self.page.wait_for_timeout(600)  # half faded-in text has no contrast yet
        obstacles = self.page.evaluate(_CHECK)
        assert not obstacles, obstacles

    def shot(self, name: str, *, whole: bool = False, hide: str = "img.nobodys") -> None:
        """Take a picture for the docs, where the run is asked for it; ``hide`` what is not ours."""
        if os.environ.get("KILN_TEST_SHOTS"):
            SHOTS.mkdir(exist_ok=True)
            self.page.wait_for_timeout(2500)  # what fades in has faded in
            path = SHOTS / f"{name}.jpg"
            self.page.screenshot(
                path=path, full_page=whole, type="jpeg", quality=80,
                mask=[self.page.locator(hide)], mask_color="#d9cbb8",
            )  # fmt: skip

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _EXPECTED.search(message.text):
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.complaints.append(f"asked elsewhere: {request.url}")
