"""From frames to handlers: versions, malformed requests, refusals, defects."""

from types import SimpleNamespace
from typing import Any

import pytest

from broker.errors import BrokerError, StorageFailed
from broker.handlers.base import ConnectionInfo, Handler, RequestContext
from broker.model import Node
from broker.server.dispatcher import MESSAGE_LIMIT, Dispatcher
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.messages.api_versions import ApiVersionsResponse
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.registry import codec
from broker.wire.writer import Writer
from observability.metrics import BUGS
from tests.broker.server.no_quotas import NoQuotas

CONNECTION = ConnectionInfo(connection_id=1, peer="p:1", peer_host="p", listener="L", advertised=Node(1, "h", 1))


def frame(key: int, version: int, body: bytes, *, flexible: bool = False) -> memoryview:
    header = key.to_bytes(2, "big") + version.to_bytes(2, "big") + (7).to_bytes(4, "big") + b"\0\1c"
    return memoryview(bytearray(header + (b"\0" if flexible else b"") + body))


def heartbeat_body(version: int) -> bytes:
    writer = Writer()
    codec(12).encode_request(version, HeartbeatRequest(group_id="g", generation_id=3, member_id="m"), writer)
    return b"".join(bytes(chunk) for chunk in writer.chunks())


def refuse_heartbeat(request: Any, context: RequestContext, code: int, message: str | None) -> HeartbeatResponse:
    return HeartbeatResponse(error_code=code)


def dispatcher(handle: Any) -> Dispatcher:
    heartbeat = Handler(key=12, name="heartbeat", versions=range(1, 5), handle=handle, refuse=refuse_heartbeat)
    api_versions = Handler(
        key=18,
        name="api_versions",
        versions=range(5),
        handle=lambda request, context: ApiVersionsResponse(),
        refuse=lambda request, context, code, message: ApiVersionsResponse(error_code=code),
    )
    return Dispatcher([heartbeat, api_versions], None, NoQuotas())  # type: ignore[arg-type]


def answered(served: Dispatcher, data: memoryview) -> bytes:
    route, request, context = served.open(data, CONNECTION)
    chunks = served.encode(route, request, context, served.call(route, request, context))
    return b"".join(bytes(chunk) for chunk in chunks)


@pytest.mark.parametrize("version", range(1, 5))
def test_a_request_reaches_its_handler_and_the_answer_is_framed(version: int) -> None:
    """Length, correlation id, a tag byte in flexible versions, the body."""
    seen: list[HeartbeatRequest] = []

    def handle(request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
        seen.append(request)
        assert (context.api_version, context.correlation_id, context.client_id) == (version, 7, "c")
        return HeartbeatResponse(error_code=27)

    answer = answered(dispatcher(handle), frame(12, version, heartbeat_body(version), flexible=version >= 4))

    assert seen[0].generation_id == 3
    assert int.from_bytes(answer[:4], "big") == len(answer) - 4
    assert answer[4:8] == (7).to_bytes(4, "big")
    assert codec(12).decode_response(version, answer, 9 if version >= 4 else 8).error_code == 27


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (frame(999, 0, b""), "API key 999"),
        (frame(12, 0, heartbeat_body(1)), "v0 is not served here, 1-4 are"),
        (frame(12, 9, heartbeat_body(1)), "v9 is not served"),
        (frame(12, 1, heartbeat_body(1)[:-1]), "heartbeat v1"),
        (memoryview(bytearray(b"\0")), "header|bytes"),
        (memoryview(bytearray(b"")), "header|bytes"),
    ],
)
def test_what_cannot_be_read_is_said_and_raised(data: memoryview, words: str) -> None:
    """The connection is then closed; the text names API and version where they are known."""
    with pytest.raises(DecodeError, match=words):
        dispatcher(lambda request, context: None).open(data, CONNECTION)


