"""GetTelemetrySubscriptions (API key 71): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.get_telemetry_subscriptions import (
    GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse,
)
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    malformed,
    read_int8s,
    read_uvarint,
    skip_tags,
    too_many,
    trailing,
    truncated,
)
from broker.wire.writer import (
    UNENCODABLE,
    Writer,
    unencodable,
)

new = object.__new__
_unpack_ihUiB = struct.Struct(">ih16siB").unpack_from
_unpack_iiTB = struct.Struct(">ii?B").unpack_from
_pack_Ux = struct.Struct(">16sx").pack


def decode_response_v0(buf: memoryview, pos: int) -> GetTelemetrySubscriptionsResponse:
    end = len(buf)
    try:
        m = new(GetTelemetrySubscriptionsResponse)
        m.throttle_time_ms, m.error_code, m.client_instance_id, m.subscription_id, n = _unpack_ihUiB(buf, pos)
        pos += 27
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("GetTelemetrySubscriptionsResponse.accepted_compression_types", n)
        if n > end - pos:
            too_many("GetTelemetrySubscriptionsResponse.accepted_compression_types", n)
        m.accepted_compression_types = read_int8s(buf, pos, n)
        pos += n
        m.push_interval_ms, m.telemetry_max_bytes, m.delta_temporality, n = _unpack_iiTB(buf, pos)
        pos += 10
        if n > 127:
            n, pos = read_uvarint(buf, pos - 1)
        n -= 1
        if n < 0:
            bad_length("GetTelemetrySubscriptionsResponse.requested_metrics", n)
        if n > end - pos:
            too_many("GetTelemetrySubscriptionsResponse.requested_metrics", n)
        items1: list[str] = []
        m.requested_metrics = items1
        for _ in range(n):
            n = buf[pos]
            pos += 1
            if n > 127:
                n, pos = read_uvarint(buf, pos - 1)
            n -= 1
            if n < 0:
                bad_length("GetTelemetrySubscriptionsResponse.requested_metrics", n)
            at = pos
            pos += n
            if pos > end:
                truncated("GetTelemetrySubscriptionsResponse.requested_metrics")
            text = buf[at:pos].tobytes().decode()
            items1.append(text)
        tags = buf[pos]
        pos += 1
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v0(m: GetTelemetrySubscriptionsRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        out += _pack_Ux(m.client_instance_id)
    except UNENCODABLE as error:
        raise unencodable("GetTelemetrySubscriptionsRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], GetTelemetrySubscriptionsResponse]] = {
    0: decode_response_v0,
}


ENCODE_REQUEST: dict[int, Callable[[GetTelemetrySubscriptionsRequest, Writer], None]] = {
    0: encode_request_v0,
}
