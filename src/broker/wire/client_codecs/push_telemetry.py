"""PushTelemetry (API key 72): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.push_telemetry import (
    PushTelemetryRequest,
    PushTelemetryResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    malformed,
    skip_tags,
    trailing,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_ihB = struct.Struct(">ihB").unpack_from
_pack_UiTb = struct.Struct(">16si?b").pack
_pack_UiTbB = struct.Struct(">16si?bB").pack


def decode_response_v0(buf: memoryview, pos: int) -> PushTelemetryResponse:
    end = len(buf)
    try:
        m = new(PushTelemetryResponse)
        m.throttle_time_ms, m.error_code, tags = _unpack_ihB(buf, pos)
        pos += 7
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: PushTelemetryRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.metrics
        n = len(data) + 1
        if n < 128:
            out += _pack_UiTbB(m.client_instance_id, m.subscription_id, m.terminating, m.compression_type, n)
        else:
            out += _pack_UiTb(m.client_instance_id, m.subscription_id, m.terminating, m.compression_type)
            put_uvarint(out, n)
        out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("PushTelemetryRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], PushTelemetryResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[PushTelemetryRequest, Writer], None]] = {
    0: encode_request_v0,
}
