"""Only other people's servers on the open internet are called."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import BadWebhook
from gateway.domain.addresses import LONGEST_URL, Target, is_public, may_call, read_target

# what nobody outside may make this house call, by IANA's registries of special addresses
INNER_V4 = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("168.63.129.16/32", "100.100.100.200/32"),
]
INNER_V6 = [
    *("::/8", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20"),
    *("5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b:1::/48"),
]
V4 = [ipaddress.IPv4Network(text) for text in INNER_V4]
V6 = [ipaddress.IPv6Network(text) for text in INNER_V6]
NAT64 = int(ipaddress.IPv6Address("64:ff9b::"))

GOOD = "https://shop.example.com"


def in_any(networks: list[ipaddress.IPv4Network]) -> st.SearchStrategy[ipaddress.IPv4Address]:
    return st.sampled_from(networks).flatmap(lambda network: st.ip_addresses(network=network))


def refused(url: str, *, loopback: bool = False) -> str:
    with pytest.raises(BadWebhook) as caught:
        read_target(url, loopback=loopback)
    return caught.value.detail


# -- addresses -----------------------------------------------------------------------
@given(in_any(V4))
@example(ipaddress.IPv4Address("169.254.169.254"))
def test_no_special_ipv4_address_is_public_nor_any_wrapping_of_one(
    inner: ipaddress.IPv4Address,
) -> None:
    number = int(inner)
    wrapped = {
        "mapped": 0xFFFF << 32 | number,
        "compatible": number,
        "nat64": NAT64 | number,
        "6to4": 0x2002 << 112 | number << 80 | 1,
        "teredo": 0x20010000 << 96 | number ^ 0xFFFFFFFF,
        "teredo server": 0x20010000 << 96 | number << 64,
    }
    assert not is_public(inner)
    for name, value in wrapped.items():
        assert not is_public(ipaddress.IPv6Address(value)), name


@given(st.sampled_from(V6).flatmap(lambda network: st.ip_addresses(network=network)))
@example(ipaddress.IPv6Address("fd00:ec2::254"))
def test_no_special_ipv6_address_is_public(inner: ipaddress.IPv6Address) -> None:
    public_inside = inner in ipaddress.IPv6Network("64:ff9b::/96")
    assert public_inside or not is_public(inner)


@given(st.ip_addresses())
def test_what_is_public_is_global_by_the_registry_and_no_multicast(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        for name in ("private", "multicast", "loopback", "link_local", "unspecified"):
            assert not getattr(address, f"is_{name}"), name


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::6810:84e5", "64:ff9b::808:808"]
)
def test_servers_on_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_an_address_of_one_network_card_is_not_public() -> None:
    assert not is_public(ipaddress.ip_address("2606:4700::1%eth0"))


def test_one_private_address_among_public_ones_spoils_a_name() -> None:
    target = read_target(GOOD)
    assert may_call(target, ["93.184.216.34", "2606:4700::1"])
    assert not may_call(target, ["93.184.216.34", "10.0.0.1"])
    assert not may_call(target, ["::1", "2606:4700::1"])
    assert not may_call(target, ["93.184.216.34", "not an address"])
    assert not may_call(target, [])


def test_what_is_written_as_this_machine_must_be_this_machine() -> None:
    target = read_target("http://localhost:9000", loopback=True)
    assert may_call(target, ["127.0.0.1", "::1"])
    assert not may_call(target, ["127.0.0.1", "10.0.0.1"])
    assert not may_call(target, ["93.184.216.34"])


def test_a_name_that_leads_to_this_machine_is_not_called_even_at_home() -> None:
    target = read_target("https://rebind.example.com", loopback=True)
    assert not may_call(target, ["127.0.0.1"])


# -- what is written -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "target"),
    [
        (GOOD, Target("https", "shop.example.com", 443, "/")),
        ("HTTPS://Shop.Example.com./a?b=c", Target("https", "shop.example.com", 443, "/a?b=c")),
        ("https://shop.example.com:8443/x", Target("https", "shop.example.com", 8443, "/x")),
        (
            "https://xn--bcher-kva.example.com",
            Target("https", "xn--bcher-kva.example.com", 443, "/"),
        ),
        ("https://8.8.8.8/", Target("https", "8.8.8.8", 443, "/")),
        ("https://[2606:4700::1]:444/", Target("https", "2606:4700::1", 444, "/")),
        ("https://shop.example.com?t=1", Target("https", "shop.example.com", 443, "/?t=1")),
    ],
)
def test_an_address_in_order_is_taken_apart(url: str, target: Target) -> None:
    assert read_target(url) == target


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        (GOOD, "shop.example.com"),
        ("https://shop.example.com:8443", "shop.example.com:8443"),
        ("https://[2606:4700::1]:444", "[2606:4700::1]:444"),
    ],
)
def test_the_host_header_names_the_port_only_where_it_is_unusual(url: str, authority: str) -> None:
    assert read_target(url).authority == authority


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "characters"),
        ("https://", "no host"),
        ("shop.example.com/hook", "https"),
        ("http://shop.example.com", "http is not called"),
        ("ftp://shop.example.com", "https"),
        ("file:///etc/passwd", "https"),
        ("gopher://shop.example.com", "https"),
        ("https://me:secret@shop.example.com", "user"),
        ("https://me@shop.example.com", "user"),
        ("https://@shop.example.com", "user"),
        ("https://shop.example.com:0", "port 0"),
        ("https://shop.example.com:65536", "cannot be read"),
        ("https://shop.example.com:-1", "cannot be read"),
        ("https://shop.example.com:https", "cannot be read"),
        ("https://shop.example.com/#top", "#"),
        ("https://shop.example.com/a b", "characters"),
        ("https://shop.example.com/\r\nX-Evil: 1", "characters"),
        ("https://shop.example.com\\@10.0.0.1/", "characters"),
        ("https://büch.example.com", "characters"),
        ("https://[::1", "cannot be read"),
        ("https://[fe80::1%25eth0]/", "internet"),
        ("https://-shop.example.com", "no host"),
        ("https://shop..example.com", "no host"),
        ("https://" + "a" * 64 + ".example.com", "no host"),
        ("https://shop.example.com/" + "a" * LONGEST_URL, "too many"),
    ],
)
def test_what_is_not_in_order_is_refused_with_a_reason(url: str, why: str) -> None:
    assert why in refused(url)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "192.168.1.1", "172.31.0.1", "100.64.0.1"),
        *("169.254.169.254", "169.254.170.2", "168.63.129.16", "0.0.0.1", "255.255.255.255"),
        *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]"),
        *("[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2001::1]"),
        *("localhost", "LOCALHOST", "a.localhost", "metadata.google.internal", "printer.local"),
        *("redis", "metadata", "router.home.arpa", "hidden.onion", "x.invalid"),
    ],
)
def test_no_address_inside_is_taken(host: str) -> None:
    assert "internet" in refused(f"https://{host}/")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "0x7f.1", "a.0x7f", "1.2.3.4.5"]
)
def test_odd_ways_to_write_an_ipv4_address_are_no_host(host: str) -> None:
    refused(f"https://{host}/")


# -- this machine --------------------------------------------------------------------
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "127.0.0.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_house_for_one_person_may_call_its_own_machine(scheme: str, host: str) -> None:
    target = read_target(f"{scheme}://{host}:9000/", loopback=True)
    assert target.loopback
    assert target.port == 9000


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[fe80::1]", "redis"])
def test_even_there_nothing_else_inside_is_called(host: str) -> None:
    assert "internet" in refused(f"https://{host}/", loopback=True)
    assert "http is not called" in refused(f"http://{host}/", loopback=True)


def test_even_there_the_house_does_not_call_itself() -> None:
    with pytest.raises(BadWebhook, match="port 6390 is one of this house's own"):
        read_target("http://127.0.0.1:6390", loopback=True, closed=frozenset({6390}))
    with pytest.raises(BadWebhook, match="port 80"):
        read_target("http://localhost", loopback=True, closed=frozenset({80}))
    assert read_target("https://shop.example.com:6390", closed=frozenset({6390})).port == 6390


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda text: f"https://{text}"))
@example("https://[::ffff:1.2.3.4%x]")
@example("https://\u2488\u2489")
def test_whatever_is_sent_is_read_or_refused(url: str) -> None:
    try:
        target = read_target(url)
    except BadWebhook:
        return
    assert target.scheme == "https"
    assert target.host
    assert 1 <= target.port <= 65535
    assert target.path.startswith("/")
