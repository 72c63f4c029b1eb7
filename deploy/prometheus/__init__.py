"""Prometheus of a one-machine stack: what it reads, its rules, and a page about its alerts."""

from __future__ import annotations

from deploy.prometheus.config import PROGRAM, installed, prepare, wanted

__all__ = ["PROGRAM", "installed", "prepare", "wanted"]
