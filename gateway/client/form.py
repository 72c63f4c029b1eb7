"""What a client puts into a form."""

from __future__ import annotations

from pathlib import Path


def form_file(photo: str | Path | bytes) -> tuple[str, bytes]:
    """Name and bytes of a photo."""
    if isinstance(photo, bytes):
        return "photo", photo
    return Path(photo).name, Path(photo).read_bytes()


def form_fields(parameters: dict[str, object]) -> list[tuple[str, str]]:
    """Flatten parameters: a list is a field that comes several times."""
    return [
        (name, str(one))
        for name, value in parameters.items()
        for one in (value if isinstance(value, (list, tuple)) else [value])
    ]