def test_a_newer_api_versions_is_answered_in_version_0() -> None:
    """KIP-511: error 35 in the oldest body, correlation id kept, so that the client steps down."""
    answer = answered(dispatcher(None), frame(18, 99, b"anything", flexible=True))
    response = codec(18).decode_response(0, answer, 8)

    assert response.error_code == ErrorCode.UNSUPPORTED_VERSION


def test_a_refusal_becomes_the_answers_error() -> None:
    """BrokerError carries the code that the client is told."""

    def handle(request: Any, context: RequestContext) -> Any:
        raise BrokerError(ErrorCode.NOT_COORDINATOR)

    answer = answered(dispatcher(handle), frame(12, 1, heartbeat_body(1)))

    assert codec(12).decode_response(1, answer, 8).error_code == ErrorCode.NOT_COORDINATOR


def test_an_answer_that_cannot_be_written_is_a_defect_not_a_crash() -> None:
    """The client gets UNKNOWN_SERVER_ERROR."""
    answer = answered(
        dispatcher(lambda request, context: HeartbeatResponse(error_code=1 << 40)), frame(12, 1, heartbeat_body(1))
    )

    assert codec(12).decode_response(1, answer, 8).error_code == ErrorCode.UNKNOWN_SERVER_ERROR


def test_failed_storage_is_answered_and_stops_the_broker() -> None:
    """A change of topics or settings that met a failed fsync tells whoever can stop the broker."""
    told: list[StorageFailed] = []

    def handle(request: Any, context: RequestContext) -> Any:
        raise StorageFailed("fsync")

    handler = Handler(key=12, name="heartbeat", versions=range(1, 5), handle=handle, refuse=refuse_heartbeat)
    served = Dispatcher([handler], None, NoQuotas(), told.append)  # type: ignore[arg-type]
    for _ in range(3):
        answer = answered(served, frame(12, 1, heartbeat_body(1)))
        assert codec(12).decode_response(1, answer, 8).error_code == ErrorCode.KAFKA_STORAGE_ERROR

    assert len(told) == 1, "once: clients ask again and again until it has stopped"


def test_a_defect_that_is_met_in_a_loop_fills_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is answered and counted; tracebacks come at a bounded rate for each API, and say how many were left out."""
    lines: list[dict[str, Any]] = []
    now = [100.0]
    monkeypatch.setattr("broker.server.dispatcher._log", SimpleNamespace(exception=lambda event, **facts: lines.append(facts)))
    monkeypatch.setattr("broker.server.dispatcher.monotonic", lambda: now[0])

    def handle(request: Any, context: RequestContext) -> Any:
        raise ZeroDivisionError

    before = BUGS.labels("heartbeat").value
    served = dispatcher(handle)
    for _ in range(100):
        answer = answered(served, frame(12, 1, heartbeat_body(1)))
        assert codec(12).decode_response(1, answer, 8).error_code == ErrorCode.UNKNOWN_SERVER_ERROR
    written = len(lines)
    now[0] += 3600
    answered(served, frame(12, 1, heartbeat_body(1)))

    assert BUGS.labels("heartbeat").value - before == 101
    assert 0 < written <= 5
    assert lines[-1]["similar_lines_held_back"] == 100 - written


def test_a_large_request_without_records_is_refused() -> None:
    """Decoded messages take many times their size; no honest request comes near the limit."""
    with pytest.raises(DecodeError, match="without records"):
        dispatcher(None).open(frame(12, 1, bytes(MESSAGE_LIMIT)), CONNECTION)


def test_a_produce_of_countless_empty_partitions_is_not_decoded() -> None:
    """It would take gigabytes and stop everybody else for as long as that takes."""
    count = 200_000
    body = (
        b"\0"
         b"\0\1"
        + bytes(4)
        + b"\2\2t"
        + bytes([(count + 1) & 127 | 128, (count + 1) >> 7 & 127 | 128, (count + 1) >> 14])
    )
    body += bytes(6 * count) + bytes(2)
    with pytest.raises(DecodeError, match="topics and partitions"):
        dispatcher(lambda request, context: None).open(frame(0, 9, body, flexible=True), CONNECTION)
