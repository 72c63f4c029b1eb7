"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes
    ----------
    name : str
        What was looked at.
    state
        ``ok``; ``warning``: it goes without, or may soon not go; ``missing``: it does not go.
    says : str
        What there is, or is not.
    fix : str
        The command that helps; empty where nothing is wrong.
    """

    name: str
    state: State
    says: str
    fix: str = ""


def ok(name: str, says: str) -> Finding:
    """Tell of what is well."""
    return Finding(name, "ok", says)


def warning(name: str, says: str, fix: str) -> Finding:
    """Tell of what it can do without, or what may soon be missing."""
    return Finding(name, "warning", says, fix)


def missing(name: str, says: str, fix: str) -> Finding:
    """Tell of what it cannot do without."""
    return Finding(name, "missing", says, fix)
