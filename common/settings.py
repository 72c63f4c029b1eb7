"""Settings of one machine: environment variables named ``KILN_*``, read once per process.

The one-machine stack hands all of them to its processes, so a default is written nowhere else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from common.allowances import Allowances
from common.hosts import OWN_NAMES, in_url, is_loopback
from common.origins import ANY, ANY_PAGE, Origins
from common.redis_logins import login_in_url
from common.watching import Port, Watching

UNLOCKED: Final = (
    "KILN_AUTH=off and KILN_HOST={host} would let everybody who reaches this machine use it and"
    " read every photo: leave KILN_AUTH out and make keys with `kiln keys create NAME`, or set"
    " KILN_HOST=127.0.0.1"
)


class Settings(Allowances, Watching, Origins):
    """Every setting of Kiln. The environment variable is ``KILN_`` + the upper-case name."""

    model_config = SettingsConfigDict(
        env_prefix="KILN_",
        env_ignore_empty=True,
        extra="ignore",
        validate_default=True,
        hide_input_in_errors=True,  # one of them may be a password
    )

    host: str = Field("127.0.0.1", description="Address of the gateway, the front door")
    inner_host: str = Field(
        "127.0.0.1",
        description="Address of everything behind the gateway: services, Redis, Flower, metrics",
    )
    auth: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether the gateway asks for API keys (`kiln keys`): `on`, `off` (refused"
        " unless `KILN_HOST` is loopback) or `auto`, off where only this machine can ask",
    )
    allowed_hosts: str | None = Field(
        None,
        description="Names by which browsers may call this house, separated by commas (`.my.site`"
        " with all below it); default: this machine's own, any when `KILN_HOST` is not loopback",
    )
    gateway_port: Port = Field(8000, description="The front door: API and page")
    stylize_port: Port = Field(8001, description="Stylization service")
    fusion_port: Port = Field(8002, description="3D fusion service")
    recipe_port: Port = Field(8003, description="Recipe service")
    flower_port: Port = Field(5555, description="Flower, to watch tasks")
    flower_basic_auth: str | None = Field(
        None,
        repr=False,
        description="Login of Flower as user:password; default: made at random once",
    )
    redis_port: Port = Field(6390, description="Redis of this stack (its own instance)")

    gateway_role: Literal["all", "events"] = Field(
        "all",
        description="What this gateway answers: `all`, or the event streams alone, from a process"
        " of its own behind a proxy (docs/operations.md)",
    )
    recipe_service_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+$",
        description="Where the gateway calls the recipe service; default: `KILN_INNER_HOST`",
    )

    data_dir: Path = Field(Path("data"), description="Redis files, artifacts, logs, models")
    out_dir: Path = Field(Path("out"), description="Where `make demo` puts the files")
    models_dir: Path | None = Field(None, description="Default: `models` in the data folder")
    house_dir: Path | None = Field(
        None,
        description="API keys and secrets of webhooks; default: the data folder. Several hosts:"
        " one folder that all gateways and the courier share",
    )
    secrets_dir: Path | None = Field(
        None,
        description="Folder with a file for each setting that is secret, such as `kiln_redis_url`;"
        " the environment is read first",
    )
    store_url: str | None = Field(
        None,
        description="Artifact store: file:///…, s3://bucket/prefix, gs://…, az://… or memory:///;"
        " default: `artifacts` in the data folder",
    )
    s3_endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+(/[^?#]*)?$",
        description="S3 server other than Amazon's; default: `AWS_ENDPOINT_URL`",
    )
    s3_region: str | None = Field(None, description="Its region; default: `AWS_REGION`")
    s3_access_key_id: str | None = Field(
        None, description="Login for S3; default: `AWS_ACCESS_KEY_ID`, or the role of the machine"
    )
    s3_secret_access_key: str | None = Field(
        None, repr=False, description="Its password; default: `AWS_SECRET_ACCESS_KEY`"
    )
    store_presign: bool = Field(
        default=False,
        description="Send clients to a cloud store for their files, by a URL that is valid for"
        " a minute; they must be able to reach it",
    )
    min_free_mb: int = Field(
        500,
        ge=0,
        description="Below so many free MB (10^6 bytes) on a disk of the house, a submit is a 507:"
        " the rest is for the jobs that are accepted already",
    )
    redis_url: str | None = Field(
        None,
        pattern=r"^rediss?://[^/?#]+/?$",
        repr=False,
        description="Redis without database number; default: this stack's own instance",
    )

    redis_user: Literal["gateway", "worker", "flower", "metrics", "operator"] = Field(
        "operator",
        description="Who a process is to this stack's own Redis; the stack says so to each of its",
    )

    stylize_workers: int = Field(1, ge=1, le=64, description="Processes of the stylize worker")
    stylize_threads: int = Field(
        1, ge=1, le=64, description="Portraits one worker draws at once; a GPU wants a batch full"
    )
    fusion_workers: int = Field(2, ge=1, le=64, description="Processes of the fusion worker")
    recipe_workers: int = Field(2, ge=1, le=64, description="Processes of the recipe worker")
    recipe_threads: int = Field(
        8, ge=1, le=64, description="Recipe stages one worker runs at once; they wait for models"
    )
    threads_per_worker: int = Field(
        1, ge=1, le=64, description="OpenCV, OpenMP and render threads inside one worker process"
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d{1,2})?)$",
        description="Where neural engines run: `cpu`, `cuda:0`, … or `auto`, the first GPU or none",
    )
    batch_most: int | None = Field(
        None, ge=1, le=64, description="Portraits in one neural pass; default: 8 on a GPU, else 1"
    )
    batch_window_ms: float = Field(
        5, ge=0, le=1000, description="How long the first of a batch waits for others, in ms"
    )
    worker_max_rss_mb: int = Field(
        1500, ge=200, description="A worker with more MB, and 1.5 x those at its start, is replaced"
    )
    gateway_processes: int = Field(2, ge=1, le=64, description="Gateway processes")
    gateway_threads: int = Field(160, ge=8, le=1024, description="Threads of a gateway process")
    gateway_pinned: bool = Field(default=True, description="A gateway process keeps to one core")
    max_streams: int = Field(
        128, ge=1, le=10_000, description="Event streams and long-polls of one gateway process"
    )

    llm_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+(/[^?#]*)?$",
        description="OpenAI-compatible server of language models, such as http://127.0.0.1:11434/v1;"
        " default: none, the built-in engines do everything",
    )
    llm_api_key: str | None = Field(
        None, repr=False, description="Key of that server, if it wants one"
    )
    llm_text_model: str | None = Field(None, description="Its model that writes recipes")
    llm_vision_model: str | None = Field(None, description="Its model that reads photos")
    llm_timeout_s: float = Field(
        30, gt=0, le=60, description="Longest call to a model; then the built-in engine takes over"
    )
    llm_max_tokens: int = Field(1500, ge=100, le=16_000, description="Longest answer of a model")
    llm_concurrency: int = Field(8, ge=1, le=64, description="Calls one worker makes at once")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library hands in all
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read files as well: what an orchestrator mounts as secrets is in no environment."""
        folder = init_settings().get("secrets_dir") or os.environ.get("KILN_SECRETS_DIR")
        files = (SecretsSettingsSource(settings_cls, secrets_dir=folder),) if folder else ()
        return (init_settings, env_settings, *files)

    @field_validator("data_dir", "out_dir", "models_dir", "house_dir", "secrets_dir", mode="after")
    @classmethod
    def resolved_once(cls, folder: Path | None) -> Path | None:
        """Fix relative folders where the process starts: it may change its folder later."""
        return folder and folder.absolute()

    @property
    def trusted_hosts(self) -> list[str] | None:
        """Host names to answer to; None for any. The machine itself asks by its own names."""
        if not self.allowed_hosts and not is_loopback(self.host):
            return None
        return sorted({*OWN_NAMES, in_url(self.host).lower(), *self._names_elsewhere})

    @property
    def _names_elsewhere(self) -> set[str]:
        given = {name.strip().lower() for name in (self.allowed_hosts or "").split(",")}
        return given - OWN_NAMES - {""}

    @property
    def inner_trusted_hosts(self) -> list[str] | None:
        """Host names that services behind the gateway answer to; None for any."""
        alone = is_loopback(self.inner_host)
        return sorted({*OWN_NAMES, in_url(self.inner_host).lower()}) if alone else None

    @property
    def locked(self) -> bool:
        """Whether a request needs an API key."""
        if self.auth == "auto":
            return not is_loopback(self.host) or bool(self._names_elsewhere)
        return self.auth == "on"

    @property
    def danger(self) -> str | None:
        """Why a gateway with these settings must not start; None where it may."""
        if ANY in self.origins and not self.locked:
            return ANY_PAGE
        open_to_all = self.auth == "off" and not is_loopback(self.host)
        return UNLOCKED.format(host=self.host) if open_to_all else None

    @property
    def house(self) -> Path:
        """Folder of API keys and of secrets of webhooks."""
        return self.house_dir or self.data_dir

    @property
    def models(self) -> Path:
        """Folder of the face models and of what `kiln models add` brought."""
        return self.models_dir or self.data_dir / "models"

    @property
    def redis(self) -> str:
        """Redis without database number."""
        if self.redis_url:
            return self.redis_url.rstrip("/")
        login = login_in_url(self.data_dir, self.redis_user)
        return f"redis://{login}{in_url(self.inner_host)}:{self.redis_port}"

    @property
    def broker_url(self) -> str:
        """Database 0: Celery's queues."""
        return f"{self.redis}/0"

    @property
    def results_url(self) -> str:
        """Database 1: Celery's results and chord counters."""
        return f"{self.redis}/1"

    @property
    def ledger_url(self) -> str:
        """Database 2: the truth about jobs."""
        return f"{self.redis}/2"

    @property
    def rates_url(self) -> str:
        """Database 3: how often each key has asked lately."""
        return f"{self.redis}/3"

    @property
    def artifacts_url(self) -> str:
        """URL of the artifact store."""
        return self.store_url or (self.data_dir / "artifacts").resolve().as_uri()

    @property
    def recipe_url(self) -> str:
        """Where the gateway finds the recipe service."""
        return self.recipe_service_url or f"http://{in_url(self.inner_host)}:{self.recipe_port}"

    @property
    def gateway_url(self) -> str:
        """Where clients on this machine find the gateway."""
        return f"http://{in_url(self.host)}:{self.gateway_port}"


def as_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that make the same settings in another process."""
    values = settings.model_dump(exclude_none=True)
    return {f"KILN_{name.upper()}": str(value) for name, value in values.items()}
