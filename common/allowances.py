"""Settings that bound what a house takes in, how long it keeps it and how often it tries."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from common.contracts.rates import RATE


class Allowances(BaseSettings):
    """The part of ``Settings`` that says how much and how long."""

    max_active_jobs: int = Field(
        2000, ge=1, description="Unfinished jobs in the house; beyond it a submit is a 503"
    )
    max_queue_depth: int | None = Field(
        1500, ge=1, description="Ready stages in one queue; beyond it a submit is a 503"
    )
    store_quota_gb: float | None = Field(
        None, gt=0, description="All files of the house, in GB (10^9 bytes); beyond it a 507"
    )
    key_rate: str = Field(
        "600/minute",
        pattern=RATE,
        description="Requests a key may send, where `kiln keys create --rate` says nothing else",
    )
    key_max_active: int | None = Field(
        None, ge=1, description="Unfinished jobs of a key's owner; beyond it a submit is a 429"
    )
    key_quota_mb: int | None = Field(
        None, ge=1, description="Files of a key's owner, in MB (10^6 bytes); beyond it a 507"
    )
    max_upload_mb: int = Field(20, ge=1, le=200, description="Largest photo, in MB (10^6 bytes)")
    uploads_mb: int = Field(
        250,
        ge=1,
        description="Requests with photos that a gateway process has in hand at once, in MB (10^6"
        " bytes); beyond it a submit is a 503. One that is alone is always read",
    )
    job_deadline_s: int = Field(
        3600, ge=10, description="A job that has not ended by then is `expired`"
    )
    photo_ttl_hours: float = Field(24, gt=0, description="How long a photo is kept")
    result_ttl_hours: float = Field(720, gt=0, description="How long results are kept")
    reconcile_s: float = Field(1.0, gt=0, le=60, description="Period of the reconciler")
    webhook_schedule_s: list[Annotated[float, Field(ge=0)]] = Field(
        [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        max_length=20,
        description="Pauses between the attempts to deliver a webhook, in s, as a JSON list",
    )
    webhook_timeout_s: float = Field(
        10, gt=0, le=30, description="Longest call to a webhook, from the look-up to the answer"
    )
