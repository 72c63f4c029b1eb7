"""What the house says of itself."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class StatusView(BaseModel):
    """Whether it is well."""

    status: Literal["ok", "ready"] = Field(description="`ok`: alive; `ready`: can do jobs")


class Description(BaseModel):
    """An OpenAPI document."""

    openapi: str = Field(description="Version of OpenAPI")
    info: dict[str, Any] = Field(description="Title of the API, and version of the house")
    servers: list[dict[str, Any]]
    security: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]
