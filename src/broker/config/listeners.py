"""Addresses in settings: ``NAME://HOST:PORT`` of a Kafka listener, ``HOST:PORT`` of the HTTP surface."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from broker.config.kafka_values import ValueProblem

_LISTENER: Final = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_.-]{0,62})://(?P<rest>.*)", re.DOTALL)
_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9_.-]*):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """``host`` is "" or a wildcard for all interfaces; ``port`` 0 asks for a free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_wildcard(self) -> bool:
        return self.host in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listener(Address):
    """One address that Kafka clients connect to. ``name`` is upper case, as Kafka keeps it."""

    name: str = "PLAINTEXT"

    def __str__(self) -> str:
        return f"{self.name}://{Address.__str__(self)}"


def parse_address(text: str) -> Address:
    """``HOST:PORT`` or ``:PORT``; raises ValueProblem."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or int(match["port"]) > 65535:
        raise ValueProblem(f"{text!r} is not HOST:PORT with a port of 0 to 65535 (an IPv6 host stands in brackets)")
    return Address(match["host"].strip("[]"), int(match["port"]))


def parse_listener(text: str) -> Listener:
    """``NAME://HOST:PORT``; raises ValueProblem."""
    match = _LISTENER.fullmatch(text.strip())
    if match is None:
        raise ValueProblem(f"{text!r} is not NAME://HOST:PORT, for example PLAINTEXT://127.0.0.1:9092")
    address = parse_address(match["rest"])
    return Listener(address.host, address.port, match["name"].upper())


def as_address(value: Any) -> Address:
    """A setting's value, text or already an address."""
    if isinstance(value, Address):
        return value
    if not isinstance(value, str):
        raise ValueProblem("expected HOST:PORT")
    return parse_address(value)


def as_listeners(value: Any) -> tuple[Listener, ...]:
    """A setting's value: text separated by commas, or a list of texts or listeners."""
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise ValueProblem("expected NAME://HOST:PORT, several separated by commas")
    return tuple(item if isinstance(item, Listener) else parse_listener(str(item)) for item in value)


def as_protocol_map(value: Any) -> dict[str, str]:
    """``NAME:PROTOCOL,...`` (Kafka's listener.security.protocol.map) or a mapping of the same."""
    if isinstance(value, str):
        pairs = [part.partition(":") for part in value.split(",") if part.strip()]
        if any(not colon for _, colon, _ in pairs):
            raise ValueProblem("expected NAME:PROTOCOL, several separated by commas")
        value = {name: protocol for name, _, protocol in pairs}
    if not isinstance(value, dict):
        raise ValueProblem("expected NAME:PROTOCOL, several separated by commas")
    return {str(name).strip().upper(): str(protocol).strip().upper() for name, protocol in value.items()}
