"""Requests that librdkafka has no function for, sent over a connection of our own: one question, one answer.

Which brokers there are is left to librdkafka, so that a wrong address is explained in the same words by every command.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from broker.cli.client import TIMEOUT_S, check_reachable, client_properties, make, unreachable
from broker.cli.failure import CommandFailed
from broker.cli.rights import Right, advice
from broker.cli.secure_connection import connect, log_in, mechanism_of, protocol_of
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.headers import decode_response_header, response_header_is_flexible, start_request
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest
from broker.wire.registry import codec

FIND_COORDINATOR: Final = 10
SASL_HANDSHAKE: Final = 17
SASL_AUTHENTICATE: Final = 36
GROUP: Final = 0
TRANSACTION: Final = 1

@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is, and how it is to be spoken to (librdkafka's properties, passwords among them)."""

    host: str
    port: int
    properties: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)


def brokers(bootstrap: str, client_config: Path | None) -> list[Address]:
    """Where the brokers of the cluster are."""
    from confluent_kafka.admin import AdminClient

    properties = client_properties(bootstrap, client_config)
    protocol_of(properties), mechanism_of(properties)  # what cannot be spoken here is said before anything is asked
    metadata = check_reachable(make(AdminClient, properties), bootstrap)
    return [Address(broker.host, broker.port, properties) for _, broker in sorted(metadata.brokers.items())]


def coordinator_of(name: str, bootstrap: str, client_config: Path | None, *, key_type: int = TRANSACTION) -> Address:
    """The broker that coordinates the transactions of this id, or this group."""
    somebody = brokers(bootstrap, client_config)[0]
    found = ask(somebody, FIND_COORDINATOR, 3, FindCoordinatorRequest(key=name, key_type=key_type))
    what = "group" if key_type == GROUP else "transactional-id"
    check(found.error_code, f"the coordinator of {name} was not found", needs=("describe", f"{what}:{name}"))
    return Address(found.host, found.port, somebody.properties)


def ask(address: Address, api_key: int, version: int, request: Any) -> Any:
    """The answer to one request."""
    where = f"{address.host}:{address.port}"
    try:
        with connect((address.host, address.port), address.properties, TIMEOUT_S) as connection, connection.makefile("rwb") as stream:
            both = cast("BinaryIO", stream)
            mechanism = mechanism_of(address.properties)
            if mechanism is not None:
                _log_in(both, mechanism, address.properties)
            return _ask(both, api_key, version, request)
    except ssl.SSLCertVerificationError as error:
        raise unreachable(where, f"its certificate: {error.verify_message}") from error
    except OSError as error:
        raise unreachable(where, error.strerror or str(error)) from error
    except DecodeError as error:
        raise CommandFailed(f"{where} does not answer this request: it may be too old for it") from error


def _log_in(stream: BinaryIO, mechanism: str, properties: Mapping[str, object]) -> None:
    answer = _ask(stream, SASL_HANDSHAKE, 1, SaslHandshakeRequest(mechanism=mechanism))
    check(answer.error_code, f"the broker does not let clients log in by {mechanism} but by {', '.join(answer.mechanisms) or 'nothing'}")

    def exchange(token: bytes) -> bytes:
        reply = _ask(stream, SASL_AUTHENTICATE, 1, SaslAuthenticateRequest(auth_bytes=token))
        check(reply.error_code, f"the login was refused: {reply.error_message or ''}".rstrip(": "))
        return bytes(reply.auth_bytes)

    log_in(mechanism, properties, exchange)


def _ask(stream: BinaryIO, api_key: int, version: int, request: Any) -> Any:
    writer = start_request(api_key, version, 1, "penstock-cli")
    codec(api_key).encode_request(version, request, writer)
    for part in writer.frame():
        stream.write(part)
    stream.flush()
    frame = stream.read(int.from_bytes(stream.read(4), "big"))
    _, body = decode_response_header(memoryview(frame), response_header_is_flexible(api_key, version))
    return codec(api_key).decode_response(version, frame, body)


def check(error_code: int, what: str, why: str | None = None, needs: Right | None = None) -> None:
    """Raise in words for a person what the broker refused, and why if it said so; ``needs`` is the right that it takes."""
    if error_code:
        try:
            name = ErrorCode(error_code).name
        except ValueError:
            name = f"error {error_code}"
        raise CommandFailed((f"{what}: {why} ({name})" if why else f"{what}: {name}") + advice(name, needs))
