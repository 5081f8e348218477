"""Questions to a broker without librdkafka in between, and what is said when that does not work."""

import socket
import threading
from pathlib import Path

import pytest

from broker.cli import plain_client
from broker.cli.failure import UNREACHABLE, USAGE, CommandFailed
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_transactions import ListTransactionsRequest
from tests.support.penstock import Penstock


def test_a_broker_answers(command_broker: Penstock) -> None:
    """Its addresses come from the cluster; a coordinator is one of them."""
    (address,) = plain_client.brokers(command_broker.bootstrap, None)
    assert plain_client.ask(address, 66, 0, ListTransactionsRequest()).error_code == 0
    assert plain_client.coordinator_of("x", command_broker.bootstrap, None) == address


@pytest.mark.parametrize("properties", ["security.protocol=TLS", "security.protocol=SASL_SSL", "security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI"])
def test_security_is_not_pretended(command_broker: Penstock, tmp_path: Path, properties: str) -> None:
    """Whoever demands what cannot be had here is told, before anything is sent."""
    file = tmp_path / "client.properties"
    file.write_text(properties + "\n")
    with pytest.raises(CommandFailed) as failed:
        plain_client.brokers(command_broker.bootstrap, file)
    assert failed.value.exit_code == USAGE


def test_passwords_are_not_shown_with_an_address() -> None:
    """Where it is printed."""
    assert "secret" not in repr(plain_client.Address("host", 1, {"sasl.password": "secret"}))


def test_nobody_there() -> None:
    """A port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = plain_client.Address(*free.getsockname())
    with pytest.raises(CommandFailed) as failed:
        plain_client.ask(address, 66, 0, ListTransactionsRequest())
    assert failed.value.exit_code == UNREACHABLE


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\x02xx"])
def test_an_answer_that_is_none(answer: bytes) -> None:
    """A broker that closes the connection does not know the request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(CommandFailed) as failed:
            plain_client.ask(plain_client.Address(*server.getsockname()), 66, 0, ListTransactionsRequest())
        thread.join()
    assert "too old" in str(failed.value)


def test_errors_are_named() -> None:
    """Also those that are newer than this command."""
    plain_client.check(0, "fine")
    with pytest.raises(CommandFailed, match="it failed: NOT_COORDINATOR"):
        plain_client.check(ErrorCode.NOT_COORDINATOR, "it failed")
    with pytest.raises(CommandFailed, match="it failed: error 9999"):
        plain_client.check(9999, "it failed")
