"""Whom a quota is for: a user, a client id, both, or an address. Each is named, or is the default for all that have no quota of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

USER: Final = "user"
CLIENT_ID: Final = "client-id"
IP: Final = "ip"
TYPES: Final = (USER, CLIENT_ID, IP)

DEFAULT: Final = None
"""In the place of a name: all that have no quota of their own."""


class EntityProblem(Exception):
    """Nobody can have such a quota; the text says why."""


@dataclass(frozen=True, slots=True)
class QuotaEntity:
    """``parts`` are (type, name), in the order of the types' names; made by :meth:`of`."""

    parts: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, parts: Mapping[str, str | None]) -> "QuotaEntity":
        """Checked; an address is kept in its one canonical form. Raises EntityProblem."""
        if not parts:
            raise EntityProblem("a quota is for a user, a client id or an ip: none is given")
        for kind, name in parts.items():
            if kind not in TYPES:
                raise EntityProblem(f"there is no entity type {kind!r}: {', '.join(TYPES)} are known")
            if name == "":
                raise EntityProblem(f"the name of a {kind} must not be empty")
        if IP in parts and len(parts) > 1:
            raise EntityProblem("a quota of an ip is for the ip alone, whoever connects from there")
        address = parts.get(IP)
        if address is not None:
            return cls(((IP, canonical_address(address)),))
        return cls(tuple(sorted(parts.items())))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of its parts."""
        return tuple(kind for kind, _ in self.parts)

    def __str__(self) -> str:
        return ", ".join(f"{kind} {'<default>' if name is None else name}" for kind, name in self.parts)


def canonical_address(text: str) -> str:
    """One form for each address, IPv4 written as IPv6 included. Raises EntityProblem. Names of hosts would have to be looked up, and mean another
    address tomorrow."""
    try:
        address = ip_address(text)
    except ValueError:
        raise EntityProblem(f"{text!r} is no IP address") from None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        if address.scope_id is not None:
            return str(IPv6Address(int(address)))
    return str(address)
