"""Cloud stores: which URLs name one, and how patiently one is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from obstore.store import from_url

from common.contracts.artifacts import ArtifactRef

CONNECTIONS: Final = 16  # kept open by a process that does not say how many it uses at once
_SCHEMES: Final = frozenset({"s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss"})

# A store that is away is asked again for eight seconds, one that hangs is left after ten: a stage
# has twenty, and tries three times.
_RETRIES: Final[dict[str, Any]] = {
    "max_retries": 12,
    "retry_timeout": timedelta(seconds=8),
    "backoff": {
        "init_backoff": timedelta(milliseconds=200),
        "max_backoff": timedelta(seconds=2),
        "base": 2,
    },
}
_ONE_TRY: Final[dict[str, Any]] = {"max_retries": 0}
_TIMEOUTS: Final[dict[str, Any]] = {
    "connect_timeout": timedelta(seconds=2),
    "read_timeout": timedelta(seconds=10),
    "timeout": timedelta(seconds=60),
}
_ONE_TIMEOUT: Final[dict[str, Any]] = {"timeout": timedelta(seconds=5)}  # see DELETING_MS


def is_cloud(url: str) -> bool:
    """Whether a URL names a bucket, and not a folder or memory."""
    return urlsplit(url).scheme in _SCHEMES


def open_bucket(url: str, config: Mapping[str, str], connections: int) -> tuple[Any, Any]:
    """Open a bucket twice: for patient requests, and for those that are tried once.

    Parameters
    ----------
    url
        Such as ``s3://bucket/prefix``.
    config
        In the words of obstore; what is not said comes from the environment variables of that
        cloud, such as ``AWS_ACCESS_KEY_ID``. Only an endpoint that says ``http`` is not encrypted.
    connections
        That stay open between two requests: as many as are used at once. There may be more.
    """
    client = {
        **_TIMEOUTS,
        "pool_max_idle_per_host": str(connections),
        "allow_http": config.get("endpoint", "").startswith("http:"),
    }
    opener: Any = from_url  # its overloads differ per cloud
    patient = opener(url, config=dict(config), client_options=client, retry_config=_RETRIES)
    client |= _ONE_TIMEOUT
    once = opener(url, config=dict(config), client_options=client, retry_config=_ONE_TRY)
    return patient, once


def headers_of(ref: ArtifactRef) -> dict[str, str]:
    """Tell what a cloud should say of a file to those who fetch it there."""
    return {
        "Content-Type": ref.media_type,
        "Content-Disposition": f'{ref.disposition}; filename="{ref.name}"',
    }
