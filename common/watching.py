"""Settings of what watches a house: its metrics, and the Prometheus of a one-machine stack."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

Port = Annotated[int, Field(ge=1, le=65535)]


class Watching(BaseSettings):
    """The part of ``Settings`` that says what is measured, and how long it is remembered."""

    metrics_port: Port = Field(
        9101, description="First of the ports on which workers and reconciler expose metrics"
    )
    prometheus: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether the stack runs a Prometheus: `on`, `off`, or `auto`, where it is"
        " installed",
    )
    prometheus_port: Port = Field(9090, description="Prometheus of this stack")
    prometheus_interval_s: int = Field(
        15, ge=1, le=60, description="How often metrics are read and rules looked at, in s"
    )
    prometheus_days: int = Field(
        31,
        ge=4,
        le=3650,
        description="How long measurements are kept; a month's budget needs 30",
    )
    prometheus_gb: float = Field(
        2, gt=0, description="Disk that measurements may take, in GB (2^30 bytes); the oldest go"
    )
    alertmanager: str | None = Field(
        None,
        pattern=r"^[^\s/@]+:\d{1,5}$",
        description="Alertmanager that is told of alerts, as host:port; default: they are only"
        " shown (docs/alerts.md)",
    )
