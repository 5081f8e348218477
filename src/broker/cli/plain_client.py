"""Requests that librdkafka has no function for, sent over a connection of our own: one question, one answer, no encryption.

Which brokers there are is left to librdkafka, so that a wrong address is explained in the same words by every command.
"""

import socket
from pathlib import Path
from typing import Any, Final

from broker.cli.client import TIMEOUT_S, check_reachable, client_properties, make, unreachable
from broker.cli.failure import USAGE, CommandFailed
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.headers import decode_response_header, response_header_is_flexible, start_request
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.registry import codec

FIND_COORDINATOR: Final = 10
GROUP: Final = 0
TRANSACTION: Final = 1

Address = tuple[str, int]


def brokers(bootstrap: str, client_config: Path | None) -> list[Address]:
    """Where the brokers of the cluster are."""
    from confluent_kafka.admin import AdminClient

    properties = client_properties(bootstrap, client_config)
    protocol = str(properties.get("security.protocol", "plaintext"))
    if protocol.lower() != "plaintext":
        raise CommandFailed(f"this command speaks plaintext only, not {protocol} (security.protocol)", USAGE)
    metadata = check_reachable(make(AdminClient, properties), bootstrap)
    return [(broker.host, broker.port) for _, broker in sorted(metadata.brokers.items())]


def coordinator_of(name: str, bootstrap: str, client_config: Path | None, *, key_type: int = TRANSACTION) -> Address:
    """The broker that coordinates the transactions of this id, or this group."""
    somebody = brokers(bootstrap, client_config)[0]
    found = ask(somebody, FIND_COORDINATOR, 3, FindCoordinatorRequest(key=name, key_type=key_type))
    check(found.error_code, f"the coordinator of {name} was not found")
    return found.host, found.port


def ask(address: Address, api_key: int, version: int, request: Any) -> Any:
    """The answer to one request."""
    where = f"{address[0]}:{address[1]}"
    try:
        with socket.create_connection(address, timeout=TIMEOUT_S) as connection:
            writer = start_request(api_key, version, 1, "penstock-cli")
            codec(api_key).encode_request(version, request, writer)
            for part in writer.frame():
                connection.sendall(part)
            with connection.makefile("rb") as answer:
                frame = answer.read(int.from_bytes(answer.read(4), "big"))
        flexible = response_header_is_flexible(api_key, version)
        _, body = decode_response_header(memoryview(frame), flexible)
        return codec(api_key).decode_response(version, frame, body)
    except OSError as error:
        raise unreachable(where, error.strerror or str(error)) from error
    except DecodeError as error:
        raise CommandFailed(f"{where} does not answer this request: it may be too old for it") from error


def check(error_code: int, what: str, why: str | None = None) -> None:
    """Raise in words for a person what the broker refused, and why if it said so."""
    if error_code:
        try:
            name = ErrorCode(error_code).name
        except ValueError:
            name = f"error {error_code}"
        raise CommandFailed(f"{what}: {why} ({name})" if why else f"{what}: {name}")
