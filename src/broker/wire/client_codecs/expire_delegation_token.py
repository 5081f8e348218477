"""ExpireDelegationToken (API key 40): writes requests, reads responses.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

import struct
from collections.abc import Callable

from broker.wire.messages.expire_delegation_token import (
    ExpireDelegationTokenRequest,
    ExpireDelegationTokenResponse,
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
_unpack_hqi = struct.Struct(">hqi").unpack_from
_unpack_hqiB = struct.Struct(">hqiB").unpack_from
_pack_i = struct.Struct(">i").pack
_pack_q = struct.Struct(">q").pack
_pack_qx = struct.Struct(">qx").pack


def decode_response_v1(buf: memoryview, pos: int) -> ExpireDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(ExpireDelegationTokenResponse)
        m.error_code, m.expiry_timestamp_ms, m.throttle_time_ms = _unpack_hqi(buf, pos)
        pos += 14
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def decode_response_v2(buf: memoryview, pos: int) -> ExpireDelegationTokenResponse:
    end = len(buf)
    try:
        m = new(ExpireDelegationTokenResponse)
        m.error_code, m.expiry_timestamp_ms, m.throttle_time_ms, tags = _unpack_hqiB(buf, pos)
        pos += 15
        if tags:
            pos = skip_tags(buf, pos - 1, end)
    except MALFORMED as error:
        raise malformed(error) from error
    if pos != end:
        trailing(end - pos)
    return m


def encode_request_v1(m: ExpireDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.hmac
        n = len(data)
        out += _pack_i(n)
        out += data
        out += _pack_q(m.expiry_time_period_ms)
    except UNENCODABLE as error:
        raise unencodable("ExpireDelegationTokenRequest", error) from error


def encode_request_v2(m: ExpireDelegationTokenRequest, writer: Writer) -> None:
    out = writer.buffer
    try:
        data = m.hmac
        n = len(data) + 1
        if n < 128:
            out.append(n)
        else:
            put_uvarint(out, n)
        out += data
        out += _pack_qx(m.expiry_time_period_ms)
    except UNENCODABLE as error:
        raise unencodable("ExpireDelegationTokenRequest", error) from error


DECODE_RESPONSE: dict[int, Callable[[memoryview, int], ExpireDelegationTokenResponse]] = {
    1: decode_response_v1,
    2: decode_response_v2,
}


ENCODE_REQUEST: dict[int, Callable[[ExpireDelegationTokenRequest, Writer], None]] = {
    1: encode_request_v1,
    2: encode_request_v2,
}
