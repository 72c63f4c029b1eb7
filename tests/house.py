"""The house as its tests see it: its rooms, modules and files."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("common", "gateway", "stylize_service", "fusion_service", "recipe_service")

# Building the app on import is what an entry point is for.
ENTRY_POINTS = {
    "gateway.wsgi",
    "stylize_service.wsgi",
    "fusion_service.wsgi",
    "recipe_service.wsgi",
    "gateway.gunicorn.conf",
}


def modules() -> list[str]:
    """Every module of the house, but the entry points."""
    found = []
    for package in PACKAGES:
        found.append(package)
        walked = pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        found += [module.name for module in walked]
    return [name for name in found if name not in ENTRY_POINTS]


def import_everything() -> None:
    for name in modules():
        importlib.import_module(name)


def sources(*folders: str) -> list[Path]:
    """Python files of some folders (all of the house without any)."""
    return sorted(path for name in folders or PACKAGES for path in (ROOT / name).rglob("*.py"))


def tracked_files() -> list[Path]:
    """Files under version control; everything outside ignored folders where git is absent."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    ignored = {".venv", "data", "out", "node_modules", ".git", "__pycache__"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not ignored & set(path.relative_to(ROOT).parts[:-1])
    ]
