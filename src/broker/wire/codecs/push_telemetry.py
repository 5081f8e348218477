"""PushTelemetry (API key 72): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.push_telemetry import (
    PushTelemetryRequest,
    PushTelemetryResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    bad_length,
    malformed,
    read_uvarint,
    skip_counted_tags,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    unencodable,
)

new = object.__new__
_unpack_UiTbB = struct.Struct(">16si?bB").unpack_from
_pack_ihx = struct.Struct(">ihx").pack


def decode_request_v0(buf: memoryview, pos: int) -> PushTelemetryRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(PushTelemetryRequest)
        m.client_instance_id, m.subscription_id, m.terminating, m.compression_type, n = _unpack_UiTbB(buf, pos)
        pos += 23
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("PushTelemetryRequest.metrics", n)
        at = pos
        pos += n
        if pos > end:
            truncated("PushTelemetryRequest.metrics")
        m.metrics = bytes(buf[at:pos])
        tags = buf[pos]
        pos += 1
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: PushTelemetryResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihx(m.throttle_time_ms, m.error_code)
    except UNENCODABLE as error:
        raise unencodable("PushTelemetryResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], PushTelemetryRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[PushTelemetryResponse, Writer], None]] = {
    0: encode_response_v0,
}
