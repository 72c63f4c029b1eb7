"""Programs and libraries, and the models."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from common.errors import KilnError
from common.models import read_models
from common.settings import Settings
from common.vision.fetch import CONTENTS, missing_files
from gateway.terminal.checkup.finding import Finding, missing, ok, warning

SETUP: Final = "make setup"
OLDEST_REDIS: Final = (6, 2)
PATIENCE_S: Final = 30.0
PACKAGES: Final = (
    *("celery", "redis", "flask", "gunicorn", "flower", "supervisor", "prometheus_client"),
    *("numpy", "scipy", "skimage", "cv2", "PIL", "pillow_heif", "vtkmodules", "pxr", "obstore"),
    *("onnxruntime", "openai", "standardwebhooks", "limits", "hiredis", "isal"),
)
# what the render stage does first, in a process of its own: a broken driver may end it
_OPEN_WINDOW: Final = "from fusion_service.domain.preview import offscreen; offscreen.open_window()"


def look(settings: Settings) -> Iterator[Finding]:
    """Look at what is installed."""
    yield _packages()
    yield _redis(settings)
    yield _opengl()
    yield _face_models(settings.models)
    yield from _own_models(settings.models)
    yield from _optional(settings)


def _packages() -> Finding:
    gone = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if gone:
        return missing("Python packages", f"not installed: {', '.join(gone)}", SETUP)
    return ok("Python packages", f"{len(PACKAGES)} that are imported are there")


def _redis(settings: Settings) -> Finding:
    if settings.redis_url:
        return ok("redis-server", "not needed: KILN_REDIS_URL names one")
    program = shutil.which("redis-server")
    if program is None:
        return missing("redis-server", "not installed", "sudo apt-get install redis-server")
    said = _output([program, "--version"])
    found = re.search(r"v=(\d+)\.(\d+)(\.\d+)?", said)
    if found is None:
        return warning("redis-server", f"{program} does not tell its version", SETUP)
    if (int(found[1]), int(found[2])) < OLDEST_REDIS:
        says = f"{found[0][2:]}; 6.2 or newer is needed"
        return missing("redis-server", says, "sudo apt-get install redis-server")
    return ok("redis-server", f"{found[0][2:]}, {program}")


def _opengl() -> Finding:
    if importlib.util.find_spec("fusion_service") is None:
        return ok("OpenGL (EGL)", "not needed: no figurines are made here")
    try:
        asked = [sys.executable, "-c", _OPEN_WINDOW]
        done = subprocess.run(  # noqa: S603  ours
            asked, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return missing("OpenGL (EGL)", "opening a window takes for ever", _EGL)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"]
        return missing("OpenGL (EGL)", f"no off-screen picture: {lines[-1]}", _EGL)
    return ok("OpenGL (EGL)", "draws off screen")


_EGL: Final = "sudo apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri"


def _face_models(folder: Path) -> Finding:
    gone = missing_files(folder)
    if gone:
        return missing("Face models", f"missing or changed: {', '.join(gone)} in {folder}", SETUP)
    return ok("Face models", f"{len(CONTENTS)} files, sha256 as pinned")


def _own_models(folder: Path) -> Iterator[Finding]:
    try:
        models = read_models(folder)
    except KilnError as error:
        yield missing("Own models", error.detail, error.advice)
        return
    for one in models:
        name = f"Model {one.name}"
        if (folder / one.file).exists():
            yield ok(name, "there; `kiln models verify` hashes it")
        else:
            source = one.source if "://" in one.source else "PATH"
            fix = f"kiln models add {one.name} {source} --kind {one.kind} --replace"
            yield warning(name, f"{one.file} is gone", fix)


def _optional(settings: Settings) -> Iterator[Finding]:
    for name, programs, what, fix in (
        (
            "Prometheus",
            ("prometheus",),
            "nothing remembers measurements, and there are no alerts",
            "sudo apt-get install prometheus",
        ),
        ("npm", ("npm",), "the page shows pictures instead of 3D", "sudo apt-get install npm"),
        (
            "Chromium",
            ("chromium", "chromium-browser", "google-chrome"),
            "only the browser tests need it",
            "make setup-dev",
        ),
    ):
        if name == "Prometheus" and settings.prometheus == "off":
            continue
        path = next(filter(None, map(shutil.which, programs)), None) or _of_playwright(name)
        yield ok(name, path) if path else warning(name, f"optional, not here: {what}", fix)


def _of_playwright(name: str) -> str | None:
    """Find the browser that the test tools brought."""
    if name != "Chromium":
        return None
    found = sorted(Path.home().glob(".cache/ms-playwright/chromium*"))
    return str(found[-1]) if found else None


def _output(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603  ours
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    return done.stdout
