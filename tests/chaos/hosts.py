"""Hosts of our own: network namespaces on one bridge, each with its address; who reaches whom can be cut and healed while all runs.

The engines and the clients stay in the namespace the test runs in, and each is reached under an address of its own there, so that a broker can be cut
from one of them and not from the others. Packets are dropped in silence, as by a network that is broken: nobody is told.
"""

import hashlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterable
from enum import Enum
from types import TracebackType
from typing import Self

from tests.toolchain import debian
from tests.toolchain.cache import ToolchainUnavailable

_NUMBERS = itertools.count(os.getpid() % 97 * 2)


class Side(Enum):
    """What stays in the test's own namespace, by the last number of its address."""

    CLIENTS = 1
    DATABASE = 2
    STORE = 3


def prepare() -> None:
    """Have the programs that make namespaces and drop packets; raises ToolchainUnavailable where that cannot be."""
    if os.geteuid() != 0:
        raise ToolchainUnavailable("network namespaces: only root may make them")
    missing = [
        package for program, package in (("ip", "iproute2"), ("nft", "nftables")) if shutil.which(program) is None
    ]
    if missing:
        debian.install(missing)
    name = f"pstry{os.getpid()}"
    try:
        _run("ip", "netns", "add", name)
        _run("ip", "netns", "exec", name, "nft", "add", "table", "inet", "try")
    except subprocess.CalledProcessError as error:
        raise ToolchainUnavailable(f"network namespaces: {error.stderr.strip()}") from error
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


class Network:
    """One bridge and its hosts; everything is gone on exit."""

    def __init__(self) -> None:
        number = next(_NUMBERS) % 200
        self._tag = f"ps{os.getpid() % 100000}x{number}"
        self._prefix = f"10.{180 + number % 40}.{os.getpid() % 250 + 1}"
        self._hosts: dict[int, str] = {}

    def __enter__(self) -> Self:
        try:
            # A bridge without an address of its own takes the least of its ports': a new host could change it, and who knew the old one would talk to nobody.
            _run("ip", "link", "add", self._bridge, "address", self._hardware_address, "type", "bridge")
            for side in Side:
                _run("ip", "address", "add", f"{self.address(side)}/24", "dev", self._bridge)
            _run("ip", "link", "set", self._bridge, "up")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _bridge(self) -> str:
        return f"{self._tag}b"

    @property
    def _hardware_address(self) -> str:
        return "02:" + ":".join(f"{byte:02x}" for byte in hashlib.sha256(self._tag.encode()).digest()[:5])

    def address(self, of: Side | int) -> str:
        """Of a side, or of the host of that number (1 to 200)."""
        return f"{self._prefix}.{of.value if isinstance(of, Side) else of + 10}"

    def add_host(self, number: int, *, hardware_address: str | None = None) -> None:
        """A namespace with one interface on the bridge, and its loopback; the bridge's end of it has that hardware address, or any."""
        name = f"{self._tag}h{number}"
        outside, inside = f"{self._tag}v{number}"[:15], "eth0"
        _run("ip", "netns", "add", name)
        self._hosts[number] = name
        known = ["address", hardware_address] if hardware_address else []
        _run("ip", "link", "add", outside, *known, "type", "veth", "peer", "name", inside, "netns", name)
        _run("ip", "link", "set", outside, "master", self._bridge, "up")
        _run("ip", "-n", name, "address", "add", f"{self.address(number)}/24", "dev", inside)
        _run("ip", "-n", name, "link", "set", inside, "up")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        self._nft(number, "add table inet cut")
        self._nft(number, "add chain inet cut out { type filter hook output priority 0 ; }")
        self._nft(number, "add chain inet cut in { type filter hook input priority 0 ; }")

    def command(self, number: int) -> list[str]:
        """What stands before a command that is to run on the host."""
        return ["ip", "netns", "exec", self._hosts[number]]

    def cut(self, number: int, from_: Iterable[Side | int], *, outwards: bool = True) -> None:
        """Nothing passes any more between the host and those, in either direction; or only towards them, when not ``outwards``."""
        for other in from_:
            if outwards:
                self._nft(number, f"add rule inet cut out ip daddr {self.address(other)} drop")
            self._nft(number, f"add rule inet cut in ip saddr {self.address(other)} drop")

    def heal(self, number: int) -> None:
        """Everything passes again."""
        self._nft(number, "flush table inet cut")

    def close(self) -> None:
        """Take the hosts and the bridge away; what ran there must have ended."""
        for name in self._hosts.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
        self._hosts.clear()
        subprocess.run(["ip", "link", "delete", self._bridge], check=False, capture_output=True)

    def _nft(self, number: int, rule: str) -> None:
        _run(*self.command(number), "nft", rule)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
