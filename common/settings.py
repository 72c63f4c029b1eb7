"""Settings of one machine: environment variables named ``KILN_*``, read once per process.

The one-machine stack hands all of them to its processes, so a default is written nowhere else.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.contracts.rates import RATE
from common.redis_logins import login_in_url

Port = Annotated[int, Field(ge=1, le=65535)]

OWN_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
UNLOCKED: Final = (
    "KILN_AUTH=off and KILN_HOST={host} would let everybody who reaches this machine use it and"
    " read every photo: leave KILN_AUTH out and make keys with `kiln keys create NAME`, or set"
    " KILN_HOST=127.0.0.1"
)


class Settings(BaseSettings):
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
    metrics_port: Port = Field(
        9101, description="First of the ports on which workers and reconciler expose metrics"
    )

    data_dir: Path = Field(Path("data"), description="Redis files, artifacts, logs, models")
    out_dir: Path = Field(Path("out"), description="Where `make demo` puts the files")
    models_dir: Path | None = Field(None, description="Default: `models` in the data folder")
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
    max_streams: int = Field(
        128, ge=1, le=1024, description="Event streams and long-polls of one gateway process"
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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("data_dir", "out_dir", "models_dir", mode="after")
    @classmethod
    def resolved_once(cls, folder: Path | None) -> Path | None:
        """Fix relative folders where the process starts: it may change its folder later."""
        return folder and folder.absolute()

    @property
    def trusted_hosts(self) -> list[str] | None:
        """Host names to answer to; None for any."""
        if self.allowed_hosts:
            return [name.strip() for name in self.allowed_hosts.split(",") if name.strip()]
        return sorted({*OWN_NAMES, in_url(self.host)}) if is_loopback(self.host) else None

    @property
    def locked(self) -> bool:
        """Whether a request needs an API key."""
        if self.auth == "auto":
            known_elsewhere = self.allowed_hosts and not set(self.trusted_hosts or ()) <= OWN_NAMES
            return not is_loopback(self.host) or bool(known_elsewhere)
        return self.auth == "on"

    @property
    def danger(self) -> str | None:
        """Why a gateway with these settings must not start; None where it may."""
        open_to_all = self.auth == "off" and not is_loopback(self.host)
        return UNLOCKED.format(host=self.host) if open_to_all else None

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
        return f"http://{in_url(self.inner_host)}:{self.recipe_port}"

    @property
    def gateway_url(self) -> str:
        """Where clients on this machine find the gateway."""
        return f"http://{in_url(self.host)}:{self.gateway_port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; a name that is not ``localhost`` may be any."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def in_url(host: str) -> str:
    """Write an address as a URL does; one that stands for all of them becomes one to call."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"[{address}]" if address.version == 6 else str(address)


def as_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that make the same settings in another process."""
    values = settings.model_dump(exclude_none=True)
    return {f"KILN_{name.upper()}": str(value) for name, value in values.items()}
