"""GetTelemetrySubscriptions (API key 71): reads requests, writes responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.get_telemetry_subscriptions import (
    GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse,
)
from broker.wire.primitives import (
    ELEMENTS_MAX,
    MALFORMED,
    malformed,
    skip_counted_tags,
    trailing,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    put_compact_array,
    put_string_length,
    put_uvarint,
    unencodable,
)

new = object.__new__
_unpack_UB = struct.Struct(">16sB").unpack_from
_pack_ihUi = struct.Struct(">ih16si").pack
_pack_iiT = struct.Struct(">ii?").pack
_pack_iiTB = struct.Struct(">ii?B").pack


def decode_request_v0(buf: memoryview, pos: int) -> GetTelemetrySubscriptionsRequest:
    end = len(buf)
    left = ELEMENTS_MAX
    try:
        m = new(GetTelemetrySubscriptionsRequest)
        m.client_instance_id, tags = _unpack_UB(buf, pos)
        pos += 17
        if tags:
            pos, left = skip_counted_tags(buf, pos - 1, end, left)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_response_v0(m: GetTelemetrySubscriptionsResponse, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_ihUi(m.throttle_time_ms, m.error_code, m.client_instance_id, m.subscription_id)
        ints = m.accepted_compression_types
        put_compact_array(out, "b", ints)
        items1 = m.requested_metrics
        n = len(items1) + 1
        if n < 128:
            out += _pack_iiTB(m.push_interval_ms, m.telemetry_max_bytes, m.delta_temporality, n)
        else:
            out += _pack_iiT(m.push_interval_ms, m.telemetry_max_bytes, m.delta_temporality)
            put_uvarint(out, n)
        for item in items1:
            data = item.encode()
            n = len(data) + 1
            if n < 128:
                out.append(n)
            else:
                put_string_length(out, n)
            out += data
        out.append(0)
    except UNENCODABLE as error:
        raise unencodable("GetTelemetrySubscriptionsResponse", error) from error


DECODE_REQUEST: dict[int, Callable[[memoryview, int], GetTelemetrySubscriptionsRequest]] = {
    0: decode_request_v0,
}


ENCODE_RESPONSE: dict[int, Callable[[GetTelemetrySubscriptionsResponse, Writer], None]] = {
    0: encode_response_v0,
}
