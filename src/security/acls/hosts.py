"""Addresses: of clients, and as rules name them. IPv6 has many spellings, and one form here; a rule may name a whole network (KIP-1276)."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from security.acls.kinds import WILDCARD

_MAPPED_BITS: Final = 96
"""So many bits of an IPv6 address come before the IPv4 address in it, where there is one."""


class HostProblem(ValueError):
    """What a rule names is no host; the text says why."""


@dataclass(frozen=True, slots=True)
class Host:
    """A client's address. ``text`` is its one form; ``version`` (4 or 6) and ``number`` say it for networks, 0 for what is no IP address."""

    text: str
    version: int
    number: int


@dataclass(frozen=True, slots=True)
class Network:
    """All addresses whose first ``length`` bits are those of ``number``."""

    version: int
    length: int
    number: int


@lru_cache(maxsize=4096)
def parse_host(text: str) -> Host:
    """The address of a client, or whatever it calls itself: two spellings of one address come to the same. An IPv4 address inside of IPv6 is the IPv4
    address; the zone of a link-local address is left out."""
    try:
        address = _plain(ip_address(text.partition("%")[0]))
    except ValueError:
        return Host(text, 0, 0)
    return Host(str(address), address.version, int(address))


def parse_pattern(text: str) -> str | Network:
    """What a rule's host means: ``*``, the one form of an address (or of any other text, which then matches that text alone), or a network.
    Raises HostProblem."""
    if not text:
        raise HostProblem("Host pattern cannot be null or empty")
    if text == WILDCARD:
        return WILDCARD
    if "/" not in text:
        return parse_host(text).text
    base, _, length = text.partition("/")
    if not (length.isascii() and length.isdigit()):
        raise HostProblem(f"Invalid CIDR notation '{text}': expected ADDRESS/BITS")
    try:
        network = ip_network(f"{base}/{length}", strict=False)
    except ValueError as error:
        raise HostProblem(f"Invalid CIDR notation '{text}': {error}") from None
    first = network.network_address
    bits = network.prefixlen
    if isinstance(first, IPv6Address) and first.ipv4_mapped is not None and bits >= _MAPPED_BITS:
        return Network(4, bits - _MAPPED_BITS, int(first.ipv4_mapped))
    return Network(network.version, bits, int(first))


def within(host: Host, version: int, length: int) -> int | None:
    """The number of the network of this length that ``host`` is in, None when it is of another version."""
    if host.version != version:
        return None
    rest = (32 if version == 4 else 128) - length
    return host.number >> rest << rest


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
