"""Which addresses a webhook may have: those of other people's servers on the open internet.

Whoever may name an address that this house calls could otherwise reach, from the inside, what
only this house can reach (server-side request forgery): services without a lock on its own
network, or the metadata of a cloud machine. The text of the address is judged here when a job is
accepted, and each address that its name stands for is judged again at every call.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from common.errors import BadWebhook

LONGEST_URL: Final = 2000
PORTS: Final = {"https": 443, "http": 80}
NOT_PUBLIC: Final = "it is not an address on the open internet"

# Names that never lead to a public server (RFC 6761, RFC 6762, RFC 8375, ICANN for `internal`).
_INNER_NAMES: Final = ("localhost", "local", "internal", "home.arpa", "test", "invalid", "onion")
_PRINTABLE: Final = re.compile(r"[!-~]+")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")  # the last part of an IPv4 address, however odd

# What Python's registry calls global, and is not for us.
_REFUSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "192.0.0.0/24",  # protocol assignments; metadata of one cloud
            "192.88.99.0/24",  # 6to4 relays
            "168.63.129.16/32",  # the wire server of Azure
        ),
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")  # all that IANA has given out for use in the open
_REFUSED_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which hides an IPv4 address
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which hides an IPv4 address
            "3ffe::/16",  # 6bone
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the way to IPv4 where there is only IPv6


@dataclass(frozen=True)
class Target:
    """Where to call: the parts of an address whose text is in order."""

    scheme: str
    host: str  # a name in lower case, or an address without brackets
    port: int
    path: str  # with the query
    loopback: bool = False  # only addresses of this very machine will do, else only public ones

    @property
    def authority(self) -> str:
        """Value of the ``Host`` header (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(
    url: str, *, loopback: bool = False, closed: frozenset[int] = frozenset()
) -> Target:
    """Judge the text of an address; nothing is looked up.

    Parameters
    ----------
    url
        As somebody sent it.
    loopback
        Whether this machine itself may be called, also by plain http: in a house for one person.
    closed
        Ports of this machine that may not be called even then: the house's own.

    Raises
    ------
    BadWebhook
        Says what is wrong with it.
    """
    parts, port = _split(url)
    host = (parts.hostname or "").removesuffix(".")
    own = _names_this_machine(host)
    if parts.scheme not in PORTS:
        raise BadWebhook("the webhook must be an https address")
    if parts.scheme == "http" and not (loopback and own):
        raise BadWebhook("the webhook must be an https address; http is not called")
    if own and not loopback:
        raise BadWebhook(f"the webhook cannot be called: {NOT_PUBLIC}")
    port = PORTS[parts.scheme] if port is None else port
    if own and port in closed:
        raise BadWebhook(f"the webhook cannot be called: port {port} is one of this house's own")
    if not own:
        _check_host(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, loopback=own)


def _split(url: str) -> tuple[SplitResult, int | None]:
    if not _PRINTABLE.fullmatch(url) or "\\" in url or len(url) > LONGEST_URL:
        raise BadWebhook(
            "the webhook has characters that an address cannot have, or too many",
            "Write spaces and other letters as an address has them: %20, xn--….",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise BadWebhook("the webhook cannot be read as an address") from exc
    if port == 0:
        raise BadWebhook("the webhook has port 0; ports go from 1 to 65535")
    if "@" in parts.netloc:
        raise BadWebhook("the webhook carries a user or a password", "Put a secret into its path.")
    if parts.fragment:
        raise BadWebhook("the webhook has a part behind #, which no server sees")
    return parts, port


def _check_host(host: str) -> None:
    """Refuse what is neither a public address nor a name that could lead to one."""
    address = _literal(host)
    if address is not None:
        if not is_public(address):
            raise BadWebhook(f"the webhook cannot be called: {NOT_PUBLIC}")
        return
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
        raise BadWebhook("the webhook has no host that can be read")
    if len(labels) == 1 or f".{host}".endswith(tuple(f".{name}" for name in _INNER_NAMES)):
        raise BadWebhook(f"the webhook cannot be called: {NOT_PUBLIC}")


def _names_this_machine(host: str) -> bool:
    address = _literal(host)
    return host == "localhost" if address is None else address.is_loopback


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def may_call(target: Target, addresses: list[str]) -> bool:
    """Tell whether all addresses that a name stands for may be called; one that may not spoils it.

    A name with a public and a private address is an attempt to be called at either.
    """
    found = [_literal(address) for address in addresses]
    if target.loopback:
        return bool(found) and all(one is not None and one.is_loopback for one in found)
    return bool(found) and all(one is not None and is_public(one) for one in found)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs to somebody on the open internet.

    Private, loopback, link-local (there cloud machines find their metadata), shared, multicast,
    reserved, documentation and unspecified addresses do not (IANA's special-purpose registries,
    RFC 6890), nor those that wrap an IPv4 address: IPv4-mapped, 6to4, Teredo. NAT64 is as good as
    the address inside it.
    """
    if isinstance(address, IPv4Address):
        usual = address.is_global and not (address.is_multicast or address.is_reserved)
        return usual and not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    usual = address in _GLOBAL_V6 and address.is_global
    return usual and not any(address in network for network in _REFUSED_V6)
