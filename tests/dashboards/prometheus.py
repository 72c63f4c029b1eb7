"""Asking a Prometheus, as Grafana does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import requests


class BadQuery(Exception):
    """Prometheus does not understand the question, or cannot answer it."""


@dataclass(frozen=True)
class Series:
    """Values of one series over time."""

    labels: dict[str, str]
    points: list[tuple[float, float]]  # seconds, value

    @property
    def alive(self) -> bool:
        return any(not math.isnan(value) for _, value in self.points)

    @property
    def latest(self) -> float:
        """The last value that is a number."""
        return next((v for _, v in reversed(self.points) if not math.isnan(v)), math.nan)


class Prometheus:
    """HTTP API of one server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def now(self, promql: str, at: float | None = None) -> list[Series]:
        """Ask for the latest values.

        Raises
        ------
        BadQuery
            With what Prometheus says of it.
        """
        asked: dict[str, Any] = {"query": promql} | ({} if at is None else {"time": at})
        return [Series(one["metric"], _points([one["value"]])) for one in self._ask("query", asked)]

    def over(self, promql: str, start: float, end: float, step: float) -> list[Series]:
        """Ask for values over time; like ``now``."""
        asked = {"query": promql, "start": start, "end": end, "step": step}
        return [
            Series(one["metric"], _points(one["values"])) for one in self._ask("query_range", asked)
        ]

    def _ask(self, call: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        answer = requests.post(f"{self._url}/api/v1/{call}", data=asked, timeout=30).json()
        if answer["status"] != "success":
            raise BadQuery(answer["error"])
        data = answer["data"]
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        return list(data["result"])


def _points(pairs: list[list[Any]]) -> list[tuple[float, float]]:
    return [(float(at), float(value)) for at, value in pairs]
