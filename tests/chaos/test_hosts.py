"""Hosts reach each other and the test, until they are cut, and again when they are healed."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.chaos.hosts import Network, Side, prepare
from tests.toolchain import required

_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 0.4).close()"


@pytest.fixture
def network() -> Iterator[Network]:
    """Two hosts."""
    required(prepare)
    with Network() as network:
        network.add_host(1)
        network.add_host(2)
        yield network


def reaches(network: Network, host: int, address: str, port: int) -> bool:
    """Whether a connection from the host can be made."""
    command = [*network.command(host), sys.executable, "-c", _CONNECT, address, str(port)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_a_host_is_cut_from_one_side_and_not_from_the_other(network: Network) -> None:
    """And only that host."""
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        database, store = network.address(Side.DATABASE), network.address(Side.STORE)
        assert reaches(network, 1, database, port)
        network.cut(1, [Side.DATABASE])
        assert not reaches(network, 1, database, port)
        assert reaches(network, 1, store, port)
        assert reaches(network, 2, database, port)
        network.heal(1)
        assert reaches(network, 1, database, port)


def test_a_new_host_changes_nothing_for_those_that_are_there(network: Network) -> None:
    """Whatever its hardware address: also when it is the least, which a bridge would otherwise take for its own."""
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        clients = network.address(Side.CLIENTS)
        assert reaches(network, 1, clients, port)
        assert reaches(network, 2, clients, port)
        network.add_host(3, hardware_address="02:00:00:00:00:01")
        assert reaches(network, 1, clients, port)
        assert reaches(network, 2, clients, port)
