"""What crosses a wire instead of bytes: a reference to an artifact."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ArtifactRef(BaseModel):
    """Claim check for bytes in the artifact store; the content hash is the address."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(description="Name inside the job, such as figurine.glb")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="Bytes")
    media_type: str
    internal: bool = Field(default=False, description="Passed between stages, not shown to users")

    @property
    def disposition(self) -> str:
        """Whether a browser shows the file or saves it (RFC 6266)."""
        shown = self.media_type.startswith(("image/", "application/json"))
        return "inline" if shown else "attachment"
