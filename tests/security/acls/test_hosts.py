"""Addresses have one form, and networks contain them."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.acls.hosts import Host, HostProblem, Network, parse_host, parse_pattern, within


@pytest.mark.parametrize(
    ("spelling", "text"),
    [
        ("0:0:0:0:0:0:0:1", "::1"),
        ("::1", "::1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "10.0.0.1"),
        ("client.example", "client.example"),
        ("*", "*"),
    ],
)
def test_one_address_has_one_form(spelling: str, text: str) -> None:
    """However it is spelled, by a client's socket or in a rule."""
    assert parse_host(spelling).text == text
    assert parse_pattern(spelling) == text


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.168.0.0/24", Network(4, 24, int(ip_address("192.168.0.0")))),
        ("192.168.0.77/24", Network(4, 24, int(ip_address("192.168.0.0")))),
        ("0.0.0.0/0", Network(4, 0, 0)),
        ("2001:db8::/32", Network(6, 32, int(ip_address("2001:db8::")))),
        ("::ffff:10.0.0.0/104", Network(4, 8, int(ip_address("10.0.0.0")))),
    ],
)
def test_networks_are_understood(text: str, network: Network) -> None:
    """In CIDR form; bits beyond the length make no difference."""
    assert parse_pattern(text) == network


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/255.0.0.0", "10.0.0.0/-1", "a/8", "::/129", "1/2/3"])
def test_what_is_no_host_is_refused(text: str) -> None:
    """With a reason."""
    with pytest.raises(HostProblem, match=r"CIDR|empty"):
        parse_pattern(text)


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_an_address_is_within_a_network_exactly_when_python_says_so(one: object, other: object, length: int) -> None:
    """For addresses of both versions."""
    address, base = parse_host(str(one)), parse_host(str(other))
    length = min(length, 32 if base.version == 4 else 128)
    network = parse_pattern(f"{base.text}/{length}")
    assert isinstance(network, Network)
    expected = ip_address(address.text) in ip_network(f"{base.text}/{length}", strict=False)

    assert (within(address, network.version, network.length) == network.number) == expected


def test_what_is_no_address_is_in_no_network() -> None:
    """A name does not match networks, not even those of all addresses."""
    assert parse_host("somewhere") == Host("somewhere", 0, 0)
    assert within(parse_host("somewhere"), 4, 0) is None
