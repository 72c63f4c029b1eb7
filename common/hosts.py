"""Names and addresses of machines, as settings and URLs write them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

OWN_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


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


def also_here(host: str) -> str:
    """Address by which this machine itself reaches what listens at ``host``.

    By it the gateway knows who reads its metrics: from 192.0.2.7 it would be a stranger. A name
    is not looked up: it stays as it is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_loopback or address.is_unspecified:
        return in_url(host)
    return "127.0.0.1" if address.version == 4 else "[::1]"
